"""Did you mean, of thousands of names: as good, and no slower for being many."""

import time

import pytest

from tocsin_schema.text.suggest import nearest

NAMES = frozenset(f"receiver-{number:05}" for number in range(5000))


@pytest.mark.parametrize(
    "misspelt",
    ["recever-01234", "Receiver-01234", "receiver_01234", "receiver-01234x", "rceeiver-01234", "eceiver-01234"],
)
def test_the_name_that_was_meant_is_found_among_many(misspelt: str) -> None:
    assert nearest(misspelt, NAMES) == "receiver-01234"


def test_what_is_like_nothing_is_like_none_of_many() -> None:
    assert nearest("shop", NAMES) is None


def test_thousands_of_misspelt_names_among_thousands_take_seconds() -> None:
    started = time.process_time()

    for number in range(1000):
        nearest(f"recever-{number:05}", NAMES)

    assert time.process_time() - started < 10  # comparing each with all: about 250
