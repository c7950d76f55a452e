"""Places in a file: line and column, counted once from character offsets."""

import re
from bisect import bisect_right
from functools import cached_property
from typing import NamedTuple

LINE_BREAK = re.compile(r"\r\n|\n|\r")
"""What editors break lines at, and YAML 1.2. U+0085, U+2028 and U+2029 are characters like others."""


class Position(NamedTuple):
    """A place: line and column from 1, columns in code points."""

    line: int
    column: int


class Span(NamedTuple):
    """From `start` up to and not including `end`."""

    start: Position
    end: Position


NOWHERE = Span(Position(1, 1), Position(1, 1))
"""The place of what is wrong with a file as a whole."""


class Lines:
    """The lines of a text, and where each of its characters stands."""

    def __init__(self, text: str) -> None:
        """Count the lines when they are asked for."""
        self.text = text

    @cached_property
    def starts(self) -> list[int]:
        """The offset of the first character of each line."""
        return [0, *(match.end() for match in LINE_BREAK.finditer(self.text))]

    def position(self, offset: int) -> Position:
        """Return the place of the character at `offset`; past the end, the place after the last character."""
        offset = min(max(offset, 0), len(self.text))
        line = bisect_right(self.starts, offset)
        return Position(line, offset - self.starts[line - 1] + 1)

    def offset(self, position: Position) -> int:
        """Return the offset of a place; past the end of a line, where its line break stands."""
        line = min(max(position.line, 1), len(self.starts))
        return self.starts[line - 1] + min(max(position.column - 1, 0), len(self.line(line)))

    def span(self, start: int, end: int) -> Span:
        """Return the places of two offsets."""
        return Span(self.position(start), self.position(max(start, end)))

    def line(self, number: int) -> str:
        """Return the text of a line (from 1) without its line break; empty past the end."""
        if not 1 <= number <= len(self.starts):
            return ""
        end = self.starts[number] if number < len(self.starts) else len(self.text)
        return self.text[self.starts[number - 1] : end].rstrip("\r\n")
