"""The machine's clock is set to another time while an incident is open: nothing is lost, nothing comes twice."""

import asyncio
from datetime import datetime, timedelta

import pytest
from demo.receiver import Receiver
from tests.dispatcher.account import alert, level, monitor, pager
from tests.dispatcher.conftest import RunningDispatcher

from tocsin_dispatcher.clock import SystemClock

HOUR = timedelta(hours=1)


async def begin(running_dispatcher: RunningDispatcher, receiver: Receiver) -> None:
    """Let an incident begin whose reminders come after 10, 20 and 30 minutes."""
    reminding = level("pager", reminders={"max": 3, "every": "10m"})
    await running_dispatcher.push(monitor(), alert(reminding), pager(receiver.url))
    await running_dispatcher.check("error")


async def pass_in_steps(running_dispatcher: RunningDispatcher, minutes: int) -> None:
    for _ in range(0, minutes, 10):
        await running_dispatcher.pass_time(minutes=10)


def types(receiver: Receiver) -> list[str]:
    return [each.json()["type"] for each in receiver.received]


def ids(receiver: Receiver) -> list[str | None]:
    return [each.header("Tocsin-Delivery-Id") for each in receiver.received]


async def test_an_hour_back_neither_repeats_a_reminder_nor_drops_one(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await begin(running_dispatcher, receiver)
    await pass_in_steps(running_dispatcher, 10)
    assert types(receiver) == ["Alert", "Reminder"]
    running_dispatcher.clock.turn(-HOUR)
    await pass_in_steps(running_dispatcher, 60)
    assert types(receiver) == ["Alert", "Reminder"]
    await pass_in_steps(running_dispatcher, 30)
    assert types(receiver) == ["Alert", *["Reminder"] * 3]
    assert len(set(ids(receiver))) == 4


async def test_an_hour_ahead_sends_what_was_passed_over_as_one_and_going_back_repeats_nothing(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await begin(running_dispatcher, receiver)
    await pass_in_steps(running_dispatcher, 10)
    running_dispatcher.clock.turn(HOUR)
    await running_dispatcher.dispatcher.wait_idle()
    assert types(receiver) == ["Alert", "Reminder", "Reminder"]
    running_dispatcher.clock.turn(-HOUR)
    await pass_in_steps(running_dispatcher, 90)
    await running_dispatcher.check("ok")
    assert types(receiver) == ["Alert", "Reminder", "Reminder", "Ok"]
    assert len(set(ids(receiver))) == 4


@pytest.mark.parametrize("move", [HOUR, -HOUR], ids=["ahead", "back"])
async def test_a_retry_comes_once_and_its_ok_behind_it(
    running_dispatcher: RunningDispatcher, receiver: Receiver, move: timedelta
) -> None:
    receiver.answer("/pager", 503)
    await running_dispatcher.push(monitor(), alert(level("pager")), pager(receiver.url))
    await running_dispatcher.check("error")
    running_dispatcher.clock.turn(move)
    await running_dispatcher.pass_time(seconds=5)
    running_dispatcher.clock.turn(-move)
    await pass_in_steps(running_dispatcher, 10)
    assert (await running_dispatcher.check("ok")).status_code == 202
    await pass_in_steps(running_dispatcher, 60)
    assert types(receiver) == ["Alert", "Alert", "Ok"]
    assert ids(receiver)[0] == ids(receiver)[1]


async def test_checks_from_an_hour_ahead_of_a_clock_set_back_are_refused_and_taken_once_it_is_right(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await begin(running_dispatcher, receiver)
    true = (running_dispatcher.clock.now() + timedelta(minutes=1)).isoformat()
    running_dispatcher.clock.turn(-HOUR)
    assert (await running_dispatcher.check("ok", time=true)).status_code == 422
    assert types(receiver) == ["Alert"]
    running_dispatcher.clock.turn(HOUR)
    assert (await running_dispatcher.check("ok", time=true)).status_code == 202
    assert types(receiver) == ["Alert", "Ok"]


async def test_who_waits_for_a_moment_looks_again_after_as_long_though_the_clock_went_back() -> None:
    class Moved(SystemClock):
        off = timedelta(0)

        def now(self) -> datetime:
            return super().now() + self.off

    clock = Moved()
    waiting = asyncio.create_task(clock.wait(asyncio.Event(), clock.now() + timedelta(seconds=0.2)))
    await asyncio.sleep(0)
    clock.off = -HOUR
    async with asyncio.timeout(10):
        await waiting
    assert waiting.done()
