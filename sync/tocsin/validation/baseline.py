"""A baseline: the findings that an old repository lives with while it mends them, kept in a file.

What the file lists does not count; what it lists and nobody finds any more is told, so that it only ever shrinks.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from tocsin.atomic_files import replace_contents
from tocsin.errors import TocsinError, UsageError
from tocsin.project.findings import LocatedFinding
from tocsin_schema.models.items import Items
from tocsin_schema.models.shown_text import ShownText

HINT = "write it anew: tocsin validate --baseline FILE --write-baseline"


class Entry(BaseModel):
    """A known finding; all but the fingerprint is for the people who read the file."""

    model_config = ConfigDict(frozen=True, strict=True, defer_build=True)

    fingerprint: str
    code: ShownText = ""
    file: ShownText = ""
    message: ShownText = ""


class BaselineJson(BaseModel):
    """What the file of a baseline holds. `version` changes when a key changes its meaning."""

    model_config = ConfigDict(frozen=True, strict=True, defer_build=True)

    version: Literal[1]
    findings: Annotated[tuple[Entry, ...], Items()]


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
    value = BaselineJson(
        version=1,
        findings=tuple(
            Entry(fingerprint=fingerprint, code=code, file=file, message=message)
            for file, code, message, fingerprint in entries
        ),
    )
    return json.dumps(value.model_dump(), indent=2, ensure_ascii=False) + "\n"


def parse_baseline(text: str, name: str) -> tuple[Entry, ...]:
    """Return the entries of a baseline. Raises UsageError where the text is none."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"`{name}` is no baseline: it is not JSON ({error})", HINT) from error
    try:
        return BaselineJson.model_validate(value).findings
    except ValidationError as error:
        raise UsageError(f"`{name}` is {_problem(value, error)}", HINT) from error


def _problem(value: Any, error: ValidationError) -> str:
    """Say what makes a value no baseline of ours, the worst of it where there are several things."""
    wrong = [each["loc"] for each in error.errors(include_url=False)]
    if () in wrong or ("findings",) in wrong:
        return "no baseline: it has no list of findings"
    if ("version",) in wrong:
        return f"a baseline of version {value.get('version')!r}; this Tocsin reads 1"
    number = min(int(each[1]) for each in wrong) + 1
    return f"no baseline: entry {number} has no fingerprint"


def read_baseline(file: Path) -> tuple[Entry, ...]:
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
