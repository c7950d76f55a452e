"""Many things in little memory: of what thousands of files hold, little is looked at at the same time."""

import marshal
import zlib
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Generic, NamedTuple, TypeVar, overload

Item = TypeVar("Item")

BLOCK = 16_384
"""Characters of files that are packed together: small enough to be unpacked for the sake of one of them."""

AT_HAND = 8
"""Blocks that stay unpacked."""

QUICK = 1
"""zlib's quickest level: definitions, which are much alike, shrink to a fifth and less."""


class Block(NamedTuple):
    """Things packed together, and how many they are."""

    data: bytes
    things: int


class Packing(Generic[Item]):
    """Packs things one after the other: what marshal takes, which are texts, numbers, lists and dicts.

    Only this process, those that it forks and the one that it was forked from can unpack them.
    """

    def __init__(self) -> None:
        """Begin without anything."""
        self._waiting: list[Item] = []
        self._size = 0
        self._blocks: list[Block] = []

    def add(self, item: Item, characters: int) -> None:
        """Add a thing that stands for so many characters of a file."""
        if self._size + characters > BLOCK:
            self._pack()
        self._waiting.append(item)
        self._size += characters

    def blocks(self) -> Sequence[Block]:
        """Return everything that was added, packed."""
        self._pack()
        return self._blocks

    def _pack(self) -> None:
        if self._waiting:
            data = zlib.compress(marshal.dumps(self._waiting), QUICK)
            self._blocks.append(Block(data, len(self._waiting)))
        self._waiting, self._size = [], 0


class Packed(Sequence[Item], Generic[Item]):
    """What was packed, in order. It is unpacked when it is asked for: what is given must not be changed."""

    def __init__(self) -> None:
        """Begin without anything."""
        self._blocks: list[bytes] = []
        self._starts: list[int] = []
        self._count = 0
        self._at_hand: dict[int, list[Item]] = {}

    def extend(self, blocks: Iterable[Block]) -> None:
        """Add what was packed elsewhere."""
        for block in blocks:
            self._blocks.append(block.data)
            self._starts.append(self._count)
            self._count += block.things

    @overload
    def __getitem__(self, number: int) -> Item: ...
    @overload
    def __getitem__(self, number: slice) -> list[Item]: ...
    def __getitem__(self, number: int | slice) -> Item | list[Item]:
        """Return one thing, or several; raises IndexError where there is none."""
        if isinstance(number, slice):
            return [self[each] for each in range(*number.indices(self._count))]
        if not -self._count <= number < self._count:
            raise IndexError(number)
        number %= self._count
        block = bisect_right(self._starts, number) - 1
        return self._unpacked(block)[number - self._starts[block]]

    def __len__(self) -> int:
        """Count the things."""
        return self._count

    def _unpacked(self, block: int) -> list[Item]:
        items = self._at_hand.pop(block, None)
        if items is None:
            items = marshal.loads(zlib.decompress(self._blocks[block]))  # noqa: S302  # packed by this process
            if len(self._at_hand) == AT_HAND:
                del self._at_hand[next(iter(self._at_hand))]
        self._at_hand[block] = items  # now the one that was asked for last
        return items
