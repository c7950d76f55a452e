"""Retries come by a schedule, a receiver's wish, and a limit to both."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin_dispatcher.delivery.retry_schedule import DEFAULT_SCHEDULE, next_attempt, retry_after

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("attempt", "seconds"), [(1, 5), (2, 300), (3, 1800), (4, 7200), (5, 18000), (6, 36000), (7, 36000)]
)
def test_each_wait_is_that_of_the_schedule_give_or_take_a_fifth(attempt: int, seconds: int) -> None:
    random = Random(7)
    waits = [(next_attempt(attempt, NOW, None, random) or NOW) - NOW for _ in range(200)]
    assert timedelta(seconds=seconds * 0.8) <= min(waits) < timedelta(seconds=seconds * 0.85)
    assert timedelta(seconds=seconds * 1.15) < max(waits) <= timedelta(seconds=seconds * 1.2)


def test_after_the_eighth_attempt_there_is_none() -> None:
    assert DEFAULT_SCHEDULE.attempts == 8
    assert next_attempt(8, NOW, timedelta(seconds=1), Random(1)) is None


def test_the_attempts_span_about_27_hours() -> None:
    assert timedelta(hours=27) < sum(DEFAULT_SCHEDULE.waits, timedelta()) < timedelta(hours=28)


def test_a_receiver_that_asks_for_longer_gets_it() -> None:
    assert next_attempt(1, NOW, timedelta(hours=1), Random(1)) == NOW + timedelta(hours=1)


def test_a_receiver_that_asks_for_less_waits_for_the_schedule() -> None:
    later = next_attempt(4, NOW, timedelta(seconds=1), Random(1))
    assert later is not None
    assert later > NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("120", timedelta(seconds=120)),
        (" 0 ", timedelta(0)),
        ("Sun, 01 Mar 2026 12:02:00 GMT", timedelta(minutes=2)),
        ("Sun, 01 Mar 2026 11:00:00 GMT", timedelta(0)),
        ("Sunday, 01-Mar-26 12:02:00 GMT", timedelta(minutes=2)),
        ("999999999999", timedelta(hours=24)),
        ("Fri, 01 Jan 2999 00:00:00 GMT", timedelta(hours=24)),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("Sun, 99 Mar 2026 12:02:00 GMT", None),
    ],
)
def test_retry_after_holds_seconds_or_a_date_and_never_more_than_a_day(value: str, expected: timedelta | None) -> None:
    assert retry_after([("Date", "x"), ("RETRY-After", value)], NOW) == expected


def test_no_retry_after_asks_for_nothing() -> None:
    assert retry_after([], NOW) is None


@given(st.text())
def test_a_retry_after_of_any_text_is_harmless(value: str) -> None:
    asked = retry_after([("Retry-After", value)], NOW)
    assert asked is None or timedelta(0) <= asked <= timedelta(hours=24)


def test_the_operators_page_says_the_waits_that_there_are() -> None:
    page = (Path(__file__).parents[3] / "docs" / "operations.md").read_text("utf-8")
    said = page.partition("| tried again | ")[2].partition(" later,")[0].replace(" and ", ", ").split(", ")
    units = {"s": "seconds", "min": "minutes", "h": "hours"}
    waits = [timedelta(**{units[unit]: int(count)}) for count, unit in (each.split() for each in said)]
    assert tuple(waits) == DEFAULT_SCHEDULE.waits
