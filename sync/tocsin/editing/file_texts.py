"""New texts for files: written whole or not at all, or shown as a difference."""

import difflib
from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping
from pathlib import Path

from tocsin.atomic_files import replace_contents
from tocsin.errors import TocsinError
from tocsin.terminal.style import Style, harmless


class WriteError(TocsinError):
    """A file could not be written; those before it were."""


def write_all(folder: Path, before: Mapping[str, str], after: Mapping[str, str]) -> None:
    """Write new texts; `before` has those that they were made from.

    Each file is replaced at once and keeps its mode and its byte order mark. Raises WriteError, and writes nothing to that
    file, where it can't be written or has changed in between.
    """
    for name, text in after.items():
        path = (folder / name).resolve()
        try:
            data = path.read_bytes()
            if data.removeprefix(BOM_UTF8) != before[name].encode():
                raise WriteError(f"`{name}` has changed in the meantime", "run the command again")
            replace_contents(path, _mark(data) + text.encode())
        except OSError as error:
            raise WriteError(f"`{name}` can't be written: {error.strerror}") from error


def encoded(folder: Path, texts: Mapping[str, str]) -> dict[str, bytes]:
    """Return what files would hold with new texts: a byte order mark stays where there is one.

    Raises WriteError where a file can't be read any more.
    """
    contents = {}
    for name, text in texts.items():
        try:
            contents[name] = _mark((folder / name).read_bytes()) + text.encode()
        except OSError as error:
            raise WriteError(f"`{name}` can't be read: {error.strerror}") from error
    return contents


def difference(name: str, before: str, after: str, style: Style) -> str:
    """Return a unified diff of a file, as `git diff` and `patch` know it."""
    lines = difflib.unified_diff(_lines(before), _lines(after), f"a/{name}", f"b/{name}")
    return "".join(_shown(line, style) for line in lines)


def _mark(data: bytes) -> bytes:
    return BOM_UTF8 if data.startswith(BOM_UTF8) else b""


def _lines(text: str) -> list[str]:
    """Return the lines as `patch` counts them: they end with a line feed and nothing else."""
    parts = text.split("\n")
    return [part + "\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _shown(line: str, style: Style) -> str:
    ending = "\n" if line.endswith("\n") else "\n\\ No newline at end of file\n"
    body = line.removesuffix("\n")
    if not style.colour:
        return body + ending
    body = harmless(body)
    if line.startswith(("+", "-")):
        return (style.added if line[0] == "+" else style.removed)(body) + ending
    return (style.heading(body) if line.startswith("@@") else body) + ending


def differences(before: Mapping[str, str], after: Mapping[str, str], style: Style) -> Iterator[str]:
    """Yield the diff of every file that differs, by name."""
    for name in sorted(after):
        if after[name] != before[name]:
            yield difference(name, before[name], after[name], style)
