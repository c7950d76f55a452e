"""Where each character of a scalar's value stands in the file.

Decoded again from the raw text, as libyaml decodes it, but only for the scalars that something is reported in. What is
decoded must equal what the parser gave: if not, there is no map, and the report falls back to the scalar's start.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from tocsin.source.nodes import Scalar

BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
PROPERTIES = re.compile(r"(?:[&!][^\s]*[ \t\r\n]+)*")
HEADER = re.compile("[|>]([-+0-9]*)[^\n\r\x85\u2028\u2029]*")
BLANK = " \t"
ESCAPES = {
    "0": "\0",
    "a": "\a",
    "b": "\b",
    "t": "\t",
    "\t": "\t",
    "n": "\n",
    "v": "\v",
    "f": "\f",
    "r": "\r",
    "e": "\x1b",
    " ": " ",
    '"': '"',
    "/": "/",
    "\\": "\\",
    "N": "\x85",
    "_": "\xa0",
    "L": "\u2028",
    "P": "\u2029",
}
CODE_LENGTHS = {"x": 2, "u": 4, "U": 8}


@dataclass(slots=True)
class Characters:
    """The characters of a value, and from where to where each stands in the file."""

    text: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    def add(self, character: str, start: int, end: int) -> None:
        """Add one character."""
        self.text.append(character)
        self.starts.append(start)
        self.ends.append(end)

    def extend(self, other: "Characters") -> None:
        """Add the characters of another."""
        self.text += other.text
        self.starts += other.starts
        self.ends += other.ends

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.text)


def source_span(text: str, scalar: Scalar, start: int, end: int) -> tuple[int, int] | None:
    """Give the offsets in the file of a part of a scalar's value; None where they can't be told.

    An empty part at the end of the value stands behind its last character.
    """
    characters = decoded(text, scalar)
    if characters is None or not 0 <= start <= end <= len(scalar.value):
        return None
    if start == len(scalar.value):
        if not characters:
            inner = _inner(text, scalar)
            return inner, inner
        return characters.ends[-1], characters.ends[-1]
    last = max(end - 1, start)
    return characters.starts[start], characters.ends[last]


def decoded(text: str, scalar: Scalar) -> Characters | None:
    """Give the scalar's characters with their places, or None where they differ from the parser's value."""
    start = _node_start(text, scalar)
    if scalar.style in ("|", ">"):
        return _block(text, scalar, start)
    if scalar.style in ("'", '"'):
        characters = _flow(text, start + 1, scalar.end - 1, scalar.style)
    else:
        characters = _flow(text, start, scalar.end, "")
    return characters if "".join(characters.text) == scalar.value else None


def _node_start(text: str, scalar: Scalar) -> int:
    """Skip the anchor and the tag that stand before the scalar."""
    match = PROPERTIES.match(text, scalar.start, scalar.end)
    return match.end() if match is not None else scalar.start


def _inner(text: str, scalar: Scalar) -> int:
    start = _node_start(text, scalar)
    return start + 1 if scalar.style in ("'", '"') else start


def _flow(text: str, start: int, end: int, quote: str) -> Characters:
    """Decode a plain or quoted scalar: escapes, and line breaks folded into spaces."""
    characters = Characters()
    at = start
    while at < end:
        if text[at] in BLANK or BREAK.match(text, at):
            at = _fold(text, at, end, characters, escaped=False)
        elif quote == "'" and text.startswith("''", at):
            characters.add("'", at, at + 2)
            at += 2
        elif quote == '"' and text[at] == "\\":
            line_break = BREAK.match(text, at + 1)
            if line_break is not None:
                at = _fold(text, line_break.end(), end, characters, escaped=True)
            else:
                at = _escape(text, at, characters)
        else:
            characters.add(text[at], at, at + 1)
            at += 1
    return characters


def _escape(text: str, at: int, characters: Characters) -> int:
    letter = text[at + 1 : at + 2]
    length = CODE_LENGTHS.get(letter)
    if length is None:
        characters.add(ESCAPES.get(letter, letter), at, at + 2)
        return at + 2
    end = at + 2 + length
    try:
        characters.add(chr(int(text[at + 2 : end], 16)), at, end)
    except (ValueError, OverflowError):
        characters.add("", at, end)
    return end


def _fold(text: str, at: int, end: int, characters: Characters, *, escaped: bool) -> int:
    """Take the blanks and line breaks at `at`, as libyaml folds them; give where they end."""
    blanks, trailing = Characters(), Characters()
    first: tuple[str, int, int] | None = None
    while at < end:
        line_break = BREAK.match(text, at)
        if line_break is not None:
            shown = (_normal(line_break[0]), at, line_break.end())
            if escaped or first is not None:
                trailing.add(*shown)
            else:
                first = shown
            at = line_break.end()
        elif text[at] in BLANK:
            if not escaped and first is None:
                blanks.add(text[at], at, at + 1)
            at += 1
        else:
            break
    if first is None and not escaped:
        characters.extend(blanks)
    elif first is not None and first[0] == "\n":
        if trailing:
            characters.extend(trailing)
        else:
            characters.add(" ", first[1], first[2])
    else:
        if first is not None:
            characters.add(*first)
        characters.extend(trailing)
    return at


def _block(text: str, scalar: Scalar, start: int) -> Characters | None:
    """Decode a literal or folded scalar with the indentation that gives the parser's value."""
    header = HEADER.match(text, start)
    if header is None:
        return None
    line_break = BREAK.match(text, header.end())
    content = line_break.end() if line_break is not None else header.end()
    chomping = next((each for each in header[1] if each in "+-"), "")
    for indent in _indents(text, content, scalar.end):
        characters = _block_lines(text, content, scalar.end, indent, folded=text[start] == ">", chomping=chomping)
        if "".join(characters.text) == scalar.value:
            return characters
    return None


def _indents(text: str, at: int, end: int) -> Iterator[int]:
    """Give the indentations that the content may have, the likeliest first."""
    widths = []
    for line in BREAK.split(text[at:end]):
        width = len(line) - len(line.lstrip(" "))
        if line.strip(" "):
            widths.append(width)
            break
        widths.append(width)
    likely = widths[-1] if widths else 0
    yield likely
    yield from (width for width in range(likely, -1, -1) if width != likely)
    if widths and max(widths) > likely:
        yield from range(likely + 1, max(widths) + 1)


def _block_lines(text: str, at: int, end: int, indent: int, *, folded: bool, chomping: str) -> Characters:
    """Decode the lines of a block scalar, as libyaml's `yaml_parser_scan_block_scalar` does."""
    characters, breaks = Characters(), Characters()
    pending: tuple[str, int, int] | None = None
    after_blank = False
    at, inside = _block_breaks(text, at, end, indent, breaks)
    while inside and at < end:
        starts_blank = text[at] in BLANK
        if folded and pending is not None and pending[0] == "\n" and not after_blank and not starts_blank:
            if not breaks:
                characters.add(" ", pending[1], pending[2])
        elif pending is not None:
            characters.add(*pending)
        pending = None
        characters.extend(breaks)
        breaks = Characters()
        after_blank = starts_blank
        while at < end and (line_break := BREAK.match(text, at)) is None:
            characters.add(text[at], at, at + 1)
            at += 1
        if at < end and line_break is not None:
            pending = (_normal(line_break[0]), at, line_break.end())
            at = line_break.end()
        at, inside = _block_breaks(text, at, end, indent, breaks)
    if chomping != "-" and pending is not None:
        characters.add(*pending)
    if chomping == "+":
        characters.extend(breaks)
    return characters


def _block_breaks(text: str, at: int, end: int, indent: int, breaks: Characters) -> tuple[int, bool]:
    """Take indentation and empty lines; give where content starts and whether there is any at this indentation."""
    while True:
        column = 0
        while column < indent and at < end and text[at] == " ":
            at += 1
            column += 1
        line_break = BREAK.match(text, at) if at < end else None
        if line_break is None:
            return at, column == indent and at < end
        breaks.add(_normal(line_break[0]), at, line_break.end())
        at = line_break.end()


def _normal(line_break: str) -> str:
    return line_break if line_break in "\u2028\u2029" else "\n"
