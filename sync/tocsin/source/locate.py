"""From a place in a document to the lines and columns of its file."""

from collections.abc import Sequence

from tocsin.source.files import Reading, SourceDocument
from tocsin.source.findings import LocatedFinding, LocatedRelated
from tocsin.source.nodes import Alias, Mapping, Node, Scalar, find, target
from tocsin.source.scalars import source_span
from tocsin.source.span import Position, Span
from tocsin_schema.findings import Finding, Place

NOWHERE = Span(Position(1, 1), Position(1, 1))
BLOCK = ("|", ">")


def located(reading: Reading, findings: Sequence[Finding]) -> list[LocatedFinding]:
    """Give the files' own findings and those of the rules, by file and place."""
    found = [*reading.findings, *(_located(reading, each) for each in findings)]
    return sorted(found, key=lambda each: each.order)


def locate(reading: Reading, place: Place) -> tuple[str, Span, LocatedRelated | None]:
    """Give the file and span of a place; behind an alias the alias, with the anchored place beside it."""
    document = reading.project if place.document is None else reading.documents[place.document]
    if document is None:
        return reading.project_file, NOWHERE, None
    lines = reading.texts[document.file]
    steps, found = find(document.node, place.path)
    start, end = _offsets(document, lines.text, place, missing=found < len(place.path))
    alias = next((node for _, node in steps if isinstance(node, Alias)), None)
    if alias is None:
        return document.file, lines.span(start, end), None
    anchored = LocatedRelated("the anchored value is here", document.file, lines.span(start, end))
    return document.file, lines.span(alias.start, alias.end), anchored


def _offsets(document: SourceDocument, text: str, place: Place, *, missing: bool) -> tuple[int, int]:
    steps, _ = find(document.node, place.path)
    key, value = steps[-1]
    inside = target(value)
    if isinstance(inside, Scalar) and place.start is not None and not missing:
        end = place.end if place.end is not None else place.start + 1
        span = source_span(text, inside, place.start, end)
        if span is not None:
            return span
    if key is not None and (place.key or missing or not isinstance(inside, Scalar)):
        return key.start, key.end
    return _shown(inside)


def _shown(node: Node) -> tuple[int, int]:
    """Give the part of a value that stands for it: a whole scalar, the first key of a mapping, a block's header."""
    if isinstance(node, Scalar):
        return (node.start, node.start + 1) if node.style in BLOCK else (node.start, node.end)
    if isinstance(node, Mapping) and node.entries:
        return node.entries[0][0].start, node.entries[0][0].end
    return node.start, node.start + 1


def _located(reading: Reading, finding: Finding) -> LocatedFinding:
    file, span, anchored = locate(reading, finding.where)
    related = [] if anchored is None else [anchored]
    for each in finding.related:
        other_file, other_span, _ = locate(reading, each.where)
        related.append(LocatedRelated(each.message, other_file, other_span))
    return LocatedFinding(
        finding.code,
        finding.severity,
        finding.message,
        file,
        span,
        tuple(related),
        finding.help,
        _subject(reading, finding.where),
    )


def _subject(reading: Reading, place: Place) -> str:
    document = reading.project if place.document is None else reading.documents[place.document]
    value = document.value if document is not None else None
    identity = f"{value.get('kind')}/{value.get('name')}" if isinstance(value, dict) else ""
    return "/".join((identity, *(str(part) for part in place.path)))
