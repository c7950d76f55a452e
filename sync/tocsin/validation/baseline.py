"""A baseline: the findings that an old repository lives with while it mends them, kept in a file.

What the file lists does not count; what it lists and nobody finds any more is told, so that it only ever shrinks.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tocsin.atomic_files import replace_contents
from tocsin.errors import TocsinError, UsageError
from tocsin.project.findings import LocatedFinding

VERSION = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """A known finding; all but the fingerprint is for the people who read the file."""

    fingerprint: str
    code: str
    file: str
    message: str


@dataclass(frozen=True, slots=True)
class Compared:
    """Findings against a baseline: those that it lacks, how many it has, and its entries that are mended."""

    new: tuple[LocatedFinding, ...]
    known: int
    mended: tuple[Entry, ...]


def compare(findings: Sequence[LocatedFinding], baseline: Iterable[Entry]) -> Compared:
    """Tell new findings from known ones by their fingerprints, which no edit elsewhere in the file changes."""
    entries = {each.fingerprint: each for each in baseline}
    found = {each.fingerprint for each in findings}
    new = tuple(each for each in findings if each.fingerprint not in entries)
    mended = tuple(each for fingerprint, each in entries.items() if fingerprint not in found)
    return Compared(new, len(findings) - len(new), mended)


def baseline_text(findings: Iterable[LocatedFinding]) -> str:
    """Return the file that makes these findings known, in an order that keeps its differences small."""
    entries = sorted((each.file, each.code, each.message, each.fingerprint) for each in findings)
    value = {
        "version": VERSION,
        "findings": [
            {"fingerprint": fingerprint, "code": code, "file": file, "message": message}
            for file, code, message, fingerprint in entries
        ],
    }
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def parse_baseline(text: str, name: str) -> list[Entry]:
    """Return the entries of a baseline. Raises UsageError where the text is none."""
    hint = "write it anew: tocsin validate --baseline FILE --write-baseline"
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"`{name}` is no baseline: it is not JSON ({error})", hint) from error
    if not isinstance(value, dict) or not isinstance(value.get("findings"), list):
        raise UsageError(f"`{name}` is no baseline: it has no list of findings", hint)
    if value.get("version") != VERSION:
        raise UsageError(
            f"`{name}` is a baseline of version {value.get('version')!r}; this Tocsin reads {VERSION}", hint
        )
    entries = []
    for number, each in enumerate(value["findings"], start=1):
        if not isinstance(each, dict) or not isinstance(each.get("fingerprint"), str):
            raise UsageError(f"`{name}` is no baseline: entry {number} has no fingerprint", hint)
        code, file, message = (str(each.get(key, "")) for key in ("code", "file", "message"))
        entries.append(Entry(each["fingerprint"], code, file, message))
    return entries


def read_baseline(file: Path) -> list[Entry]:
    """Read a baseline. Raises UsageError where there is none."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        hint = "make it with: tocsin validate --baseline FILE --write-baseline"
        raise UsageError(f"there is no baseline `{file}`", hint) from error
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the baseline `{file}` can't be read: {error}") from error
    return parse_baseline(text, str(file))


def write_baseline(file: Path, findings: Iterable[LocatedFinding]) -> None:
    """Write a baseline of these findings. Raises TocsinError where that is not possible."""
    try:
        replace_contents(file, baseline_text(findings).encode())
    except OSError as error:
        raise TocsinError(f"can't write the baseline `{file}`: {error.strerror}") from error
