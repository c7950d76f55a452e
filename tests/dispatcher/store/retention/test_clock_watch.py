"""What is believed of a clock that leaps, is set back, or whose process was stopped."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.dispatcher.fake_clock import START, FakeClock

from tocsin_dispatcher.clock import SystemClock
from tocsin_dispatcher.store.database.database import Database
from tocsin_dispatcher.store.retention.clock_watch import (
    BEHIND,
    DRIFT,
    LEAP,
    LONGEST_STOP,
    ClockWatch,
    PurgeSoFar,
    believe,
    believed,
    keep_purge,
    purge_so_far,
)

DAY, YEAR = timedelta(days=1), timedelta(days=400)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Yield an open database with empty tables."""
    opened = Database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
def clock() -> FakeClock:
    """Return a clock that tests move."""
    return FakeClock()


async def look(watch: ClockWatch, database: Database) -> datetime:
    async with database.write() as connection:
        return await watch.look(connection)


async def test_a_clock_that_goes_as_time_does_is_believed(clock: FakeClock, database: Database) -> None:
    watch = ClockWatch(clock)
    assert watch.trusted() == START
    for _ in range(3):
        clock.advance(days=100)
        assert await look(watch, database) == watch.trusted() == clock.now()
    assert watch.ahead == timedelta(0)


async def test_a_leap_ahead_is_not_believed_nor_after_a_restart(clock: FakeClock, database: Database) -> None:
    watch = ClockWatch(clock)
    await look(watch, database)
    clock.turn(YEAR)
    assert watch.trusted() == START
    clock.advance(minutes=1)
    assert await look(watch, database) == START + timedelta(minutes=1)
    assert watch.ahead == YEAR
    again = ClockWatch(clock)
    assert await look(again, database) == START + timedelta(minutes=1)
    clock.advance(days=2)
    assert await look(again, database) == again.trusted() == START + timedelta(days=2, minutes=1)
    assert again.ahead == YEAR


async def test_once_the_clock_is_right_again_it_is_believed_again(clock: FakeClock, database: Database) -> None:
    watch = ClockWatch(clock)
    await look(watch, database)
    clock.turn(YEAR)
    await look(watch, database)
    clock.turn(-YEAR)
    clock.advance(minutes=1)
    assert await look(watch, database) == clock.now()
    assert watch.ahead == timedelta(0)


async def test_a_stop_of_a_day_is_believed_and_a_longer_one_waits_for_a_person(
    clock: FakeClock, database: Database
) -> None:
    await look(ClockWatch(clock), database)
    clock.advance(seconds=LONGEST_STOP.total_seconds())
    assert await look(ClockWatch(clock), database) == clock.now()
    before = clock.now()
    clock.advance(seconds=LONGEST_STOP.total_seconds() + 1)
    async with database.read() as connection:
        assert await believed(connection, clock.now()) == before
    assert await look(ClockWatch(clock), database) == before
    async with database.write() as connection:
        await believe(connection, clock.now())
    assert await look(ClockWatch(clock), database) == clock.now()


async def test_a_person_s_word_counts_in_a_process_that_runs(clock: FakeClock, database: Database) -> None:
    watch = ClockWatch(clock)
    await look(watch, database)
    clock.turn(YEAR)
    await look(watch, database)
    async with database.write() as connection:
        await believe(connection, clock.now())
    assert await look(watch, database) == clock.now()


async def test_a_clock_that_starts_behind_is_not_believed_to_be_later_than_it_says(
    clock: FakeClock, database: Database
) -> None:
    await look(ClockWatch(clock), database)
    clock.turn(-YEAR)  # no battery: until the network tells the time
    watch = ClockWatch(clock)
    assert await look(watch, database) == clock.now()
    clock.advance(minutes=1)
    clock.turn(YEAR)
    assert await look(watch, database) == clock.now()
    assert watch.ahead == timedelta(0)


async def test_what_was_believed_of_a_wrong_clock_is_given_up_once_it_has_been_right_for_a_day(
    clock: FakeClock, database: Database
) -> None:
    clock.turn(YEAR)
    watch = ClockWatch(clock)
    await look(watch, database)
    clock.turn(-YEAR)
    for _ in range(25):
        clock.advance(hours=1)
        assert await look(watch, database) == clock.now()
    clock.turn(YEAR)
    assert await look(watch, database) == clock.now() - YEAR
    assert BEHIND == DAY


async def test_of_two_processes_the_one_whose_clock_leapt_believes_the_other(
    clock: FakeClock, database: Database
) -> None:
    wrong = FakeClock()
    one, other = ClockWatch(clock), ClockWatch(wrong)
    for each in (one, other):
        await look(each, database)
    wrong.turn(YEAR)
    for _ in range(10):
        for moved, watch in ((clock, one), (wrong, other)):
            moved.advance(minutes=1)
            assert await look(watch, database) == clock.now()


async def test_a_clock_that_goes_too_fast_is_not_believed_however_often_one_looks(
    clock: FakeClock, database: Database
) -> None:
    watch = ClockWatch(clock)
    await look(watch, database)
    for _ in range(60):
        clock.advance(minutes=1)
        clock.turn(timedelta(minutes=59))
        await look(watch, database)
    assert clock.now() == START + timedelta(hours=60)
    assert watch.trusted() <= START + timedelta(minutes=61) + LEAP


async def test_purges_so_far_are_kept_and_never_go_back(clock: FakeClock, database: Database) -> None:
    async with database.write() as connection:
        assert await purge_so_far(connection) == PurgeSoFar()
        await keep_purge(connection, START, START - DAY)
        await keep_purge(connection, START + DAY, START - 2 * DAY)
        assert await purge_so_far(connection) == PurgeSoFar(START + DAY, START - DAY)


moves = st.lists(
    st.tuples(
        st.sampled_from(["pass", "turn"]), st.timedeltas(min_value=timedelta(days=-500), max_value=timedelta(days=500))
    ),
    max_size=20,
)


@given(moves)
def test_whatever_is_done_to_the_clock_what_is_believed_goes_no_faster_than_time(
    steps: list[tuple[str, timedelta]],
) -> None:
    clock = FakeClock()
    watch = ClockWatch(clock, _believed=START, _anchor=(START, clock.monotonic()))
    passed = timedelta(0)
    for kind, by in steps:
        if kind == "pass":
            passed += abs(by)
            clock.advance(seconds=abs(by).total_seconds())
        else:
            clock.turn(by)
        assert watch.trusted() <= min(clock.now(), START + passed * (1 + DRIFT) + LEAP)


def test_the_machine_s_monotonic_clock_goes_on() -> None:
    clock = SystemClock()
    assert clock.monotonic() <= clock.monotonic()
