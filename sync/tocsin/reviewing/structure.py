"""The differences between two JSON values, items of lists paired by what they are and not by their number."""

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tocsin.showing.differences import ABSENT, FieldChange, Path

MOST_ALIGNED = 400
"""Items, or lines, that are paired by likeness; longer lists by number: the work grows with the square."""


def structural(before: Any, after: Any, path: Path = ()) -> Iterator[FieldChange]:
    """Give every value that differs; equal values give nothing. `1`, `1.0` and `true` differ, the order of keys not.

    A path is that of `after`, for what is gone that of `before`.
    """
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in [*before, *(key for key in after if key not in before)]:
            yield from structural(before.get(key, ABSENT), after.get(key, ABSENT), (*path, key))
    elif isinstance(before, list) and isinstance(after, list):
        for old, new in aligned([spelt(each) for each in before], [spelt(each) for each in after]):
            left = ABSENT if old is None else before[old]
            right = ABSENT if new is None else after[new]
            yield from structural(left, right, (*path, (old or 0) if new is None else new))
    elif before is ABSENT or after is ABSENT or spelt(before) != spelt(after):
        yield FieldChange(path, before, after)


def aligned(before: Sequence[str], after: Sequence[str]) -> list[tuple[int | None, int | None]]:
    """Pair the items of two lists: those that are equal, and of the rest the first with the first.

    None stands where an item has no partner. Order is kept.
    """
    head = alike(before, after)
    tail = alike(before[head:][::-1], after[head:][::-1])
    pairs: list[tuple[int | None, int | None]] = [(number, number) for number in range(head)]
    old, new = before[head : len(before) - tail], after[head : len(after) - tail]
    for start, end, from_, to in _blocks(old, new):
        for number in range(max(end - start, to - from_)):
            left = head + start + number if number < end - start else None
            right = head + from_ + number if number < to - from_ else None
            pairs.append((left, right))
    return pairs + [(len(before) - tail + number, len(after) - tail + number) for number in range(tail)]


def _blocks(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    if max(len(before), len(after)) > MOST_ALIGNED:
        yield 0, len(before), 0, len(after)
        return
    for _, start, end, from_, to in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        yield start, end, from_, to


def alike(before: Sequence[str], after: Sequence[str]) -> int:
    """Give how many items, or characters, at the start are equal."""
    count = 0
    for left, right in zip(before, after, strict=False):
        if left != right:
            break
        count += 1
    return count


def spelt(value: Any) -> str:
    """Give the one text of a JSON value: equal texts are equal values."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
