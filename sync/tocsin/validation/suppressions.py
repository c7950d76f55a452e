"""Findings that a comment in the definitions accepts, and comments that no longer accept anything.

A comment behind a value holds for what starts on its line, and for a text that goes on below. One on a line of its own
holds for all of the node below it: of a key, a list item or, above its first line, of a document.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date

from tocsin.project.findings import LocatedFinding, Suppressed
from tocsin.project.reading import Reading
from tocsin.validation.ignore_comments import BadIgnore, Ignore, ignores
from tocsin.yaml.nodes import Alias, Node, Scalar
from tocsin.yaml.nodes import Mapping as MappingNode
from tocsin.yaml.nodes import Sequence as SequenceNode
from tocsin.yaml.positions import Lines
from tocsin_schema.findings import SEVERITIES
from tocsin_schema.rules.table import RULES

RENDERING = "TOC5"
"""Rules that judge rendered messages: they are silent about what has other errors."""


@dataclass(frozen=True, slots=True)
class SuppressionResult:
    """What is left of the findings, those about the comments themselves among them, and what was accepted."""

    findings: tuple[LocatedFinding, ...]
    suppressed: tuple[Suppressed, ...] = ()


@dataclass(frozen=True, slots=True)
class _Scope:
    """An `Ignore`, and the lines that it holds for, both included."""

    ignore: Ignore
    file: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class _Extents:
    """How far down what starts on a line goes: its `texts`, and the outermost of its `parts`."""

    texts: Mapping[int, int] = field(default_factory=dict)
    parts: Mapping[int, int] = field(default_factory=dict)


def apply_suppressions(
    reading: Reading, findings: Sequence[LocatedFinding], severities: Mapping[str, str], *, today: date
) -> SuppressionResult:
    """Take out what comments accept on the day `today`; `severities` are the project's `rules`."""
    scopes: dict[tuple[str, str], list[_Scope]] = defaultdict(list)
    own: list[LocatedFinding] = []
    for file, lines in reading.texts.items():
        found = list(ignores(lines.text))
        extents = _extents(reading, file, lines) if found else _Extents()
        for each in found:
            if isinstance(each, BadIgnore):
                own += _finding(each, file, lines, severities)
            elif each.until is not None and each.until < today:
                message = f"this suppression of {each.code} ended on {each.until}"
                help = "mend what it hides, or give a later date"
                own += _finding(BadIgnore("TOC903", message, *each.until_at, help), file, lines, severities)
            else:
                scopes[file, each.code].append(_scope(each, file, lines, extents))
    if not scopes and not own:
        return SuppressionResult(tuple(findings))
    kept: list[LocatedFinding] = []
    suppressed: list[Suppressed] = []
    used: set[tuple[str, int]] = set()
    by_line = {key: _by_line(several) for key, several in scopes.items()}
    for finding in findings:
        scope = by_line.get((finding.file, finding.code), {}).get(finding.span.start.line)
        if scope is None:
            kept.append(finding)
        else:
            used.add((finding.file, scope.ignore.start))
            suppressed.append(Suppressed(finding, scope.ignore.reason))
    errors = {each.code for each in findings if each.severity == "error"}
    for several in scopes.values():
        for scope in several:
            if (scope.file, scope.ignore.start) not in used and _could_be_found(scope.ignore.code, reading, errors):
                own += _unused(scope, reading.texts[scope.file], severities)
    return SuppressionResult(tuple(LocatedFinding.sorted([*kept, *own])), tuple(suppressed))


def _could_be_found(code: str, reading: Reading, errors: AbstractSet[str]) -> bool:
    """Whether the rule had all it needs: an error elsewhere, of these codes, may have kept it from looking."""
    if not reading.complete:
        return False
    if code.startswith(RENDERING):
        return all(each.startswith(RENDERING) for each in errors)
    return not any(each in RULES and RULES[each].fixed for each in errors)


def _unused(scope: _Scope, lines: Lines, severities: Mapping[str, str]) -> Iterator[LocatedFinding]:
    code = scope.ignore.code
    if severities.get(code) == "off":
        message = f"{code} is switched off, so there is nothing to suppress"
    elif code not in severities and not RULES[code].on:
        message = f"{code} is off until `rules` in tocsin.yaml switches it on, so there is nothing to suppress"
    else:
        message = f"there is no {code} to suppress"
    unused = BadIgnore("TOC901", message, scope.ignore.start, scope.ignore.end, "remove it")
    yield from _finding(unused, scope.file, lines, severities)


def _finding(bad: BadIgnore, file: str, lines: Lines, severities: Mapping[str, str]) -> Iterator[LocatedFinding]:
    stated = severities.get(bad.code, RULES[bad.code].severity)
    severity = next((each for each in SEVERITIES if each == stated), None)
    if severity is not None:
        span = lines.span(bad.start, bad.end)
        yield LocatedFinding(bad.code, severity, bad.message, file, span, help=bad.help, subject="suppression")


def _by_line(scopes: Sequence[_Scope]) -> dict[int, _Scope]:
    """Return the nearest scope of each line: of several the one that starts last."""
    nearest = {
        (each.first, each.last): each for each in sorted(scopes, key=lambda each: (each.first, each.ignore.start))
    }
    return {line: each for each in nearest.values() for line in range(each.first, each.last + 1)}


def _scope(ignore: Ignore, file: str, lines: Lines, extents: _Extents) -> _Scope:
    line = lines.position(ignore.comment.start).line
    if not ignore.comment.alone:
        return _Scope(ignore, file, line, max(line, extents.texts.get(line, 0)))
    below = _below(lines, line)
    return _Scope(ignore, file, line, max(below, extents.parts.get(below, 0)))


def _extents(reading: Reading, file: str, lines: Lines) -> _Extents:
    documents = [each.node for each in reading.by_file[file]]
    texts: dict[int, int] = {}
    parts: dict[int, int] = {}
    level: list[tuple[int, Node]] = [(each.start, each) for each in documents]
    while level:
        ends: dict[int, int] = {}
        for start, part in level:
            line, last = lines.position(start).line, lines.position(max(part.end - 1, start)).line
            ends[line] = max(last, ends.get(line, 0))
            if isinstance(part, Scalar):
                texts[line] = max(last, texts.get(line, 0))
        parts = ends | parts
        level = [inner for _, part in level for inner in _parts(part)]
    return _Extents(texts, parts)


def _below(lines: Lines, line: int) -> int:
    """Return the next line that holds anything but a comment or a mark between documents."""
    for number in range(line + 1, len(lines.starts) + 1):
        text = lines.line(number).strip()
        if text and not text.startswith(("#", "---", "%")):
            return number
    return line


def _parts(node: Node) -> Iterator[tuple[int, Node]]:
    """Yield the parts of a mapping or list and where each starts: at its key; what is anchored elsewhere is no part."""
    if isinstance(node, MappingNode):
        for key, value in node.entries:
            if node.start <= key.start and not (isinstance(value, Alias) and value.start < key.start):
                yield key.start, value
    elif isinstance(node, SequenceNode):
        for item in node.items:
            yield item.start, item
