"""Every document of a repository of definitions, and what is wrong with the files themselves."""

import gc
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import overload

from tocsin.project.batches import Batch, read_batch
from tocsin.project.files import Found, in_folders, yaml_files
from tocsin.project.findings import LocatedEdit, LocatedFinding, LocatedFix, LocatedRelated
from tocsin.project.packed import Packed
from tocsin.project.parallel import spread
from tocsin.project.receiver_schemas import SCHEMA_ENDINGS, receivers_among, receivers_below
from tocsin.project.trees import Trees
from tocsin.yaml.nodes import JsonValue, Node
from tocsin.yaml.positions import Lines, Span
from tocsin.yaml.problems import YamlProblem
from tocsin_schema.receiver_schemas import ReceiverSchema

MANY = 200
"""So many files are worth another process."""

BATCH = 20
"""So many files are read together."""


class Texts(Mapping[str, Lines]):
    """The lines of files by name; those asked for last are at hand, with what was counted of them."""

    def __init__(self, names: Iterable[str], texts: Sequence[str]) -> None:
        """Return the texts of files, in the order of their names."""
        self._numbers = {name: number for number, name in enumerate(names)}
        self._texts = texts
        self._last: tuple[str, Lines] | None = None

    def __getitem__(self, file: str) -> Lines:
        """Return the lines of a file; raises KeyError where it was not read."""
        if self._last is None or self._last[0] != file:
            self._last = (file, Lines(self._texts[self._numbers[file]]))
        return self._last[1]

    def __iter__(self) -> Iterator[str]:
        """Return the names, in the order of reading."""
        return iter(self._numbers)

    def __len__(self) -> int:
        """Count the files."""
        return len(self._numbers)

    def __contains__(self, file: object) -> bool:
        """Whether a file was read."""
        return file in self._numbers


@dataclass(frozen=True, slots=True)
class SourceDocument:
    """One YAML document: its file (relative, with slashes) and its number in it, from 0."""

    file: str
    number: int
    _position: int = field(repr=False)
    _values: Sequence[JsonValue] = field(repr=False, compare=False)
    _trees: Trees = field(repr=False, compare=False)

    @property
    def value(self) -> JsonValue:
        """The plain value; it must not be changed."""
        return self._values[self._position]

    @property
    def node(self) -> Node:
        """The node tree; it may be built anew."""
        return self._trees.of(self.file)[self.number]


@dataclass
class Reading:
    """What was read. `findings` are about the files themselves; `texts` has every file that could be decoded."""

    folder: Path
    project_file: str
    project: SourceDocument | None = None
    documents: list[SourceDocument] = field(default_factory=list)
    by_file: dict[str, list[SourceDocument]] = field(default_factory=lambda: defaultdict(list))
    """All documents, that of the project file too."""
    texts: Texts = field(default_factory=lambda: Texts((), ()))
    findings: list[LocatedFinding] = field(default_factory=list)
    receivers: dict[str, ReceiverSchema] = field(default_factory=dict)
    """The JSON Schemas that documents name, by those names."""
    files: int = 0
    complete: bool = True
    """Whether every file could be read to its end, and nothing in it was guessed."""

    @property
    def values(self) -> "Values":
        """The plain values of `documents`."""
        return Values(self.documents)

    @property
    def project_value(self) -> JsonValue:
        """The project document's plain value; None where there is none."""
        return self.project.value if self.project is not None else None


class Values(Sequence[JsonValue]):
    """The plain values of documents, each unpacked when it is asked for."""

    def __init__(self, documents: Sequence[SourceDocument]) -> None:
        """Return those of `documents`."""
        self._documents = documents

    @overload
    def __getitem__(self, number: int) -> JsonValue: ...
    @overload
    def __getitem__(self, number: slice) -> "Values": ...
    def __getitem__(self, number: int | slice) -> "JsonValue | Values":
        """Return one value, or those of some documents."""
        return Values(self._documents[number]) if isinstance(number, slice) else self._documents[number].value

    def __len__(self) -> int:
        """Count the documents."""
        return len(self._documents)


def read_documents(project_file: Path, instead: Mapping[str, bytes] | None = None) -> Reading:
    """Read the project file and every YAML file below its folder. Never raises for what a file holds.

    Left out are hidden files and folders, and folders with a project file of their own. `instead` gives contents to
    read in place of those of some files.
    """
    found = yaml_files(project_file.parent)
    found.sort(key=lambda each: each.name != project_file.name)
    reading, receivers = _read(Reading(project_file.parent, project_file.name), found, instead or {})
    reading.receivers = receivers_below(reading.folder, receivers)
    return reading


def read_contents(folder: Path, project_file: str, contents: Mapping[str, bytes]) -> Reading:
    """Read files that are given by name and content, as `read_documents` reads those of a folder; no disk is touched."""
    names = [name for name in contents if not name.endswith(SCHEMA_ENDINGS)]
    names.sort(key=lambda name: (name != project_file, in_folders(name)))
    reading, receivers = _read(Reading(folder, project_file), [Found("", name) for name in names], contents)
    reading.receivers = receivers_among(contents, receivers)
    return reading


def _read(reading: Reading, files: Sequence[Found], instead: Mapping[str, bytes]) -> tuple[Reading, Iterable[str]]:
    """Read files; return also the names of the receivers' schemas that they name."""
    texts, values = Packed[str](), Packed[JsonValue]()
    reading.files = len(files)
    reading.texts = Texts((each.name for each in files), texts)
    trees = Trees(reading.texts)
    batches = [files[start : start + BATCH] for start in range(0, len(files), BATCH)]
    with without_collector():
        if len(files) < MANY:
            read: Sequence[Batch] = [read_batch(each, instead, trees.keep) for each in batches]
        else:
            read = spread(lambda each: read_batch(each, instead), batches)
    receivers: dict[str, None] = {}
    for names, batch in zip(batches, read, strict=True):
        texts.extend(batch.texts)
        values.extend(batch.values)
        for each, contents in zip(names, batch.files, strict=True):
            for number in range(contents.documents):
                position = len(reading.documents) + (reading.project is not None)
                _add(reading, SourceDocument(each.name, number, position, values, trees))
            _report(contents.problems, each.name, reading)
            reading.complete = reading.complete and not contents.broken
            receivers.update(dict.fromkeys(contents.receivers))
    reading.findings = LocatedFinding.sorted(reading.findings)
    return reading, receivers


@contextmanager
def without_collector() -> Iterator[None]:
    """Keep the garbage collector from looking through what grows: nothing in trees and models is garbage."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _add(reading: Reading, document: SourceDocument) -> None:
    reading.by_file[document.file].append(document)
    if document.file == reading.project_file and reading.project is None:
        reading.project = document
    else:
        reading.documents.append(document)


def _report(problems: Iterable[YamlProblem], file: str, reading: Reading) -> None:
    from tocsin_schema.rules.table import RULES  # noqa: PLC0415  # with the rules come the models

    for problem in problems:
        lines = reading.texts[file]
        severity = RULES[problem.code].severity
        reading.complete = reading.complete and severity != "error"
        related: tuple[LocatedRelated, ...] = ()
        if problem.first is not None:
            message, start, end = problem.first
            related = (LocatedRelated(message, file, lines.span(start, end)),)
        span = lines.span(problem.start, problem.end)
        reading.findings.append(
            LocatedFinding(
                problem.code,
                severity,
                problem.message,
                file,
                span,
                related,
                problem.help,
                subject=problem.subject,
                fix=_fix(problem, file, span),
            )
        )


def _fix(problem: YamlProblem, file: str, span: Span) -> LocatedFix | None:
    if problem.instead is None:
        return None
    edit = LocatedEdit(file, problem.start, problem.end, span, problem.instead)
    return LocatedFix("safe", (edit,), f"write `{problem.instead}`")
