"""The clock leaps by more than a year: nothing is forgotten or given up by it, and once it is right all goes on."""

from datetime import timedelta
from typing import Any

import pytest
from demo.receiver import Answer, Receiver
from sqlalchemy import func, select
from structlog.testing import capture_logs
from tests.dispatcher.account import alert, level, monitor, pager
from tests.dispatcher.conftest import DispatcherFactory, RunningDispatcher

from tocsin_dispatcher.store.database.tables import alert as alerts
from tocsin_dispatcher.store.database.tables import attempt, check_seen, delivery, incident
from tocsin_dispatcher.store.tokens import create_token

LEAP = timedelta(days=400)


async def sync(running: RunningDispatcher, receiver: Receiver, **more: Any) -> None:
    pushed = await running.push(monitor(), monitor("shop-cart"), alert(level("pager")), pager(receiver.url, **more))
    assert pushed.status_code == 200, pushed.text


async def counts(running: RunningDispatcher) -> dict[str, int]:
    async with running.dispatcher.database.read() as connection:
        return {
            table.name: await connection.scalar(select(func.count()).select_from(table)) or 0
            for table in (incident, alerts, delivery, attempt, check_seen)
        }


async def leap(running: RunningDispatcher, by: timedelta) -> None:
    """Set the clock, and let everything that a dispatcher does by itself happen once more."""
    running.clock.turn(by)
    await running.dispatcher.wait_idle()
    for task in (running.dispatcher.sweeper, *running.dispatcher.others):
        task.trigger()
    await running.dispatcher.wait_idle()


async def test_neither_history_nor_ids_of_checks_are_forgotten_nor_after_a_restart(
    dispatchers: DispatcherFactory, receiver: Receiver
) -> None:
    async with dispatchers.open() as running:
        await sync(running, receiver)
        await running.check("error")
        await running.check("ok")
        before = await counts(running)
        await leap(running, LEAP)
        await running.pass_time(hours=25)
        assert await counts(running) == before
    async with dispatchers.open() as running:
        await running.pass_time(days=2)
        assert await counts(running) == before
        await leap(running, -LEAP)
        assert await counts(running) == before
        await running.pass_time(days=91)
        assert (await counts(running))["incident"] == 0


async def test_it_is_told_in_the_log_and_by_a_metric(running_dispatcher: RunningDispatcher, receiver: Receiver) -> None:
    await sync(running_dispatcher, receiver)
    with capture_logs() as logs:
        await leap(running_dispatcher, LEAP)
        await leap(running_dispatcher, timedelta(0))
    (told,) = [each for each in logs if "the clock leapt ahead" in each["event"]]
    assert told["log_level"] == "error"
    assert (told["clock"][:10], told["believed"][:10]) == ("2027-04-06", "2026-03-02")
    text = (await running_dispatcher.client.get("/metrics")).text
    assert f"tocsin_clock_ahead_seconds {LEAP.total_seconds()}" in text.replace("3.456e+07", "34560000.0")
    with capture_logs() as logs:
        await leap(running_dispatcher, -LEAP)
    assert "the clock was set back" in [each["event"] for each in logs]
    assert "tocsin_clock_ahead_seconds 0.0" in (await running_dispatcher.client.get("/metrics")).text


@pytest.mark.parametrize("status", [503, 401])
async def test_what_waits_is_not_given_up_and_comes_once_its_receiver_is_back(
    running_dispatcher: RunningDispatcher, receiver: Receiver, status: int
) -> None:
    receiving = {"status": status}
    receiver.respond("/pager", lambda request: Answer(receiving["status"]))
    await sync(running_dispatcher, receiver)
    await running_dispatcher.check("error")
    await leap(running_dispatcher, LEAP)
    await running_dispatcher.pass_time(minutes=1)
    assert await running_dispatcher.states() == [("pager", "error", "pending")]
    receiving["status"] = 200
    await running_dispatcher.pass_time(minutes=1)
    assert await running_dispatcher.states() == [("pager", "error", "delivered")]


async def test_what_waits_grows_old_by_the_time_that_passes(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    receiver.respond("/pager", lambda request: Answer(503))
    await sync(running_dispatcher, receiver, give_up_after="1h")
    await running_dispatcher.check("error")
    await leap(running_dispatcher, LEAP)
    await running_dispatcher.check("error", "shop-cart", time=(running_dispatcher.clock.now() - LEAP).isoformat())
    for _ in range(2):
        assert [each[2] for each in await running_dispatcher.states()] == ["pending", "pending"]
        await running_dispatcher.pass_time(minutes=29)
    await running_dispatcher.pass_time(minutes=5)
    assert [each[2] for each in await running_dispatcher.states()] == ["failed", "failed"]


async def test_what_was_put_off_by_a_clock_that_was_ahead_comes_once_it_is_right(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    receiving = {"status": 503}
    receiver.respond("/pager", lambda request: Answer(receiving["status"]))
    await sync(running_dispatcher, receiver)
    running_dispatcher.clock.turn(LEAP)
    await running_dispatcher.check("error")
    for _ in range(5):
        await running_dispatcher.pass_time(seconds=10)
    receiving["status"] = 200
    running_dispatcher.clock.turn(-LEAP)
    await running_dispatcher.pass_time(minutes=2)
    assert await running_dispatcher.states() == [("pager", "error", "delivered")]


async def test_a_receiver_that_was_busy_while_the_clock_was_ahead_is_asked_once_it_is_right(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    receiver.respond("/pager", lambda request: Answer(429, headers=(("Retry-After", "3600"),)))
    await sync(running_dispatcher, receiver)
    running_dispatcher.clock.turn(LEAP)
    await running_dispatcher.check("error")
    receiver.respond("/pager", lambda request: Answer())
    running_dispatcher.clock.turn(-LEAP)
    await running_dispatcher.pass_time(minutes=2)
    assert await running_dispatcher.states() == [("pager", "error", "delivered")]


async def test_checks_count_again_after_one_whose_time_and_ours_were_ahead(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    reminding = level("pager", reminders={"max": 1, "every": "10m"})
    await running_dispatcher.push(monitor(), alert(reminding), pager(receiver.url))
    running_dispatcher.clock.turn(LEAP)
    await running_dispatcher.check("error")
    running_dispatcher.clock.turn(-LEAP)
    await running_dispatcher.pass_time(minutes=1)
    await running_dispatcher.check("error")
    await running_dispatcher.pass_time(minutes=10)
    await running_dispatcher.check("ok")
    assert [each.json()["type"] for each in receiver.received] == ["Alert", "Reminder", "Ok"]


async def test_tokens_that_a_leap_made_old_are_good_again_once_the_clock_is_right(
    running_dispatcher: RunningDispatcher,
) -> None:
    now = running_dispatcher.clock.now()
    async with running_dispatcher.dispatcher.database.write() as connection:
        token = await create_token(connection, "ci", ["read"], now, now + timedelta(days=90))
    headers = {"Authorization": f"Bearer {token}"}
    answers = []
    for by in (timedelta(0), LEAP, -LEAP):
        await leap(running_dispatcher, by)
        answers.append((await running_dispatcher.client.get("/api/v1/audit", headers=headers)).status_code)
    assert answers == [200, 401, 200]
