"""What a dispatcher does after an attempt: its laws, and the words for them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin_schema.messages.delivery_policy import (
    LONGEST_HOLD,
    again_after,
    gives_up,
    hold_after,
    probe_after,
    what_follows,
)
from tocsin_schema.messages.outcomes import OUTCOME_KINDS, OutcomeKind
from tocsin_schema.messages.steps import Outcome, Then

WAITS = st.timedeltas(timedelta(0), timedelta(hours=24))


@pytest.mark.parametrize(
    ("kind", "seconds"),
    [("delivered", 0), ("busy", 0), ("down", 5), ("locked_out", 5), ("refused", 60), ("unclear", 0)],
)
def test_a_message_waits_as_its_outcome_says(kind: OutcomeKind, seconds: float) -> None:
    assert again_after(kind) == timedelta(seconds=seconds)


def test_a_message_is_given_up_where_nobody_knows_what_came_of_it_or_at_its_second_refusal() -> None:
    assert {kind for kind in OUTCOME_KINDS if gives_up(kind, 0)} == {"unclear"}
    assert [gives_up("refused", refusals) for refusals in (1, 2, 3)] == [False, True, True]
    assert gives_up("down", 2)


def test_an_open_circuit_breaker_tries_less_and_less_often_down_to_what_its_integration_says() -> None:
    every = [probe_after(probes, timedelta(seconds=30)).total_seconds() for probes in range(5)]
    assert every == [5, 10, 20, 30, 30]
    seldom = [probe_after(probes, timedelta(minutes=15)).total_seconds() for probes in range(9)]
    assert seldom == [5, 10, 20, 40, 80, 160, 320, 640, 900]


@given(st.integers(0, 10_000), st.timedeltas(timedelta(seconds=10), timedelta(minutes=15)))
def test_no_probe_waits_longer_than_asked_or_less_than_the_one_before(probes: int, every: timedelta) -> None:
    assert timedelta(seconds=5) <= probe_after(probes, every) <= probe_after(probes + 1, every) <= every


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        (None, [1, 2, 4, 8, 16, 32, 60, 60]),
        (0, [1, 2, 4, 8, 16, 32, 60, 60]),
        (-5, [1, 2, 4, 8, 16, 32, 60, 60]),
        (7, [7, 7, 7, 8, 16, 32, 60, 60]),
    ],
)
def test_who_is_busy_again_and_again_is_left_alone_for_longer(asked: float | None, seconds: list[float]) -> None:
    wait = None if asked is None else timedelta(seconds=asked)
    assert [hold_after(wait, number).total_seconds() for number in range(1, 9)] == seconds


@given(WAITS, st.integers(1, 10_000))
def test_no_hold_is_shorter_than_asked_and_none_longer_than_that_or_a_minute(asked: timedelta, in_a_row: int) -> None:
    assert asked <= hold_after(asked, in_a_row) <= max(asked, LONGEST_HOLD)


SEVEN = timedelta(seconds=7)


@pytest.mark.parametrize(
    ("kind", "hold", "then", "words"),
    [
        ("delivered", None, "next", ""),
        (
            "delivered",
            SEVEN,
            "next",
            "the integration is held for 7s, until when nothing is left",
        ),
        ("busy", SEVEN, "stop", "a dispatcher holds the integration for 7s; no attempt is lost"),
        (
            "busy",
            None,
            "stop",
            "a dispatcher holds the integration for 1s, and longer where it is busy again; no attempt is lost",
        ),
        (
            "down",
            None,
            "stop",
            "a dispatcher tries again after 5s; 3 such attempts in a row open its circuit breaker",
        ),
        (
            "locked_out",
            None,
            "stop",
            "a person has to act; a dispatcher tries again after 5s, as where a receiver is down",
        ),
        ("refused", None, "stop", "a dispatcher tries once more after 1m, then gives the message up"),
        (
            "refused",
            SEVEN,
            "stop",
            "a dispatcher tries once more after 1m, then gives the message up;"
            " the integration is held for 7s, until when nothing is left",
        ),
        (
            "unclear",
            None,
            "stop",
            "a dispatcher gives the message up and sends it no more by itself: the receiver did as it was asked",
        ),
        ("down", None, "retry", "the step's `retry` tries it again"),
        ("refused", None, "continue", "the step may fail: the message goes on, with a remark"),
        (
            "locked_out",
            None,
            "renew",
            "the message begins again at the step that captured what is no longer taken",
        ),
    ],
)
def test_what_follows_is_said(kind: OutcomeKind, hold: timedelta | None, then: Then, words: str) -> None:
    assert what_follows(kind, hold, then) == words


@pytest.mark.parametrize("kind", [kind for kind in OUTCOME_KINDS if kind != "delivered"])
def test_something_follows_whatever_fails(kind: OutcomeKind) -> None:
    assert not Outcome(kind=kind).succeeded
    assert what_follows(kind, None, "stop")
