"""What is read is packed, and comes out as it went in."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.project import packed
from tocsin.project.packed import Packed, Packing
from tocsin.project.reading import read_contents

TEXTS = st.text(st.characters(codec=None))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(TEXTS, inside, max_size=3),
    max_leaves=10,
)


def in_blocks(things: Sequence[Any], characters: int = 1) -> Packed[Any]:
    packing = Packing[Any]()
    for each in things:
        packing.add(each, characters)
    found = Packed[Any]()
    found.extend(packing.blocks())
    return found


@given(st.lists(st.tuples(VALUES, st.integers(0, packed.BLOCK)), max_size=20))
def test_what_is_packed_is_unpacked_as_it_was(things: list[tuple[Any, int]]) -> None:
    packing = Packing[Any]()
    for value, characters in things:
        packing.add(value, characters)
    found = Packed[Any]()
    found.extend(packing.blocks())

    values = [value for value, _ in things]
    assert list(found) == values
    assert [found[number] for number in reversed(range(len(values)))] == values[::-1]
    assert found[1:3] == values[1:3]
    assert len(found) == len(values)


def test_half_a_character_is_packed_too() -> None:
    assert in_blocks(["\ud83d", "🔔"])[0] == "\ud83d"


@pytest.mark.parametrize("number", [2, -3])
def test_there_is_nothing_outside(number: int) -> None:
    with pytest.raises(IndexError):
        in_blocks(["one", "two"])[number]


def test_what_is_larger_than_a_block_is_packed_alone() -> None:
    packing = Packing[str]()
    for text, characters in (("small", 5), ("large", 2 * packed.BLOCK), ("small too", 9)):
        packing.add(text, characters)

    assert [block.things for block in packing.blocks()] == [1, 1, 1]


def test_few_blocks_are_at_hand() -> None:
    found = in_blocks([[str(number)] for number in range(100)], packed.BLOCK)
    first = found[0]
    assert found[0] is first

    for number in range(1, packed.AT_HAND):
        found[number]
    assert found[0] is first

    for number in range(50, 50 + packed.AT_HAND):
        found[number]
    assert found[0] == first
    assert found[0] is not first


def test_documents_of_several_blocks_come_with_their_own_values() -> None:
    text = "".join(f"---\nkind: monitor\nname: shop-{number}\ntype: Https\n" for number in range(500))

    reading = read_contents(Path("/nowhere"), "tocsin.yaml", {"tocsin.yaml": b"kind: project", "m.yaml": text.encode()})

    assert len(reading.documents) == 500
    assert reading.documents[123].value == {"kind": "monitor", "name": "shop-123", "type": "Https"}
    assert reading.texts["m.yaml"].text == text
