"""Where in a body or a URL each reference stands: found by parsing it with the references as holes.

Each hole is filled with a marker that occurs nowhere else, the whole is read by a real parser, and the markers are
looked for in what the parser gives. So a quote that is escaped, a nested document or a CDATA section is what the
receiver takes it for, not what the characters around the reference look like.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import unquote_plus
from xml.parsers import expat

from tocsin_schema.rules.analysis.contents import Part

Spot = Literal[
    "json string",
    "json key",
    "json value",
    "xml text",
    "xml attribute",
    "xml cdata",
    "xml comment",
    "xml markup",
    "form value",
    "form name",
    "url start",
    "url host",
    "url path",
    "url query",
    "url fragment",
]

LONGEST_NAME = 200
CLOSING_TAG = re.compile(r"</[^\s<>]*\Z")


@dataclass(frozen=True, slots=True)
class Placement:
    """A hole, by its number among the parts, and where it stands.

    `depth` counts the JSON documents around it: 1 in a plain body, 2 in a JSON text inside a JSON text. `before` is
    what stands before it in the same text or URL, other holes left out.
    """

    part: int
    spot: Spot
    depth: int = 1
    before: str = ""


def json_places(parts: Sequence[Part]) -> tuple[Placement, ...] | None:
    """Return the place of every hole in a JSON body, None where it is no JSON whatever fills the holes."""
    marks = _Marks(parts, "8")
    return _json_in(marks.filled, marks, 1)


def xml_places(parts: Sequence[Part]) -> tuple[Placement, ...] | None:
    """Return the place of every hole in an XML body, None where it is no XML whatever fills the holes."""
    marks = _Marks(parts, "Z")
    reading = _XmlReading(marks)
    try:
        reading.read(marks.filled)
    except (expat.ExpatError, UnicodeError):
        return None
    return tuple(reading.found)


def form_places(parts: Sequence[Part]) -> tuple[Placement, ...]:
    """Return the place of every hole in a form; a value that is JSON is read as such."""
    marks = _Marks(parts, "8")
    found: list[Placement] = []
    for field in marks.filled.split("&"):
        name, _, value = field.partition("=")
        found += (Placement(number, "form name", before=before) for number, before in marks.within(name))
        document = unquote_plus(value)
        inside = _json_in(document, marks, 1) if document.lstrip().startswith(("{", "[")) else None
        if inside is not None and all(each.spot == "json string" for each in inside):
            found += inside
        else:
            found += (Placement(number, "form value", before=before) for number, before in marks.within(value))
    return tuple(found)


def text_places(parts: Sequence[Part]) -> tuple[Placement, ...]:
    """Return the place of every hole in a text of a structured body: inside JSON only where the text itself is JSON."""
    marks = _Marks(parts, "8")
    nested = {each.part: each for each in _nested(marks.filled, marks, 0)}
    return tuple(
        nested.get(number, Placement(number, "json string", 0, before)) for number, before in marks.within(marks.filled)
    )


def url_places(parts: Sequence[Part]) -> tuple[Placement, ...]:
    """Return the place of every hole in a URL (RFC 3986, section 3)."""
    marks = _Marks(parts, "Z")
    return tuple(
        Placement(number, _url_spot(before), before=before) for number, before in marks.within(marks.filled, keep=True)
    )


def _url_spot(before: str) -> Spot:
    """Return where in a URL something stands, from all that stands before it, holes as markers."""
    if not before.strip():
        return "url start"
    if "#" in before:
        return "url fragment"
    if "?" in before:
        return "url query"
    _, scheme, rest = before.partition("://")
    return "url host" if scheme and "/" not in rest else "url path"


class _Marks:
    """The markers of the holes: they start with characters that the text does not hold, and are of one length.

    In the tag that closes an element, a hole has the marker of the first that holds the same: the names must be equal.
    """

    def __init__(self, parts: Sequence[Part], first: str) -> None:
        fixed = "".join(part.text for part in parts)
        zeros = 3
        while f"{first}{'0' * zeros}1" in fixed:
            zeros += 1
        head = f"{first}{'0' * zeros}1"
        filled = ""
        for position, part in enumerate(parts):
            number = position
            if part.is_hole and CLOSING_TAG.search(filled[-LONGEST_NAME:]) is not None:
                number = next(each for each, other in enumerate(parts) if other.contents == part.contents)
            filled += f"{head}{number:06d}" if part.is_hole else part.text
        self.filled = filled
        self.pattern = re.compile(f"{head}([0-9]{{6}})")

    def within(self, text: str, *, keep: bool = False) -> Iterator[tuple[int, str]]:
        """Yield the number of each hole in a text that was read, and what stands before it there."""
        for match in self.pattern.finditer(text):
            before = text[: match.start()]
            yield int(match[1]), before if keep else self.pattern.sub("", before)


class _Number(str):
    """A number in JSON, as it is written."""

    __slots__ = ()


class _Pairs(list[tuple[str, Any]]):
    """An object in JSON: its keys may be given twice."""


AS_WRITTEN = json.JSONDecoder(parse_int=_Number, parse_float=_Number, object_pairs_hook=_Pairs)


def _json_in(text: str, marks: _Marks, depth: int) -> tuple[Placement, ...] | None:
    try:
        return tuple(_in_value(AS_WRITTEN.decode(text), marks, depth))
    except (ValueError, RecursionError):
        return None


def _in_value(value: Any, marks: _Marks, depth: int) -> Iterator[Placement]:
    if isinstance(value, _Number):
        yield from (Placement(number, "json value", depth, before) for number, before in marks.within(value))
    elif isinstance(value, str):
        nested = {each.part: each for each in _nested(value, marks, depth)}
        for number, before in marks.within(value):
            yield nested.get(number, Placement(number, "json string", depth, before))
    elif isinstance(value, _Pairs):
        for key, item in value:
            yield from (Placement(number, "json key", depth, before) for number, before in marks.within(key))
            yield from _in_value(item, marks, depth)
    elif isinstance(value, list):
        for item in value:
            yield from _in_value(item, marks, depth)


def _nested(text: str, marks: _Marks, depth: int) -> tuple[Placement, ...]:
    """Return the holes in texts of the JSON document that a text itself is: `[8]` is no such document, `["8"]` is."""
    if not text.lstrip().startswith(("{", "[")) or '"' not in text or marks.pattern.search(text) is None:
        return ()
    return tuple(each for each in _json_in(text, marks, depth + 1) or () if each.spot == "json string")


class _XmlReading:
    """One reading of an XML text, with expat: it tells CDATA from other text, and reads no other file."""

    def __init__(self, marks: _Marks) -> None:
        self.marks = marks
        self.found: list[Placement] = []
        self.spot: Spot = "xml text"

    def read(self, text: str) -> None:
        # The body is sent in UTF-8, whatever its declaration says.
        parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartElementHandler = self.element
        parser.CharacterDataHandler = lambda data: self.spotted(data, self.spot)
        parser.CommentHandler = lambda data: self.spotted(data, "xml comment")
        parser.ProcessingInstructionHandler = lambda target, data: self.spotted(f"{target} {data}", "xml markup")
        parser.StartCdataSectionHandler = lambda: self.turn("xml cdata")
        parser.EndCdataSectionHandler = lambda: self.turn("xml text")
        parser.Parse(text.encode(), True)

    def element(self, name: str, attributes: dict[str, str]) -> None:
        self.spotted(name, "xml markup")
        for attribute, value in attributes.items():
            self.spotted(attribute, "xml markup")
            self.spotted(value, "xml attribute")

    def turn(self, spot: Spot) -> None:
        self.spot = spot

    def spotted(self, text: str, spot: Spot) -> None:
        self.found += (Placement(number, spot, before=before) for number, before in self.marks.within(text))
