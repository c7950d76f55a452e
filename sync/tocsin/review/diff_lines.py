"""The lines of differences, signed as in a diff: what the terminal and a pull request show alike.

Every line is harmless and short, whatever the definitions hold.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple

from tocsin.differences import ABSENT, FieldChange, dotted
from tocsin.review.structural_diff import aligned
from tocsin.terminal.style import one_line

Sign = Literal["-", "+", " ", ":", "@"]
"""What goes, what comes, what stays; the name of what the lines below are about, and of the messages they are in."""

LONGEST = 160
"""Characters of a value on a line: of a longer one the part that differs is shown."""

BEFORE_DIFFERENCE = 40
MOST_LINES = 40
"""Lines that one value, or one difference of texts, takes."""


class Line(NamedTuple):
    """A line and its sign."""

    sign: Sign
    text: str


def field_lines(field: FieldChange, prefix: str = "", note: str = "") -> Iterator[Line]:
    """Yield the path of a difference, and below it the value before and after; texts of several lines by line."""
    label = clipped(" · ".join(filter(None, [prefix, dotted(field.path)])) or "all of it")
    yield Line(":", label + (f" ({note})" if note else ""))
    if note:
        return
    before, after = field.before, field.after
    if _is_long(before) or _is_long(after):
        yield from cut_to(list(line_differences(lines_of(before), lines_of(after))), MOST_LINES)
        return
    left, right = around_difference(_json(before), _json(after))
    if before is not ABSENT:
        yield Line("-", left)
    if after is not ABSENT:
        yield Line("+", right)


def line_differences(before: Sequence[str], after: Sequence[str]) -> Iterator[Line]:
    """Yield the lines that differ, each with one neighbour; what is left out between them as dots."""
    pairs = aligned(before, after)
    equal = [old is not None and new is not None and before[old] == after[new] for old, new in pairs]
    gone: list[Line] = []
    come: list[Line] = []
    skipped = False
    for number, (old, new) in enumerate(pairs):
        if not equal[number]:
            left, right = around_difference(
                before[old] if old is not None else "", after[new] if new is not None else ""
            )
            gone += [Line("-", left)] if old is not None else []
            come += [Line("+", right)] if new is not None else []
            continue
        yield from (*gone, *come)
        gone, come = [], []
        if any(not each for each in equal[max(number - 1, 0) : number + 2]) and old is not None:
            if skipped:
                yield Line(" ", "…")
            yield Line(" ", clipped(before[old]))
            skipped = False
        else:
            skipped = True
    yield from (*gone, *come)


def word_lines(before: Sequence[str], after: Sequence[str]) -> Iterator[Line]:
    """Yield what is no longer said and what is said now."""
    for line in line_differences(before, after):
        if line.sign != " ":
            yield line


def cut_to(lines: Sequence[Line], most: int) -> Iterator[Line]:
    """Yield at most so many lines, and how many were left out."""
    yield from lines[:most]
    if len(lines) > most:
        yield Line(" ", f"… {len(lines) - most:,} more lines")


def clipped(text: str, start: int = 0, longest: int = LONGEST) -> str:
    """Return a line that any text makes: harmless, of at most `longest` characters from `start`, and how many it has."""
    dots = "…" if start else ""
    if len(text) - start <= longest:
        return dots + one_line(text[start:])
    return f"{dots}{one_line(text[start : start + longest])}… ({len(text):,} characters)"


def around_difference(before: str, after: str) -> tuple[str, str]:
    """Return lines of two texts; long ones begin a little before the first character that differs."""
    if max(len(before), len(after)) <= LONGEST:
        return clipped(before), clipped(after)
    both = zip(before, after, strict=False)
    same = next((number for number, (left, right) in enumerate(both) if left != right), min(len(before), len(after)))
    start = max(0, same - BEFORE_DIFFERENCE)
    return clipped(before, start), clipped(after, start)


def _is_long(value: Any) -> bool:
    return isinstance(value, dict | list) or (isinstance(value, str) and "\n" in value)


def lines_of(value: Any) -> list[str]:
    """Return the lines of a text, or of any other JSON value, indented; none where there is no value."""
    if value is ABSENT:
        return []
    if isinstance(value, str) and "\n" in value:
        return value.split("\n")
    return json.dumps(value, indent=2, ensure_ascii=False).split("\n")


def _json(value: Any) -> str:
    return "" if value is ABSENT else json.dumps(value, ensure_ascii=False)
