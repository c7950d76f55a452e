"""From a place in a document to the lines and columns of its file."""

from collections.abc import Sequence as Several
from dataclasses import dataclass
from functools import partial

from tocsin.project.findings import LocatedFinding, LocatedRelated
from tocsin.project.locate_fixes import located_fix
from tocsin.project.merged_findings import Severities, files_findings, told_once
from tocsin.project.reading import Reading, SourceDocument
from tocsin.yaml.nodes import Alias, Mapping, Merged, Node, Scalar, find, target
from tocsin.yaml.positions import NOWHERE, Lines, Span
from tocsin.yaml.scalars import source_span
from tocsin_schema.findings import Finding, Place

BLOCK = ("|", ">")


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a file, with the file's lines; `anchored` is the other side of the alias that stands at `span`."""

    file: str
    span: Span
    lines: Lines
    anchored: LocatedRelated | None = None


def located(reading: Reading, findings: Several[Finding], severities: Severities | None = None) -> list[LocatedFinding]:
    """Return the files' own findings and those of the rules, by file and place.

    `severities` are those that the project wants for rules; for those of `findings` they are heeded already.
    """
    of_rules = [_located(reading, each) for each in findings]
    own = files_findings(reading.findings, of_rules, severities or {})
    return LocatedFinding.sorted([*own, *told_once(own, of_rules)])


def locate(reading: Reading, place: Place) -> Location:
    """Return file and span of a place; behind an alias the alias, with the anchored place beside it.

    A path that does not exist ends at the nearest part that does: at the key of the mapping that lacks the rest.
    """
    document = _document(reading, place)
    if document is None:
        return Location(reading.project_file, NOWHERE, reading.texts.get(reading.project_file, Lines("")))
    lines = reading.texts[document.file]
    steps, found = find(document.node, place.path)
    missing = found < len(place.path)
    span = lines.span(*_offsets(steps[-1], lines.text, place, missing=missing))
    alias = _alias(steps, key=place.key and not missing)
    if alias is None:
        return Location(document.file, span, lines)
    anchored = LocatedRelated("the anchored value is here", document.file, span)
    return Location(document.file, lines.span(alias.start, alias.end), lines, anchored)


def _document(reading: Reading, place: Place) -> SourceDocument | None:
    return reading.project if place.document is None else reading.documents[place.document]


def _alias(steps: list[tuple[Scalar | None, Node]], *, key: bool) -> Alias | None:
    """Return the first alias on the way; one that is the last key's own value is not on the way to the key."""
    on_the_way = [node for _, node in steps]
    if key and not isinstance(on_the_way[-1], Merged):
        on_the_way.pop()
    return next((node for node in on_the_way if isinstance(node, Alias)), None)


def _offsets(step: tuple[Scalar | None, Node], text: str, place: Place, *, missing: bool) -> tuple[int, int]:
    key, value = step
    inside = target(value)
    if missing or place.key or not isinstance(inside, Scalar):
        return (key.start, key.end) if key is not None else _shown(inside)
    if place.start is not None:
        end = place.end if place.end is not None else len(inside.value)
        span = source_span(text, inside, place.start, end)
        if span is not None:
            return span
    if inside.start == inside.end and key is not None:
        return key.start, key.end
    return _shown(inside)


def _shown(node: Node) -> tuple[int, int]:
    """Return the part of a value that stands for it: a whole scalar, the first key of a mapping, a block's header."""
    if isinstance(node, Scalar):
        return (node.start, node.start + 1) if node.style in BLOCK else (node.start, node.end)
    if isinstance(node, Mapping) and node.entries and not isinstance(node.entries[0][1], Merged):
        return node.entries[0][0].start, node.entries[0][0].end
    return node.start, node.start + 1


def _located(reading: Reading, finding: Finding) -> LocatedFinding:
    at = locate(reading, finding.where)
    related = [] if at.anchored is None else [at.anchored]
    for each in finding.related:
        other = locate(reading, each.where)
        related.append(LocatedRelated(each.message, other.file, other.span))
    return LocatedFinding(
        finding.code,
        finding.severity,
        finding.message,
        at.file,
        at.span,
        tuple(related),
        finding.help,
        _subject(reading, finding.where),
        fix=located_fix(finding.fix, partial(_source, reading)),
    )


def _source(reading: Reading, place: Place) -> tuple[str, Node, Lines] | None:
    """Return file, tree and text of the document of a place."""
    document = _document(reading, place)
    return None if document is None else (document.file, document.node, reading.texts[document.file])


def _subject(reading: Reading, place: Place) -> str:
    document = _document(reading, place)
    value = document.value if document is not None else None
    identity = f"{value.get('kind')}/{value.get('name')}" if isinstance(value, dict) else ""
    return "/".join((identity, *(str(part) for part in place.path)))
