"""Where each character of a scalar's value stands in the file.

Decoded again from the raw text, as libyaml decodes it, but only for the scalars that something is reported in. What is
decoded must equal what the parser gave: if not, there is no map, and the report falls back to the whole scalar.
"""

import re

from tocsin.yaml.nodes import Scalar
from tocsin.yaml.source_map import Runs

BREAK = re.compile(r"\r\n|\n|\r")
FOLD = re.compile(r"[\r\n][ \t\r\n]*")
DOUBLE = re.compile(
    r"""(?P<fold>[\r\n][ \t\r\n]*)
    | \\(?:(?P<joined>(?:\r\n|\n|\r)[ \t\r\n]*)
        | x(?P<x>[0-9a-fA-F]{2}) | u(?P<u>[0-9a-fA-F]{4}) | U(?P<U>[0-9a-fA-F]{8})
        | (?P<letter>.))""",
    re.VERBOSE,
)
HEADER = re.compile(r"[|>]([-+0-9]*)[^\r\n]*(?:\r\n|\n|\r|\Z)")
LINE = re.compile(r"( *)([^\r\n]*)(\r\n|\n|\r|\Z)")
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


def source_span(text: str, scalar: Scalar, start: int, end: int) -> tuple[int, int] | None:
    """Return the offsets in the file of a part of a scalar's value; None where they can't be told."""
    runs = decoded(text, scalar)
    if runs is None or not 0 <= start <= end <= runs.length:
        return None
    first = runs.character(start)[0]
    return first, runs.character(end - 1)[1] if end > start else first


def decoded(text: str, scalar: Scalar) -> Runs | None:
    """Return the runs of a scalar, or None where they do not give the parser's value."""
    if scalar.runs is None:
        scalar.runs = _decode(text, scalar)
        scalar.runs.compare(scalar.value)
    return scalar.runs if scalar.runs.matches else None


def plain_text(text: str, start: int, end: int) -> str:
    """Return the value of a plain scalar that stands from `start` to `end`."""
    return _folded(text, start, end, quote="").value


def _decode(text: str, scalar: Scalar) -> Runs:
    if scalar.style in ("|", ">"):
        return _block(text, scalar)
    if scalar.style == '"':
        return _double(text, scalar.start + 1, scalar.end - 1)
    if scalar.style == "'":
        return _folded(text, scalar.start + 1, scalar.end - 1, quote="'")
    return _folded(text, scalar.start, scalar.end, quote="")


def _folded(text: str, start: int, end: int, *, quote: str) -> Runs:
    """Decode a plain or single-quoted scalar."""
    runs, at = Runs(start), start
    for fold in FOLD.finditer(text, start, end):
        _words(runs, text, at, fold.start(), quote, before_break=True)
        _fold(runs, text, fold.start(), fold.end(), joined=False)
        at = fold.end()
    _words(runs, text, at, end, quote, before_break=False)
    return runs


def _words(runs: Runs, text: str, start: int, end: int, quote: str, *, before_break: bool) -> None:
    """Add a stretch of one line; blanks before a line break are no part of the value."""
    if before_break:
        end = start + len(text[start:end].rstrip(" \t"))
    while quote and (at := text.find("''", start, end)) >= 0:
        runs.add(text[start:at], start, at)
        runs.add("'", at, at + 2)
        start = at + 2
    runs.add(text[start:end], start, end)


def _fold(runs: Runs, text: str, start: int, end: int, *, joined: bool) -> None:
    """Add what line breaks give: one a space, several all but the first; after a backslash (`joined`) all but it."""
    breaks = [found.span() for found in BREAK.finditer(text, start, end)]
    if len(breaks) == 1 and not joined:
        runs.add(" ", *breaks[0])
    for at in breaks[1:]:
        runs.add("\n", *at)


def _double(text: str, start: int, end: int) -> Runs:
    """Decode a double-quoted scalar."""
    runs, at = Runs(start), start
    for found in DOUBLE.finditer(text, start, end):
        kind = found.lastgroup or ""
        _words(runs, text, at, found.start(), "", before_break=kind == "fold")
        if kind in ("fold", "joined"):
            _fold(runs, text, *found.span(kind), joined=kind == "joined")
        elif kind == "letter":
            runs.add(ESCAPES.get(found[kind], "?"), *found.span())
        else:
            code = int(found[kind], 16)
            runs.add(chr(code) if code <= 0x10FFFF else "?", *found.span())
        at = found.end()
    _words(runs, text, at, end, "", before_break=False)
    return runs


def _block(text: str, scalar: Scalar) -> Runs:
    """Decode a literal or folded scalar, as libyaml's `yaml_parser_scan_block_scalar` does."""
    header = HEADER.match(text, scalar.start)
    if header is None:
        return Runs(scalar.start)
    runs = Runs(header.end())
    indent = _indent(text, header.end(), scalar)
    pending: tuple[int, int] | None = None  # the line break of the last line with content
    empty: list[tuple[int, int]] = []  # those of the empty lines after it
    deeper = False  # whether the last line with content begins with a blank
    for line in LINE.finditer(text, header.end(), max(scalar.end, header.end())):
        start, end = line.start() + indent, line.end(2)
        if end <= start and not line[2]:
            if not line[3]:
                break
            empty.append(line.span(3))
            continue
        if len(line[1]) < indent:
            break
        deepens = text[start] in " \t"
        if scalar.style == "|" or pending is None or deeper or deepens:
            runs.add("\n" if pending else "", *(pending or (start, start)))
        elif not empty:
            runs.add(" ", *pending)
        _add_breaks(runs, empty)
        runs.add(text[start:end], start, end)
        pending, empty, deeper = (line.span(3) if line[3] else None), [], deepens
    if "-" not in header[1] and pending is not None:
        runs.add("\n", *pending)
    if "+" in header[1]:
        _add_breaks(runs, empty)
    return runs


def _add_breaks(runs: Runs, breaks: list[tuple[int, int]]) -> None:
    for each in breaks:
        runs.add("\n", *each)


def _indent(text: str, start: int, scalar: Scalar) -> int:
    """Return the indentation of a block scalar: how much further right its first words stand in the file than in its value.

    A value without words has as much indentation as its longest line, as libyaml decides.
    """
    for line in LINE.finditer(text, start, max(scalar.end, start)):
        if line[2]:
            for shown in LINE.finditer(scalar.value):
                if shown[2]:
                    return len(line[1]) - len(shown[1])
            break
    widest = max((len(line[1]) for line in LINE.finditer(text, start, max(scalar.end, start))), default=0)
    content = max((len(part) for part in scalar.value.split("\n")), default=0)
    return widest - content
