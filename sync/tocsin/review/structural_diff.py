"""The differences between two JSON values, items of lists paired by what they are and not by their number."""

import difflib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from tocsin.differences import ABSENT, FieldChange, Path

MOST_ALIGNED = 400
"""Items, or lines, that are paired by likeness; longer lists by number: the work grows with the square."""


MOST_COMPARED = 144
"""Pairs of items that are compared word by word."""

MOST_READ = 2_000
"""Characters of an item that are read for it."""

ALIKE = 0.4
WORD = re.compile(r"\w+")

Pair = tuple[int | None, int | None]


def structural(before: Any, after: Any) -> Iterator[FieldChange]:
    """Yield every value that differs; equal values give nothing. `1`, `1.0` and `true` differ, the order of keys not.

    A path is that of `after`, for what is gone that of `before`.
    """
    return _structural(before, after, (), ())


def _structural(before: Any, after: Any, old_path: Path, path: Path) -> Iterator[FieldChange]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in [*before, *(key for key in after if key not in before)]:
            yield from _structural(before.get(key, ABSENT), after.get(key, ABSENT), (*old_path, key), (*path, key))
    elif isinstance(before, list) and isinstance(after, list):
        for old, new in aligned([spelt(each) for each in before], [spelt(each) for each in after]):
            if new is None and old is not None:
                yield FieldChange((*old_path, old), before[old], ABSENT)
            elif old is None and new is not None:
                yield FieldChange((*path, new), ABSENT, after[new])
            elif old is not None and new is not None:
                yield from _structural(before[old], after[new], (*old_path, old), (*path, new))
    elif after is ABSENT:
        yield FieldChange(old_path, before, after)
    elif before is ABSENT or spelt(before) != spelt(after):
        yield FieldChange(path, before, after)


def aligned(before: Sequence[str], after: Sequence[str]) -> list[Pair]:
    """Pair the items of two lists: those that are equal, then those that share words, then what is left in order.

    None stands where an item has no partner. Order is kept.
    """
    head = alike(before, after)
    tail = alike(before[head:][::-1], after[head:][::-1])
    pairs: list[Pair] = [(number, number) for number in range(head)]
    old, new = before[head : len(before) - tail], after[head : len(after) - tail]
    for start, end, from_, to in _blocks(old, new):
        for left, right in _partners(old[start:end], new[from_:to]):
            pairs.append(
                (None if left is None else head + start + left, None if right is None else head + from_ + right)
            )
    return pairs + [(len(before) - tail + number, len(after) - tail + number) for number in range(tail)]


def _blocks(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    if max(len(before), len(after)) > MOST_ALIGNED:
        yield 0, len(before), 0, len(after)
        return
    for _, start, end, from_, to in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        yield start, end, from_, to


def _partners(before: Sequence[str], after: Sequence[str]) -> Iterator[Pair]:
    """Pair items of which none is equal, or all are: around the two that are most alike, then on both sides of them."""
    if not before or not after or len(before) * len(after) > MOST_COMPARED or before == after:
        yield from zip_longest(range(len(before)), range(len(after)))
        return
    words = [[Counter(WORD.findall(each[:MOST_READ])) for each in side] for side in (before, after)]
    likeness = {
        (left, right): _likeness(words[0][left], words[1][right])
        for left in range(len(before))
        for right in range(len(after))
    }
    left, right = max(likeness, key=lambda pair: (likeness[pair], -abs(pair[0] - pair[1])))
    if likeness[left, right] < ALIKE:
        yield from zip_longest(range(len(before)), range(len(after)))
        return
    yield from _partners(before[:left], after[:right])
    yield left, right
    for old, new in _partners(before[left + 1 :], after[right + 1 :]):
        yield None if old is None else left + 1 + old, None if new is None else right + 1 + new


def _likeness(left: Counter[str], right: Counter[str]) -> float:
    """Return the share of words that two texts have in common, from 0 to 1."""
    return 2 * (left & right).total() / ((left.total() + right.total()) or 1)


def alike(before: Sequence[str], after: Sequence[str]) -> int:
    """Return how many items, or characters, at the start are equal."""
    count = 0
    for left, right in zip(before, after, strict=False):
        if left != right:
            break
        count += 1
    return count


def spelt(value: Any) -> str:
    """Return the one text of a JSON value: equal texts are equal values."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
