"""What a receiver that is busy takes is learnt, and kept to."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.dispatcher.delivery.simulated_burst import START

from tocsin_dispatcher.delivery.learnt_pace import (
    BATCH,
    LATE,
    SLOWEST,
    Pace,
    answered,
    claimed,
    first_claims,
    held,
    next_at,
    released,
    room,
)
from tocsin_schema.messages.delivery_policy import LONGEST_HOLD

NOTHING = Pace()
SECOND = timedelta(seconds=1)


def after(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def refused(delivered: int = 4, asked: timedelta | None = None) -> Pace:
    """The pace after a first refusal, where so many were delivered within the second before."""
    return answered(NOTHING, delivered, [asked], START)


def test_nothing_is_limited_before_a_receiver_refuses() -> None:
    pace = answered(NOTHING, 100, [], START)
    assert pace is NOTHING, "it need not be written"
    assert room(pace, START) is None
    assert next_at(pace, START) is None
    assert claimed(pace, 50, START) is pace


def test_a_refusal_without_a_wait_holds_for_a_second() -> None:
    pace = refused()
    assert pace.held_until == START + SECOND
    assert room(pace, START + after(0.999)) == 0
    assert next_at(pace, START) == START + SECOND
    assert room(pace, START + SECOND) == 1


@pytest.mark.parametrize("seconds", [0.25, 1, 7, 3600])
def test_a_receiver_is_left_alone_for_as_long_as_it_asks(seconds: float) -> None:
    assert refused(asked=after(seconds)).held_until == START + after(seconds)


@pytest.mark.parametrize("seconds", [0, -5])
def test_a_wait_that_is_none_counts_as_not_said(seconds: float) -> None:
    assert refused(asked=after(seconds)).held_until == START + SECOND


def test_the_longest_of_several_waits_counts() -> None:
    pace = answered(NOTHING, 1, [after(2), None, after(5), after(3)], START)
    assert pace.held_until == START + after(5)


@pytest.mark.parametrize("delivered", [1, 4, 60])
def test_the_first_ceiling_is_what_was_taken_within_a_second(delivered: int) -> None:
    assert refused(delivered).ceiling == delivered


def test_what_was_under_way_when_it_refused_counts_for_the_ceiling_too() -> None:
    pace = answered(refused(3), 2, [], START + after(0.1))
    assert pace.ceiling == 5


def test_refusals_of_what_was_under_way_together_are_one() -> None:
    once = refused(8)
    pace = answered(once, 0, [None, after(3), None], START + after(0.2))
    assert (pace.ceiling, pace.in_a_row) == (once.ceiling, once.in_a_row)
    assert pace.held_until == START + after(3.2)


def test_after_a_refusal_the_pace_is_half_and_soon_just_below_the_ceiling() -> None:
    now = START + SECOND
    pace = claimed(refused(10), 1, now)
    assert pace.rate == pytest.approx(4.5)
    for _ in range(5):
        now += after(0.2)
        pace = claimed(pace, 1, now)
    assert pace.rate == pytest.approx(9.2, abs=0.1)


def sent_until(pace: Pace, seconds: float) -> Pace:
    """The pace after all that may be claimed was, for so many seconds of sending."""
    now = pace.held_until or START
    now = next_at(pace, now) or now
    while pace.age < seconds:
        count = room(pace, now)
        assert count
        pace = answered(claimed(pace, count, now), count, [], now)
        now = next_at(pace, now) or now
    return pace


@pytest.mark.parametrize(("seconds", "share"), [(1, 0.93), (10, 1.0), (15, 1.0125), (20, 1.1), (30, 1.8)])
def test_the_pace_creeps_to_the_ceiling_and_grows_faster_beyond(seconds: float, share: float) -> None:
    assert sent_until(refused(20), seconds).rate == pytest.approx(20 * share, rel=0.02)


def test_a_pace_that_nobody_refuses_becomes_no_limit() -> None:
    pace, now = refused(20), START + SECOND
    for _ in range(10_000):
        count = room(pace, now)
        if count is None:
            break
        pace = claimed(pace, count, now)
        now = next_at(pace, now) or now
    assert pace == NOTHING
    assert now < START + timedelta(minutes=10)


def test_a_pace_that_is_not_used_does_not_grow() -> None:
    pace = claimed(refused(20), 1, START + SECOND)
    assert claimed(pace, 1, START + timedelta(minutes=30)).age < 2


def test_an_hour_without_a_refusal_all_is_forgotten() -> None:
    pace = refused(2, asked=after(600))
    over = START + after(600) + timedelta(hours=1)
    assert room(pace, over) == 1
    assert room(pace, over + SECOND) is None
    assert answered(pace, 1, [], over + SECOND) == NOTHING


def test_a_ceiling_that_is_met_again_is_tried_less_often() -> None:
    pace = sent_until(refused(20), 10)
    creeps = []
    for _ in range(5):
        now = pace.claimed_at or START
        pace = answered(pace, 1, [None], now)
        creeps.append(pace.creep)
        pace = sent_until(pace, pace.creep)
    assert creeps == [20, 40, 80, 120, 120]


def test_a_pace_that_is_refused_at_once_is_lowered_and_one_that_was_kept_for_long_is_the_ceiling() -> None:
    early, late = sent_until(refused(20), 1), sent_until(refused(20), 12)
    assert answered(early, 1, [None], early.claimed_at or START).ceiling == pytest.approx(
        0.91 * (early.rate or 0), rel=0.001
    )
    assert answered(late, 1, [None], late.claimed_at or START).ceiling == late.rate


def shut(pace: Pace, asked: timedelta | None, refusals: int) -> list[Pace]:
    """The paces of a receiver that refuses whatever is sent."""
    paces = []
    for _ in range(refusals):
        now = pace.held_until or START
        pace = claimed(pace, 1, now)
        pace = answered(pace, 0, [asked], now + after(0.05))
        paces.append(pace)
    return paces


@pytest.mark.parametrize("asked", [None, SECOND])
def test_refusals_in_a_row_hold_ever_longer_up_to_a_minute(asked: timedelta | None) -> None:
    paces = shut(refused(10, asked), asked, 12)
    holds = [(each.held_until or START) - (each.refused_at or START) for each in paces]
    assert holds[1:] == [after(n) for n in (4, 8, 16, 32, 60, 60, 60, 60, 60, 60, 60)]
    assert holds[0] == (after(2) if asked is None else asked)


def test_refusals_in_a_row_halve_the_pace_each() -> None:
    ceilings = [each.ceiling or 0 for each in shut(refused(10), None, 15)]
    assert all(later <= earlier / 2 or later == SLOWEST for earlier, later in pairwise(ceilings))
    assert ceilings[-1] == SLOWEST


def test_a_longer_wait_counts_however_often_it_refuses() -> None:
    pace = shut(refused(10), after(900), 8)[-1]
    assert (pace.held_until or START) - (pace.refused_at or START) == after(900)


def test_a_receiver_that_refuses_in_a_row_is_tried_with_one_request_at_a_time() -> None:
    pace = shut(refused(50), None, 2)[-1]
    now = pace.held_until or START
    assert room(pace, now) == 1
    assert room(claimed(pace, 1, now), now) == 0


def test_once_it_takes_something_again_what_it_took_in_all_that_time_is_the_ceiling() -> None:
    pace = sent_until(refused(10), 6)
    taken = pace.taken
    pace = shut(answered(pace, 0, [None], pace.claimed_at or START), None, 6)[-1]
    now = pace.held_until or START
    pace = answered(claimed(pace, 1, now), 1, [], now)
    assert pace.ceiling == pytest.approx(taken / (now - START - SECOND).total_seconds())
    assert pace.in_a_row == 0


def test_a_receiver_that_never_took_anything_is_tried_faster_and_faster_once_it_does() -> None:
    pace = shut(refused(0), None, 6)[-1]
    now = pace.held_until or START
    pace = sent_until(answered(claimed(pace, 1, now), 1, [], now), 10)
    assert (pace.rate or 0) > 50


def test_one_that_says_that_none_is_left_is_held_and_learns_nothing() -> None:
    pace = held(NOTHING, START + after(5))
    assert room(pace, START + after(4.9)) == 0
    assert room(pace, START + after(5)) is None
    assert held(pace, START + SECOND) == pace, "the longer one counts"


def test_a_released_one_goes_on_at_its_pace() -> None:
    pace = released(refused(10, asked=after(600)))
    assert room(pace, START) == 1
    assert next_at(pace, START) is None
    assert pace.ceiling == 10


def test_a_clock_that_was_set_back_begins_anew() -> None:
    pace = claimed(refused(10), 1, START + SECOND)
    assert room(pace, START - timedelta(hours=1)) is None
    assert room(pace, START + SECOND - after(1)) == 0, "the clocks of two machines differ by a little"


@pytest.mark.parametrize(("delivered", "most"), [(0, 5), (1, 5), (2, 6), (10, 10), (50, 30), (90, 50), (10_000, 50)])
def test_a_process_begins_with_a_few_and_has_half_of_what_was_delivered_under_way_besides(
    delivered: int, most: int
) -> None:
    assert first_claims(delivered) == most


def test_a_fast_receiver_gets_fifty_at_once_after_six_round_trips() -> None:
    delivered = 0
    for _ in range(6):
        delivered += first_claims(delivered)
    assert first_claims(delivered) == 50


Turn = tuple[float, int, list[timedelta | None], int]
waits = st.none() | st.timedeltas(-SECOND, timedelta(hours=24))
turns: st.SearchStrategy[list[Turn]] = st.lists(
    st.tuples(st.floats(0, 600), st.integers(0, 500), st.lists(waits, max_size=3), st.integers(0, 500)), max_size=40
)


@given(turns)
def test_whatever_happens_room_is_never_negative_and_a_pace_survives_being_kept(happened: list[Turn]) -> None:
    pace, now = NOTHING, START
    for passed, delivered, refusals, wanted in happened:
        now += after(passed)
        pace = answered(pace, delivered, refusals, now)
        allowed = room(pace, now)
        moment = next_at(pace, now)
        assert allowed is None or allowed >= 0
        assert (allowed == 0) == (moment is not None)
        assert moment is None or moment > now
        assert moment is None or room(pace, moment) != 0, "what is said to be free then is free then"
        pace = claimed(pace, wanted if allowed is None else min(wanted, allowed), now)
        assert Pace.from_json(pace.to_json()) == pace
        assert pace.rate is None or pace.rate >= SLOWEST * 0.4


@given(turns)
def test_every_hold_is_as_long_as_was_asked_and_else_a_minute_at_the_most(happened: list[Turn]) -> None:
    pace, now, longest = NOTHING, START, START
    for passed, delivered, refusals, wanted in happened:
        now += after(passed)
        pace = answered(pace, delivered, refusals, now)
        if refusals:
            asked = max((each for each in refusals if each is not None), default=timedelta(0))
            longest = max(longest, now + max(asked, LONGEST_HOLD))
            assert pace.held_until is not None
            assert now + asked <= pace.held_until <= longest
        pace = claimed(pace, min(wanted, room(pace, now) or 0), now)


@given(st.integers(1, 200), st.lists(st.floats(0, 0.6), min_size=5, max_size=100), st.floats(0.1, 5))
def test_within_any_time_no_more_is_claimed_than_its_pace_and_a_batch(
    ceiling: int, lateness: list[float], window: float
) -> None:
    pace = refused(ceiling)
    now, claims = START + SECOND, []
    for late in lateness:
        now = (next_at(pace, now) or now) + after(late)
        count = room(pace, now) or 0
        pace = claimed(pace, count, now)
        claims.append((now, count, pace.rate or 0))
    for begin, _, _ in claims:
        within = [each for each in claims if begin <= each[0] < begin + after(window)]
        fastest = max(rate for _, _, rate in within)
        assert sum(count for _, count, _ in within) <= fastest * (window + BATCH + LATE) + 1
