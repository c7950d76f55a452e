"""No more than so many in any period."""

import asyncio
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin_dispatcher.service.rate_limits import KEYS, Guesses, RateLimit, RateLimits


@dataclass
class Monotonic:
    """A clock that only goes on."""

    seconds: float = 1000.0

    def __call__(self) -> float:
        return self.seconds


def taken(limit: RateLimit, key: str, times: int) -> int:
    return sum(limit.take(key) == 0 for _ in range(times))


def test_the_limit_is_reached_and_room_comes_back_as_the_first_ones_grow_old() -> None:
    now = Monotonic()
    limit = RateLimit(3, 60, now)
    assert taken(limit, "a", 2) == 2
    now.seconds += 20
    assert taken(limit, "a", 5) == 1
    assert limit.take("a") == 40
    now.seconds += 39.5
    assert limit.take("a") == 1
    now.seconds += 0.5
    assert taken(limit, "a", 5) == 2


def test_each_key_counts_for_itself() -> None:
    limit = RateLimit(1, 60, Monotonic())
    assert [limit.take("a"), limit.take("b"), limit.take("a"), limit.take("b")] == [0, 0, 60, 60]


def test_those_that_were_heard_of_last_are_remembered() -> None:
    limit = RateLimit(1, 60, Monotonic(), keys=2)
    for key in ("a", "b", "c"):
        limit.count(key)
    assert [limit.wait(key) for key in ("a", "b", "c")] == [0, 60, 60]


@given(st.lists(st.floats(0, 30), max_size=200), st.integers(1, 10))
def test_in_no_period_are_there_more_than_the_limit(gaps: list[float], limit: int) -> None:
    now, done = Monotonic(), []
    limited = RateLimit(limit, 10, now)
    for gap in gaps:
        now.seconds += gap
        if not limited.take("a"):
            done.append(now.seconds)
    assert all(later - earlier >= 10 for earlier, later in zip(done, done[limit:], strict=False))


@given(st.lists(st.floats(0, 30), max_size=200), st.integers(1, 10))
def test_who_waits_as_long_as_is_asked_is_let_in(gaps: list[float], limit: int) -> None:
    now = Monotonic()
    limited = RateLimit(limit, 10, now)
    for gap in gaps:
        now.seconds += gap
        now.seconds += limited.wait("a")
        assert limited.take("a") == 0


@pytest.mark.parametrize("others", [1, KEYS - 1])
def test_a_token_is_known_until_many_others_came(others: int) -> None:
    limits = RateLimits(None)
    limits.remember("mine")
    for number in range(others):
        limits.remember(str(number))
    assert limits.knows("mine")
    limits.remember("one more")
    assert limits.knows("mine") == (others < KEYS - 1)


async def test_a_look_up_that_fails_makes_room_for_the_next() -> None:
    guesses, began = Guesses(RateLimit(1, 60, Monotonic())), asyncio.Event()

    async def fail() -> None:
        assert await guesses.wait("a") == 0
        with guesses.under_way("a"):
            began.set()
            await asyncio.sleep(0)
            raise TimeoutError

    failing = asyncio.create_task(fail())
    await began.wait()
    assert await guesses.wait("b") == 0
    assert await guesses.wait("a") == 0  # once the other has ended
    with pytest.raises(TimeoutError):
        await failing
