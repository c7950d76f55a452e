"""Reminders that are still on their way when their incident ends."""

import asyncio
from threading import Event

import pytest
from demo.receiver import Answer, Received, Receiver
from sqlalchemy import text
from tests.dispatcher.account import alert, level, monitor, pager
from tests.dispatcher.conftest import RunningDispatcher

REMINDED = level("pager", reminders={"max": 3, "every": "10m"})


@pytest.fixture(autouse=True)
async def definitions(running_dispatcher: RunningDispatcher, receiver: Receiver) -> None:
    """Put a level with reminders in force."""
    pushed = await running_dispatcher.push(monitor(), alert(REMINDED), pager(receiver.url))
    assert pushed.status_code == 200, pushed.text


def types(receiver: Receiver) -> list[str]:
    return [each.json()["type"] for each in receiver.received]


async def test_a_reminder_that_waits_for_its_retry_is_skipped_and_the_ok_comes_at_once(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await running_dispatcher.check("error")
    receiver.answer("/pager", 500)
    await running_dispatcher.pass_time(minutes=10)
    assert types(receiver) == ["Alert", "Reminder"]
    await running_dispatcher.check("ok")
    assert types(receiver) == ["Alert", "Reminder", "Ok"]
    await running_dispatcher.pass_time(days=2)
    assert types(receiver) == ["Alert", "Reminder", "Ok"]
    assert await running_dispatcher.states() == [
        ("pager", "error", "delivered"),
        ("pager", "reminder", "skipped"),
        ("pager", "ok", "delivered"),
    ]
    (skipped,) = (await running_dispatcher.get("/deliveries", state="skipped"))["deliveries"]
    assert skipped["failures"] == ["skipped: the incident was over before this reminder was delivered"]


async def test_a_reminder_that_fails_while_its_incident_ends_is_not_tried_again(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await running_dispatcher.check("error")
    over = Event()

    def answer(request: Received) -> Answer:
        if request.json()["type"] != "Reminder":
            return Answer()
        return Answer(status=500 if over.wait(10) else 200)

    receiver.respond("/pager", answer)
    running_dispatcher.clock.advance(minutes=10)
    await asyncio.to_thread(receiver.wait_for, 2)
    check = {"id": "ok", "monitor": "shop-home", "time": running_dispatcher.clock.now().isoformat(), "status": "ok"}
    assert (await running_dispatcher.client.post("/api/v1/checks", json=check)).status_code == 202
    over.set()
    await running_dispatcher.dispatcher.wait_idle()
    await running_dispatcher.pass_time(days=2)
    assert types(receiver) == ["Alert", "Reminder", "Ok"]
    assert (await running_dispatcher.states())[1] == ("pager", "reminder", "skipped")


async def test_reminders_stop_when_the_monitor_is_removed(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await running_dispatcher.check("error")
    receiver.answer("/pager", 500)
    await running_dispatcher.pass_time(minutes=10)
    await running_dispatcher.push(monitor("other"), alert(REMINDED), pager(receiver.url), revision=1)
    await running_dispatcher.pass_time(days=2)
    assert types(receiver) == ["Alert", "Reminder"]


async def test_a_skipped_reminder_is_sent_when_it_is_asked_for(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await running_dispatcher.check("error")
    receiver.answer("/pager", 500)
    await running_dispatcher.pass_time(minutes=10)
    await running_dispatcher.check("ok")
    (skipped,) = (await running_dispatcher.get("/deliveries", state="skipped"))["deliveries"]
    await running_dispatcher.client.post(f"/api/v1/deliveries/{skipped['id']}/resend")
    await running_dispatcher.dispatcher.wait_idle()
    assert types(receiver) == ["Alert", "Reminder", "Ok", "Reminder"]


async def test_a_reminder_that_a_process_was_sending_when_it_died_is_skipped_if_the_incident_is_over(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await running_dispatcher.check("error")
    receiver.answer("/pager", 500)
    await running_dispatcher.pass_time(minutes=10)
    async with running_dispatcher.dispatcher.database.write() as connection:
        await connection.execute(text("UPDATE incident SET state = 'closed'"))
    await running_dispatcher.pass_time(seconds=5)
    assert types(receiver) == ["Alert", "Reminder"]
    assert (await running_dispatcher.states())[1] == ("pager", "reminder", "skipped")
