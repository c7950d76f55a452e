"""A burst to a receiver that is busy arrives in time and with few requests, whatever way it counts."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from random import Random

import pytest
from tests.dispatcher.delivery.receiver_limits import (
    Bucket,
    Changing,
    FixedWindows,
    Limit,
    Shut,
    SlidingWindow,
    Unlimited,
)
from tests.dispatcher.delivery.simulated_burst import RETRY_AFTER, simulate

from tocsin_dispatcher.delivery.learnt_pace import Pace
from tocsin_schema.messages.delivery_policy import LONGEST_HOLD

MOST_REQUESTS = 1.5
"""Requests a message."""
LIMITS: dict[str, Callable[[float, float], Limit]] = {
    "fixed windows": FixedWindows,
    "a sliding window": lambda rate, phase: SlidingWindow(rate),
    "a bucket": lambda rate, phase: Bucket(rate),
}
RATES = (1, 2, 5, 10, 20, 50, 100)


def allowed(messages: int, rate: float) -> float:
    """Seconds within which all are to have arrived."""
    return 1.25 * messages / rate + 5


def seeds(text: str) -> Random:
    """Return numbers that are the same in every run of a test, and others in another test."""
    return Random(text)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("retry_after", RETRY_AFTER)
@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("limit", LIMITS)
def test_a_burst_arrives_in_time(limit: str, rate: int, retry_after: str, workers: int) -> None:
    random = seeds(f"{limit} {rate} {retry_after} {workers}")
    for messages, latency in ((60, 0.005), (60, 0.05), (60, 0.3), (300, random.choice((0.005, 0.05, 0.3)))):
        burst = simulate(
            LIMITS[limit](rate, random.random()),
            messages,
            retry_after=RETRY_AFTER[retry_after],
            latency=latency,
            workers=workers,
            seed=random.randrange(1000),
        )
        assert burst.last <= allowed(messages, rate), (messages, latency)
        assert len(burst.requests) <= MOST_REQUESTS * messages, (messages, latency)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("limit", LIMITS)
def test_so_does_a_great_one(limit: str, rate: int) -> None:
    random = seeds(f"{limit} {rate}")
    burst = simulate(
        LIMITS[limit](rate, random.random()),
        2000,
        retry_after=RETRY_AFTER[random.choice(("one second", "none"))],
        latency=random.choice((0.005, 0.05, 0.3)),
        workers=2,
        seed=random.randrange(1000),
    )
    assert burst.last <= allowed(2000, rate)
    assert len(burst.requests) <= 1.1 * 2000


@pytest.mark.parametrize("rate", [3, 7, 13, 25, 33, 40, 70, 200])
@pytest.mark.parametrize("limit", LIMITS)
def test_and_one_at_any_rate_between(limit: str, rate: int) -> None:
    random = seeds(f"{limit} {rate}")
    for messages, most in ((60, MOST_REQUESTS), (500, 1.3)):
        burst = simulate(LIMITS[limit](rate, random.random()), messages, workers=2, seed=random.randrange(1000))
        assert burst.last <= allowed(messages, rate), messages
        assert len(burst.requests) <= most * messages, messages


@pytest.mark.parametrize("phase", [0, 20, 40, 59])
def test_one_that_takes_sixty_a_minute_and_says_for_how_long_is_sent_sixty_a_minute(phase: int) -> None:
    burst = simulate(FixedWindows(1, phase, 60), 600, retry_after=RETRY_AFTER["rounded up"], workers=2)
    assert burst.last <= 9 * 60 + 10
    assert len(burst.requests) <= 1.2 * 600


@pytest.mark.parametrize("retry_after", ["none", "one second"])
@pytest.mark.parametrize("phase", [0, 20, 40, 59])
def test_so_is_one_that_does_not_say(phase: int, retry_after: str) -> None:
    burst = simulate(FixedWindows(1, phase, 60), 600, retry_after=RETRY_AFTER[retry_after], workers=2)
    assert burst.last <= allowed(600, 1)
    assert len(burst.requests) <= 1.2 * 600


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("rate", [2, 10, 50])
def test_one_that_takes_half_from_a_moment_on_is_soon_sent_half(rate: int, workers: int) -> None:
    limit = Changing(FixedWindows(rate, 0.3), FixedWindows(rate / 2, 0.4), 20)
    burst = simulate(limit, 60 * rate, workers=workers)
    assert burst.last <= 20 + allowed(40 * rate, rate / 2)
    assert len(burst.requests) <= 1.1 * 60 * rate


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("rate", [2, 10, 50])
def test_one_that_takes_twice_as_much_is_sent_it_within_a_minute(rate: int, workers: int) -> None:
    limit = Changing(FixedWindows(rate, 0.3), FixedWindows(2 * rate, 0.4), 20)
    burst = simulate(limit, 140 * rate, workers=workers)
    assert burst.last <= 20 + 60 + allowed(60 * rate, 2 * rate)


def test_one_that_takes_twice_as_much_after_hours_of_the_same_is_sent_it_within_six_minutes() -> None:
    limit = Changing(FixedWindows(2, 0.3), FixedWindows(4, 0.4), 600)
    burst = simulate(limit, 3600, workers=2)
    sixth = [each for each in burst.deliveries if 960 <= each < 1080]
    assert len(sixth) / 120 > 3.2


@pytest.mark.parametrize("latency", [0.005, 0.05, 0.3])
def test_one_that_is_never_busy_is_sent_fifty_at_once_and_nothing_is_learnt(latency: float) -> None:
    burst = simulate(Unlimited(), 2000, latency=latency)
    assert burst.pace == Pace()
    assert burst.last <= (2000 / 50 + 8) * (1.3 * latency + 0.02)


@pytest.mark.parametrize("retry_after", ["one second", "none"])
def test_one_that_refuses_for_ever_is_asked_once_a_minute_in_the_end(retry_after: str) -> None:
    burst = simulate(Shut(), 60, retry_after=RETRY_AFTER[retry_after], workers=2, until=7200)
    assert burst.deliveries == []
    assert len([each for each in burst.requests if each < 120]) <= 20
    assert min(gaps(burst.requests[20:])) >= LONGEST_HOLD.total_seconds()


@pytest.mark.parametrize("retry_after", ["one second", "none"])
@pytest.mark.parametrize("seconds", [30, 300])
def test_one_that_refused_all_at_first_gets_all_that_waits_once_it_takes_it(seconds: float, retry_after: str) -> None:
    limit = Changing(Shut(), FixedWindows(100), seconds)
    burst = simulate(limit, 2000, retry_after=RETRY_AFTER[retry_after], workers=2)
    assert burst.deliveries[0] <= seconds + 61
    assert burst.last <= burst.deliveries[0] + 20 + allowed(2000, 100)
    assert len(burst.requests) <= 1.1 * 2000


@pytest.mark.parametrize("retry_after", ["one second", "none"])
@pytest.mark.parametrize("seconds", [30, 300])
def test_one_that_refused_all_in_the_middle_is_back_at_its_pace_soon(seconds: float, retry_after: str) -> None:
    limit = Changing(Changing(FixedWindows(100), Shut(), 10), FixedWindows(100), 10 + seconds)
    burst = simulate(limit, 2000, retry_after=RETRY_AFTER[retry_after], workers=2)
    first = next(each for each in burst.deliveries if each >= 10 + seconds)
    assert first <= 10 + seconds + 61
    assert burst.last <= first + 120
    assert len(burst.requests) <= 1.1 * 2000


@pytest.mark.parametrize("workers", [1, 2])
def test_a_fast_receiver_costs_no_more_than_a_few_transactions_a_second(workers: int) -> None:
    burst = simulate(FixedWindows(500), 10_000, latency=0.02, workers=workers)
    assert burst.transactions / burst.last <= 60 * workers
    assert burst.last <= allowed(10_000, 500)


@pytest.mark.parametrize("rate", [1, 10, 50])
def test_where_what_others_delivered_is_not_known_it_takes_longer_and_no_more_requests(rate: int) -> None:
    burst = simulate(FixedWindows(rate, 0.7), 2000, workers=2, count_recent=False)
    assert burst.last <= allowed(2000, rate) + 40
    assert len(burst.requests) <= 1.1 * 2000


def gaps(times: Sequence[float]) -> list[float]:
    return [later - earlier for earlier, later in pairwise(times)]


def test_the_simulated_receivers_take_what_they_say() -> None:
    for name, limit in LIMITS.items():
        one = limit(10, 0.5)
        taken = sum(one.takes(number / 1000) for number in range(10_000))
        assert 99 <= taken <= 110, (name, taken)
