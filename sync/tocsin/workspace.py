"""A repository of definitions, read and checked: what every command starts from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import JsonValue

from tocsin.errors import TocsinError, UsageError
from tocsin.project.discovery import find_project
from tocsin.project.findings import LocatedFinding
from tocsin.project.locate import located
from tocsin.project.parallel import spread
from tocsin.project.reading import MANY, Reading, read_documents, without_collector
from tocsin.reports.report import report
from tocsin_schema.check import Checked, check
from tocsin_schema.findings import Place
from tocsin_schema.models import Project
from tocsin_schema.models.definitions import Definitions
from tocsin_schema.plan.plan import desired_documents
from tocsin_schema.rules.runner import one_by_one


class FindingsError(TocsinError):
    """The definitions have errors: nothing is done with them."""


@dataclass(frozen=True)
class Workspace:
    """The definitions below a project file. `findings` are sorted by file and place."""

    folder: Path
    reading: Reading
    checked: Checked
    findings: Sequence[LocatedFinding] = field(default_factory=tuple)

    @property
    def project_file(self) -> Path:
        """Where the project file is."""
        return self.folder / self.reading.project_file

    @property
    def project(self) -> Project | None:
        """The project file, or None where it can't be used."""
        return self.checked.project

    def require_project(self) -> Project:
        """Return the project file; raises UsageError where it can't be used."""
        if self.checked.project is None:
            raise UsageError(f"the project file can't be used\n{self._errors()}")
        return self.checked.project

    def require_definitions(self, values: Mapping[str, str] | None = None) -> Definitions:
        """Return the definitions, with a target's own variable values; raises where there are errors.

        With values the result is checked again: what is checked is what is sent.
        """
        self.require_project()
        if self.checked.definitions is None or any(each.severity == "error" for each in self.findings):
            raise FindingsError(
                f"the definitions have errors; nothing was done\n{self._errors()}",
                hint="`tocsin validate` shows each with its place in the file",
            )
        if not values:
            return self.checked.definitions
        definitions = self.checked.definitions.with_values(values)
        project, *documents = desired_documents(definitions)
        again = check(project, list(documents), receivers=self.reading.receivers)
        if again.definitions is None:
            reasons = "\n".join(
                f"  {each.code} {_named(documents, each.where)}: {each.message}" for each in again.errors
            )
            raise FindingsError(
                f"with the target's `variables` the definitions have errors; nothing was done\n{reasons}"
            )
        return definitions

    def _errors(self) -> str:
        errors = [each for each in self.findings if each.severity == "error"]
        return report(self.reading, errors, form="concise", colour=False).rstrip()


def _named(documents: Sequence[Mapping[str, JsonValue]], where: Place) -> str:
    """Return a place that no file has: the name of the definition, and the path in it."""
    from tocsin.differences import dotted  # noqa: PLC0415  # slow to load, and seldom needed

    if where.document is None:
        return f"tocsin.yaml, {dotted(where.path)}"
    document = documents[where.document]
    return f"{document['kind']}/{document['name']}, {dotted(where.path)}"


def open_workspace(project: Path | None, instead: Mapping[str, bytes] | None = None) -> Workspace:
    """Find the project file, read every document below its folder, and check them.

    `instead` gives contents to judge in place of those of some files. Raises UsageError where there is no project file.
    """
    file = find_project(project)
    return check_reading(read_documents(file, instead))


def check_reading(reading: Reading) -> Workspace:
    """Check what was read."""
    with without_collector():
        how = spread if len(reading.documents) >= MANY else one_by_one
        checked = check(
            reading.project_value, reading.values, complete=reading.complete, receivers=reading.receivers, spread=how
        )
    severities = checked.project.rules if checked.project is not None else None
    return Workspace(reading.folder, reading, checked, located(reading, checked.findings, severities))
