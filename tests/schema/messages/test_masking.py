"""Masking finds every spelling of a secret, and what a receiver sends never takes the square of its length."""

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin_schema.messages.masking import Masking
from tocsin_schema.messages.named_secrets import header_secrets, masked_header
from tocsin_schema.template.masked_text import MASK

SECRET = "0123456789abcdef" * 30
"""Longer than what is looked for at each character of itself."""
LETTERS = st.text(alphabet="ab", max_size=60)


@given(LETTERS, st.text(alphabet="ab", min_size=1, max_size=20))
def test_no_secret_is_left_whole_nor_begun_at_the_end_of_a_cut_text(text: str, secret: str) -> None:
    masked = Masking([secret]).mask(text, cut=True)

    assert secret not in masked
    assert not any(masked.endswith(secret[:size]) for size in range(1, len(secret)) if len(secret) > 1)


@given(st.integers(1, len(SECRET) - 1), st.text(alphabet="xyz0", max_size=40))
def test_of_a_long_secret_whatever_has_begun_at_the_end_is_masked(size: int, before: str) -> None:
    masked = Masking([SECRET]).mask(before + SECRET[:size], cut=True)

    assert masked.endswith(MASK)
    assert before.startswith(masked.removesuffix(MASK))


@given(st.lists(st.sampled_from(["x", "0123", SECRET]), max_size=6))
def test_a_long_secret_is_masked_wherever_it_stands(parts: list[str]) -> None:
    assert SECRET not in Masking([SECRET]).mask("-".join(parts))


COSTLY: dict[str, Callable[[], object]] = {
    "a cookie without a value, as long as a head may be": lambda: list(header_secrets("Set-Cookie", "a" * 250_000)),
    "a cookie whose name goes on and on": lambda: masked_header("cookie", "x=1;" + "a" * 250_000),
    "a secret that repeats itself, in a text that does": lambda: Masking(["a" * 8000]).mask("a" * 65_536, cut=True),
    "a secret as long as a body, that a cut text nearly begins": lambda: Masking(["a" * 60_000 + "b"]).mask(
        "a" * 65_535 + "c", cut=True
    ),
}


@pytest.mark.parametrize("work", COSTLY.values(), ids=COSTLY)
def test_what_a_receiver_sends_costs_little(work: Callable[[], object]) -> None:
    began = time.process_time()
    work()
    assert time.process_time() - began < 1  # each took seconds, the first minutes
