"""Every document of a repository of definitions, and what is wrong with the files themselves."""

import gc
from codecs import BOM_UTF8
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tocsin.parallel import spread
from tocsin.reading.events import parse
from tocsin.reading.file_names import misnamed
from tocsin.reading.findings import LocatedEdit, LocatedFinding, LocatedFix, LocatedRelated
from tocsin.reading.folder import Found, in_folders, yaml_files
from tocsin.reading.limits import FILE_SIZE
from tocsin.reading.nodes import JsonValue, Node, to_plain
from tocsin.reading.problems import Unreadable, YamlProblem
from tocsin.reading.receiver_files import SCHEMA_ENDINGS, receivers_among, receivers_below
from tocsin.reading.span import Lines, Span
from tocsin.reading.trees import Trees
from tocsin_schema.receivers import ReceiverSchema
from tocsin_schema.rules.catalogue import RULES

MANY = 200
"""So many files are worth another process."""

UTF_16 = (b"\xff\xfe", b"\xfe\xff")
MARKED = YamlProblem("TOC112", "the file begins with a byte order mark", 0, 0, "save it as UTF-8 without one")


@dataclass(frozen=True, slots=True)
class SourceDocument:
    """One YAML document: its file (relative, with slashes), its number in it (from 0) and the plain value."""

    file: str
    number: int
    value: JsonValue
    _trees: Trees = field(repr=False, compare=False)

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
    texts: dict[str, Lines] = field(default_factory=dict)
    findings: list[LocatedFinding] = field(default_factory=list)
    receivers: dict[str, ReceiverSchema] = field(default_factory=dict)
    """The JSON Schemas that documents name, by those names."""
    files: int = 0
    complete: bool = True
    """Whether every file could be read to its end, and nothing in it was guessed."""

    @property
    def project_value(self) -> JsonValue:
        """The project document's plain value; None where there is none."""
        return self.project.value if self.project is not None else None


def read_documents(project_file: Path, instead: Mapping[str, bytes] | None = None) -> Reading:
    """Read the project file and every YAML file below its folder. Never raises for what a file holds.

    Left out are hidden files and folders, and folders with a project file of their own. `instead` gives contents to
    read in place of those of some files.
    """
    found = yaml_files(project_file.parent)
    found.sort(key=lambda each: each.name != project_file.name)
    reading = _read(Reading(project_file.parent, project_file.name), found, instead or {})
    reading.receivers = receivers_below(reading.folder, (each.value for each in reading.documents))
    return reading


def read_contents(folder: Path, project_file: str, contents: Mapping[str, bytes]) -> Reading:
    """Read files that are given by name and content, as `read_documents` reads those of a folder; no disk is touched."""
    names = [name for name in contents if not name.endswith(SCHEMA_ENDINGS)]
    names.sort(key=lambda name: (name != project_file, in_folders(name)))
    reading = _read(Reading(folder, project_file), [Found("", name) for name in names], contents)
    reading.receivers = receivers_among(contents, (each.value for each in reading.documents))
    return reading


def _read(reading: Reading, files: Sequence[Found], instead: Mapping[str, bytes]) -> Reading:
    trees = Trees(reading.texts)
    with without_collector():
        if len(files) < MANY:
            for each in files:
                contents, nodes = _contents(each, instead.get(each.name))
                _add(each.name, contents, reading, trees)
                trees.keep(each.name, nodes)
        else:
            read = spread(lambda each: _contents(each, instead.get(each.name))[0], files)
            for each, contents in zip(files, read, strict=True):
                _add(each.name, contents, reading, trees)
    names = misnamed(reading.documents, reading.texts, reading.project_file)
    reading.findings = LocatedFinding.sorted([*reading.findings, *names])
    return reading


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


@dataclass(frozen=True, slots=True)
class _Contents:
    """What one file holds."""

    text: str
    problems: Sequence[YamlProblem]
    values: Sequence[JsonValue] = ()
    broken: bool = False


def _contents(found: Found, instead: bytes | None) -> tuple[_Contents, list[Node]]:
    """Read a file; give also the trees of its documents."""
    try:
        data = _bytes(found) if instead is None else _limited(instead)
        text, marked = _text(data), data.startswith(BOM_UTF8)
    except _NotUtf8 as error:
        return _Contents(error.shown, [error.problem]), []
    except Unreadable as error:
        return _Contents("", [error.problem]), []
    parsed = parse(text)
    problems = [*([MARKED] if marked else []), *parsed.problems]
    return _Contents(text, problems, [to_plain(node) for node in parsed.documents], parsed.broken), parsed.documents


def _add(file: str, contents: _Contents, reading: Reading, trees: Trees) -> None:
    reading.files += 1
    _report(contents.problems, file, Lines(contents.text), reading)
    reading.complete = reading.complete and not contents.broken
    for number, value in enumerate(contents.values):
        document = SourceDocument(file, number, value, trees)
        reading.by_file[file].append(document)
        if file == reading.project_file and reading.project is None:
            reading.project = document
        else:
            reading.documents.append(document)


def _bytes(found: Found) -> bytes:
    if found.problem is not None:
        raise Unreadable(YamlProblem("TOC104", found.problem, 0, 0, found.help))
    try:
        with Path(found.path).open("rb") as file:
            data = file.read(FILE_SIZE + 1)
    except OSError as error:
        raise Unreadable(YamlProblem("TOC104", f"can't be read: {error.strerror}", 0, 0)) from error
    return _limited(data)


def _limited(data: bytes) -> bytes:
    if len(data) > FILE_SIZE:
        raise Unreadable(YamlProblem("TOC103", f"larger than {FILE_SIZE:,} bytes", 0, 0, "split the file"))
    return data


class _NotUtf8(Unreadable):
    """Bytes that are no text; `shown` is the nearest text to show them in."""

    def __init__(self, problem: YamlProblem, shown: str) -> None:
        super().__init__(problem)
        self.shown = shown


def _text(data: bytes) -> str:
    """Give the text of a file without its byte order mark."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # `error.object` lacks the byte order mark that the codec has taken off, and `error.start` counts from there.
        at = len(error.object[: error.start].decode("utf-8", "replace"))
        utf_16 = data.startswith(UTF_16)
        message = "not UTF-8 but UTF-16" if utf_16 else f"not UTF-8: the byte 0x{error.object[error.start]:02X}"
        problem = YamlProblem("TOC104", message, at, at + 1, "save the file as UTF-8")
        raise _NotUtf8(problem, "" if utf_16 else error.object.decode("utf-8", "replace")) from error


def _report(problems: Iterable[YamlProblem], file: str, lines: Lines, reading: Reading) -> None:
    reading.texts[file] = lines
    for problem in problems:
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
                fix=_fix(problem, file, span),
            )
        )


def _fix(problem: YamlProblem, file: str, span: Span) -> LocatedFix | None:
    if problem.instead is None:
        return None
    edit = LocatedEdit(file, problem.start, problem.end, span, problem.instead)
    return LocatedFix("safe", (edit,), f"write `{problem.instead}`")
