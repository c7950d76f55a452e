"""Every document of a repository of definitions, and what is wrong with the files themselves."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tocsin.project_files import PROJECT_FILE
from tocsin.source.events import parse
from tocsin.source.findings import LocatedFinding, LocatedRelated
from tocsin.source.nodes import Node, to_plain
from tocsin.source.problems import YamlProblem
from tocsin.source.span import Lines

MAX_BYTES = 1_048_576
ENDINGS = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class SourceDocument:
    """One YAML document: its file (relative, with slashes), the node tree and the plain value."""

    file: str
    node: Node
    value: Any


@dataclass
class Reading:
    """What was read. `findings` are about the files themselves; `texts` has every file that could be decoded."""

    folder: Path
    project_file: str
    project: SourceDocument | None = None
    documents: list[SourceDocument] = field(default_factory=list)
    texts: dict[str, Lines] = field(default_factory=dict)
    findings: list[LocatedFinding] = field(default_factory=list)
    files: int = 0
    complete: bool = True
    """Whether every file could be read to its end."""

    @property
    def project_value(self) -> Any:
        """The project document's plain value; None where there is none."""
        return self.project.value if self.project is not None else None


def read_documents(project_file: Path) -> Reading:
    """Read the project file and every YAML file below its folder. Never raises for what a file holds.

    Left out are hidden files and folders, and folders with a project file of their own.
    """
    reading = Reading(project_file.parent, project_file.name)
    _read_file(project_file, reading)
    for path in _yaml_files(project_file.parent):
        if path != project_file:
            _read_file(path, reading)
    return reading


def _yaml_files(folder: Path) -> Iterator[Path]:
    for current, folders, files in os.walk(folder):
        here = Path(current)
        if here != folder and PROJECT_FILE in files:
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (here / name for name in sorted(files) if name.endswith(ENDINGS) and not name.startswith("."))


def _read_file(path: Path, reading: Reading) -> None:
    file = path.relative_to(reading.folder).as_posix()
    reading.files += 1
    text = _text(path, file, reading)
    if text is None:
        reading.complete = False
        return
    lines = reading.texts[file] = Lines(text)
    parsed = parse(text)
    reading.complete = reading.complete and not parsed.broken
    reading.findings += [_located(problem, file, lines) for problem in parsed.problems]
    unfit = bool(parsed.problems)
    reading.complete = reading.complete and not unfit
    for node in parsed.documents:
        document = SourceDocument(file, node, to_plain(node))
        if file == reading.project_file and reading.project is None:
            reading.project = document
        else:
            reading.documents.append(document)


def _text(path: Path, file: str, reading: Reading) -> str | None:
    """Give the text of a file without its byte order mark, or None and a finding that says why not."""
    try:
        if not path.resolve(strict=True).is_relative_to(reading.folder.resolve()):
            return _unreadable(reading, file, "a link that leads out of the project", "copy the file, or remove the link")
        if path.stat().st_size > MAX_BYTES:
            return _unreadable(reading, file, f"larger than {MAX_BYTES:,} bytes", "split the file", "TOC103")
        data = path.read_bytes()
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or "it links to itself"
        return _unreadable(reading, file, f"can't be read: {reason}", None)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        lines = reading.texts[file] = Lines(data.decode("utf-8-sig", "replace"))
        at = len(data[: error.start].decode("utf-8-sig", "replace"))
        message = f"not UTF-8: the byte 0x{data[error.start]:02X}"
        reading.findings.append(
            LocatedFinding("TOC104", "error", message, file, lines.span(at, at + 1), help="save the file as UTF-8")
        )
        return None


def _unreadable(reading: Reading, file: str, message: str, help: str | None, code: str = "TOC104") -> None:
    lines = reading.texts.setdefault(file, Lines(""))
    reading.findings.append(LocatedFinding(code, "error", message, file, lines.span(0, 0), help=help))


def _located(problem: YamlProblem, file: str, lines: Lines) -> LocatedFinding:
    related: tuple[LocatedRelated, ...] = ()
    if problem.first is not None:
        message, start, end = problem.first
        related = (LocatedRelated(message, file, lines.span(start, end)),)
    span = lines.span(problem.start, problem.end)
    return LocatedFinding(problem.code, "error", problem.message, file, span, related, problem.help)
