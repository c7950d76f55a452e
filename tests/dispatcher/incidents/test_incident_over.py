"""Reminders that are still on their way when their incident ends."""

import asyncio
from threading import Event

import pytest
from demo.receiver import Answer, Received, Receiver
from sqlalchemy import text
from tests.dispatcher.account import alert, level, monitor, pager
from tests.dispatcher.conftest import House

REMINDED = level("pager", reminders={"max": 3, "every": "10m"})


@pytest.fixture(autouse=True)
async def definitions(house: House, receiver: Receiver) -> None:
    """Put a level with reminders in force."""
    pushed = await house.push(monitor(), alert(REMINDED), pager(receiver.url))
    assert pushed.status_code == 200, pushed.text


def types(receiver: Receiver) -> list[str]:
    return [each.json()["type"] for each in receiver.received]


async def test_a_reminder_that_waits_for_its_retry_is_skipped_and_the_ok_comes_at_once(
    house: House, receiver: Receiver
) -> None:
    await house.check("error")
    receiver.answer("/pager", 500)
    await house.pass_time(minutes=10)
    assert types(receiver) == ["Alert", "Reminder"]
    await house.check("ok")
    assert types(receiver) == ["Alert", "Reminder", "Ok"]
    await house.pass_time(days=2)
    assert types(receiver) == ["Alert", "Reminder", "Ok"]
    assert await house.states() == [
        ("pager", "error", "delivered"),
        ("pager", "reminder", "skipped"),
        ("pager", "ok", "delivered"),
    ]
    (skipped,) = (await house.get("/deliveries", state="skipped"))["deliveries"]
    assert skipped["failures"] == ["skipped: the incident was over before this reminder was delivered"]


async def test_a_reminder_that_fails_while_its_incident_ends_is_not_tried_again(
    house: House, receiver: Receiver
) -> None:
    await house.check("error")
    over = Event()

    def answer(request: Received) -> Answer:
        if request.json()["type"] != "Reminder":
            return Answer()
        return Answer(status=500 if over.wait(10) else 200)

    receiver.respond("/pager", answer)
    house.clock.advance(minutes=10)
    await asyncio.to_thread(receiver.wait_for, 2)
    check = {"id": "ok", "monitor": "shop-home", "time": house.clock.now().isoformat(), "status": "ok"}
    assert (await house.client.post("/api/v1/checks", json=check)).status_code == 202
    over.set()
    await house.dispatcher.rest()
    await house.pass_time(days=2)
    assert types(receiver) == ["Alert", "Reminder", "Ok"]
    assert (await house.states())[1] == ("pager", "reminder", "skipped")


async def test_reminders_stop_when_the_monitor_is_removed(house: House, receiver: Receiver) -> None:
    await house.check("error")
    receiver.answer("/pager", 500)
    await house.pass_time(minutes=10)
    await house.push(monitor("other"), alert(REMINDED), pager(receiver.url), revision=1)
    await house.pass_time(days=2)
    assert types(receiver) == ["Alert", "Reminder"]


async def test_a_skipped_reminder_is_sent_when_it_is_asked_for(house: House, receiver: Receiver) -> None:
    await house.check("error")
    receiver.answer("/pager", 500)
    await house.pass_time(minutes=10)
    await house.check("ok")
    (skipped,) = (await house.get("/deliveries", state="skipped"))["deliveries"]
    await house.client.post(f"/api/v1/deliveries/{skipped['id']}/resend")
    await house.dispatcher.rest()
    assert types(receiver) == ["Alert", "Reminder", "Ok", "Reminder"]


async def test_a_reminder_that_a_process_was_sending_when_it_died_is_skipped_if_the_incident_is_over(
    house: House, receiver: Receiver
) -> None:
    await house.check("error")
    receiver.answer("/pager", 500)
    await house.pass_time(minutes=10)
    async with house.dispatcher.database.write() as connection:
        await connection.execute(text("UPDATE incident SET state = 'closed'"))
    await house.pass_time(seconds=5)
    assert types(receiver) == ["Alert", "Reminder"]
    assert (await house.states())[1] == ("pager", "reminder", "skipped")
