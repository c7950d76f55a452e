"""Reading checks from a file: YAML, JSON or JSON lines, with every mistake at its line and column."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import JsonValue, ValidationError

from tocsin.errors import TocsinError
from tocsin.project.findings import LocatedFinding
from tocsin.project.locate import located
from tocsin.project.reading import Reading, read_contents
from tocsin.reports.full import full
from tocsin.simulation.checks import GivenCheck, GivenChecks
from tocsin.terminal.style import Style
from tocsin.yaml.limits import FILE_SIZE
from tocsin.yaml.positions import Lines, Position, Span
from tocsin_schema.findings import Finding, Place
from tocsin_schema.rules.finding import finding
from tocsin_schema.shape.errors import shape_findings

LINES = (".jsonl", ".ndjson")
MOST_SHOWN = 10
"""Mistakes that are shown of a file."""


@dataclass(frozen=True)
class ChecksFile:
    """The checks of a file, and where each stands in it."""

    name: str
    checks: Sequence[GivenCheck]
    _reading: Reading
    _places: Sequence[Place]
    _by_line: bool

    def complaint(self, number: int, key: str, code: str, message: str, help: str | None = None) -> TocsinError:
        """Return the error that says what is wrong with a key of a check, at its place."""
        where = self._places[number].at(key)
        return _refused(self.name, self._reading, [finding(code, message, where, help=help)], by_line=self._by_line)


def read_checks(file: str, data: bytes) -> ChecksFile:
    """Return the checks of a file, in its order; raises TocsinError where it can't be read, or holds none."""
    by_line = _is_lines(file, data)
    reading = read_contents(Path(), "", _lines(file, data) if by_line else {file: data})
    if any(each.severity == "error" for each in reading.findings):
        raise _refused(file, reading, [], by_line=by_line)
    items = [item for number, each in enumerate(reading.documents) for item in _items(number, each.value)]
    if not items:
        raise TocsinError(f"{file} holds no checks", hint="write a list: `- {at: 0s, status: error}`")
    places = [place for place, _ in items]
    try:
        checks = GivenChecks.model_validate({"checks": [value for _, value in items]}).checks
    except ValidationError as error:
        values: JsonValue = {"checks": [value for _, value in items]}
        findings = [_placed(each, places) for each in shape_findings(error, GivenChecks, values, Place(0))]
        raise _refused(file, reading, findings, by_line=by_line) from None
    read = ChecksFile(file, checks, reading, places, by_line)
    kind = "at" if checks[0].at is not None else "time"
    for number, check in enumerate(checks):
        if (check.at is None) == (kind == "at"):
            other = "time" if kind == "at" else "at"
            raise read.complaint(
                number,
                other,
                "TOC204",
                f"this check has `{other}`, those before it have `{kind}`",
                "use one of the two",
            )
    return read


def _items(number: int, value: JsonValue) -> Iterator[tuple[Place, JsonValue]]:
    """Yield the checks of a document: a list, `{checks: [...]}` as it is sent to a dispatcher, or one check."""
    if isinstance(value, list):
        yield from ((Place(number, (index,)), each) for index, each in enumerate(value))
    elif isinstance(value, dict) and isinstance(checks := value.get("checks"), list) and len(value) == 1:
        yield from ((Place(number, ("checks", index)), each) for index, each in enumerate(checks))
    elif value is not None:
        yield Place(number), value


def _is_lines(file: str, data: bytes) -> bool:
    """Whether every line is a JSON object: the name says so, or the first two lines begin as such."""
    if file.lower().endswith(LINES):
        return True
    first = [line for line in data[:65536].splitlines() if line.strip()][:2]
    return len(first) == 2 and all(_is_object(line) for line in first)


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _lines(file: str, data: bytes) -> dict[str, bytes]:
    """Return the lines that hold anything, by number, as if each were a file."""
    if len(data) > FILE_SIZE:
        raise TocsinError(f"{file} is larger than {FILE_SIZE:,} bytes", hint="split the file")
    return {f"{number:09d}": line for number, line in enumerate(data.split(b"\n"), start=1) if line.strip()}


def _placed(found: Finding, places: Sequence[Place]) -> Finding:
    """Return a finding on `checks[number]...` at the place of that check in its document."""
    _, *rest = found.where.path
    if not rest or not isinstance(rest[0], int):
        return replace(found, where=places[0], fix=None)
    place = places[rest[0]]
    return replace(found, where=Place(place.document, (*place.path, *rest[1:]), key=found.where.key), fix=None)


def _refused(file: str, reading: Reading, findings: Sequence[Finding], *, by_line: bool) -> TocsinError:
    shown = [each for each in located(reading, findings) if each.severity == "error"]
    texts: Mapping[str, Lines] = reading.texts
    if by_line:
        shown = [_in_file(each, file) for each in shown]
        last = max((int(name) for name in texts if name), default=0)
        texts = {
            file: Lines(
                "\n".join(texts[name].text if (name := f"{at:09d}") in texts else "" for at in range(1, last + 1))
            )
        }
    report = full(shown[:MOST_SHOWN], texts, Style(colour=False)).rstrip()
    more = f"\n\nand {len(shown) - MOST_SHOWN} more" if len(shown) > MOST_SHOWN else ""
    return TocsinError(f"the checks of {file} can't be played\n\n{report}{more}\n")


def _in_file(found: LocatedFinding, file: str) -> LocatedFinding:
    """Return a finding on a line of its own as one of the whole file."""
    line = int(found.file)
    start, end = (Position(line, each.column) for each in found.span)
    related = tuple(
        replace(each, file=file, span=Span(*(Position(line, at.column) for at in each.span))) for each in found.related
    )
    return replace(found, file=file, span=Span(start, end), related=related)
