"""Where two lists differ."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin_schema.text.differing import MOST, differing_blocks, grouped_blocks

LINES = st.lists(st.sampled_from("abc"), max_size=12)


@given(LINES, LINES)
def test_the_blocks_make_the_one_of_the_other(before: list[str], after: list[str]) -> None:
    made: list[str] = []
    old = new = 0
    for tag, start, end, from_, to in differing_blocks(before, after):
        assert (start, from_) == (old, new)
        assert (before[start:end] == after[from_:to]) == (tag == "equal")
        made += after[from_:to]
        old, new = end, to
    assert (old, new, made) == (len(before), len(after), after)


def test_groups_have_equal_lines_around_them() -> None:
    before = [str(number) for number in range(20)]
    after = [*before[:5], "x", *before[6:15], "y", *before[15:]]
    assert grouped_blocks(before, after, 1) == [
        [("equal", 4, 5, 4, 5), ("replace", 5, 6, 5, 6), ("equal", 6, 7, 6, 7)],
        [("equal", 14, 15, 14, 15), ("insert", 15, 15, 15, 16), ("equal", 15, 16, 16, 17)],
    ]
    assert grouped_blocks(before, before, 1) == []


@pytest.mark.parametrize("times", [1, 10, 1000])
def test_long_lists_of_much_alike_are_replaced_as_a_whole(times: int) -> None:
    before = ["a" if number % 3 else "b" for number in range(MOST * times + 1)]
    after = ["b" if number % 3 else "a" for number in range(MOST * times + 1)]
    began = time.process_time()
    assert differing_blocks(["x", *before, "y"], ["x", *after, "y"])[1][0] == "replace"
    assert time.process_time() - began < 5
