"""Findings as one JSON object, the form that other tools read.

The models say which keys there are and what they mean: `schema/report.schema.json` is made from them. Every key is
always there, so that readers need no defaults.
"""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import Field
from pydantic_core import PydanticSerializationError

from tocsin.project.findings import LocatedEdit, LocatedFinding, LocatedFix, LocatedRelated
from tocsin.yaml.positions import Position
from tocsin_schema.findings import Severity
from tocsin_schema.models.document import Strict

Count = Annotated[int, Field(ge=0)]
Ordinal = Annotated[int, Field(ge=1)]

Text = Annotated[str, Field(json_schema_extra={"minLength": 1})]
"""Text that is never empty. Only told, not checked: a check refuses what names of files can hold, lone surrogates."""


class PositionJson(Strict):
    """A place in a file."""

    line: Ordinal
    """From 1."""
    column: Ordinal
    """From 1, in code points."""

    @classmethod
    def of(cls, position: Position) -> Self:
        """Return a place as JSON has it."""
        return cls(line=position.line, column=position.column)


class RelatedJson(Strict):
    """A second place that a finding speaks of."""

    message: str
    """What is there."""
    file: Text
    """Relative to the project file's folder, with slashes."""
    start: PositionJson
    """The first character."""
    end: PositionJson
    """The place behind the last character."""

    @classmethod
    def of(cls, related: LocatedRelated) -> Self:
        """Return a related place as JSON has it."""
        start, end = map(PositionJson.of, related.span)
        return cls(message=related.message, file=related.file, start=start, end=end)


class EditJson(Strict):
    """Put `text` in place of what stands from `start` up to `end`."""

    file: Text
    """Relative to the project file's folder, with slashes."""
    start: PositionJson
    """The first character."""
    end: PositionJson
    """The place behind the last character."""
    text: str
    """What to write, as it is."""

    @classmethod
    def of(cls, edit: LocatedEdit) -> Self:
        """Return an edit as JSON has it."""
        start, end = map(PositionJson.of, edit.span)
        return cls(file=edit.file, start=start, end=end, text=edit.text)


class FixJson(Strict):
    """How to mend the finding: all of the edits or none."""

    safety: Literal["safe", "unsafe"]
    """Whether it can change what was meant."""
    title: str
    """What it does."""
    edits: tuple[EditJson, ...]
    """They never overlap."""

    @classmethod
    def of(cls, fix: LocatedFix) -> Self:
        """Return a fix as JSON has it."""
        return cls(safety=fix.safety, title=fix.title, edits=tuple(map(EditJson.of, fix.edits)))


class FindingJson(Strict):
    """One mistake."""

    code: Annotated[str, Field(pattern=r"^TOC\d{3}$")]
    """The rule that found it: `tocsin rule CODE` explains it."""
    severity: Severity
    """How bad it is, as the project wants it."""
    message: Text
    """What is wrong."""
    file: Text
    """Relative to the project file's folder, with slashes."""
    start: PositionJson
    """The first character."""
    end: PositionJson
    """The place behind the last character."""
    related: tuple[RelatedJson, ...]
    """Further places."""
    help: str | None
    """What to do."""
    url: str
    """The rule's page, from the root of Tocsin's repository."""
    fix: FixJson | None
    """How it can be mended by `--fix`."""
    fingerprint: Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
    """The same for the same finding, wherever its lines move."""

    @classmethod
    def of(cls, finding: LocatedFinding) -> Self:
        """Return a finding as JSON has it."""
        start, end = map(PositionJson.of, finding.span)
        return cls(
            code=finding.code,
            severity=finding.severity,
            message=finding.message,
            file=finding.file,
            start=start,
            end=end,
            related=tuple(map(RelatedJson.of, finding.related)),
            help=finding.help,
            url=finding.url,
            fix=FixJson.of(finding.fix) if finding.fix is not None else None,
            fingerprint=finding.fingerprint,
        )


class SummaryJson(Strict):
    """What was read and found."""

    files: Count
    """Files that were read."""
    errors: Count
    """Findings of this severity."""
    warnings: Count
    """Findings of this severity."""
    infos: Count
    """Findings of this severity."""
    suppressed: Count
    """Findings that comments in the definitions accept."""


class ReportJson(Strict):
    """What `tocsin validate --format json` prints. `version` changes when a key changes its meaning."""

    version: Literal[1]
    """The version of this form."""
    findings: tuple[FindingJson, ...]
    """By file and place."""
    summary: SummaryJson
    """What was read and found."""

    @classmethod
    def of(cls, findings: Sequence[LocatedFinding], files: int, suppressed: int) -> Self:
        """Return the report of findings in so many files; `suppressed` counts those that comments accept."""
        counted = Counter(each.severity for each in findings)
        summary = SummaryJson(
            files=files,
            errors=counted["error"],
            warnings=counted["warning"],
            infos=counted["info"],
            suppressed=suppressed,
        )
        return cls(version=1, findings=tuple(map(FindingJson.of, findings)), summary=summary)


def report_json(findings: Sequence[LocatedFinding], files: int, *, suppressed: int = 0) -> str:
    """Return the report as text; files are relative to the project file's folder."""
    report = ReportJson.of(findings, files, suppressed)
    try:
        return report.model_dump_json(indent=2) + "\n"  # with thousands of findings ten times as fast as `json`
    except PydanticSerializationError:  # a lone surrogate, as of a name of a file that is no UTF-8
        return json.dumps(report.model_dump(), indent=2, ensure_ascii=False) + "\n"
