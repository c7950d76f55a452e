"""Silences: what is held back, what goes on its way when they end, and what is sent all the same."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from demo.receiver import Answer, Receiver
from sqlalchemy.ext.asyncio import AsyncConnection
from tests.dispatcher.account import alert, level, monitor, pager
from tests.dispatcher.conftest import RunningDispatcher

from tocsin_dispatcher.delivery import pipeline
from tocsin_dispatcher.service import background
from tocsin_dispatcher.store.silences import settle_silences
from tocsin_dispatcher.store.skips import skip_unwanted

REMINDED = level("pager", reminders={"max": 3, "every": "10m"})


@pytest.fixture(autouse=True)
async def definitions(running_dispatcher: RunningDispatcher, receiver: Receiver) -> None:
    """Put a level with reminders in force, for a monitor of the shop and one of none."""
    others = monitor("blog", groups=["press"])
    pushed = await running_dispatcher.push(monitor(), others, alert(REMINDED, monitors=["blog"]), pager(receiver.url))
    assert pushed.status_code == 200, pushed.text


def types(receiver: Receiver) -> list[str]:
    return [each.json()["type"] for each in receiver.received]


async def silence(running_dispatcher: RunningDispatcher, duration: str = "1h", **fits: str) -> dict[str, Any]:
    """Make a silence; of the monitor `shop-home`, unless something else is stated."""
    asked = {"reason": "new database", "duration": duration, **(fits or {"monitor": "shop-home"})}
    answer = await running_dispatcher.client.post("/api/v1/silences", json=asked)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    await running_dispatcher.dispatcher.wait_idle()
    return made


async def test_a_silenced_error_is_kept_as_suppressed_and_neither_it_nor_its_ok_is_sent(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    made = await silence(running_dispatcher)
    await running_dispatcher.check("error")
    (held,) = (await running_dispatcher.get("/deliveries"))["deliveries"]
    assert (held["state"], held["silence"]) == ("suppressed", made["id"])
    assert held["failures"] == ["held back by a silence: new database"]
    await running_dispatcher.check("ok")
    await running_dispatcher.pass_time(days=1)
    assert await running_dispatcher.states() == [("pager", "error", "suppressed"), ("pager", "ok", "skipped")]
    assert receiver.received == []


async def test_the_ok_of_an_error_that_was_sent_before_comes_during_the_silence(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await running_dispatcher.check("error")
    await silence(running_dispatcher)
    await running_dispatcher.pass_time(minutes=10)
    await running_dispatcher.check("ok")
    assert types(receiver) == ["Alert", "Ok"]
    assert (await running_dispatcher.states())[1] == ("pager", "reminder", "suppressed")


async def test_an_error_that_outlasts_its_silence_is_sent_at_its_end_and_then_its_reminders(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await silence(running_dispatcher, "15m")
    await running_dispatcher.check("error")
    await running_dispatcher.pass_time(minutes=14, seconds=59)
    assert types(receiver) == []
    await running_dispatcher.pass_time(seconds=1)
    assert types(receiver) == ["Alert"]
    await running_dispatcher.pass_time(minutes=5)
    await running_dispatcher.check("ok")
    assert types(receiver) == ["Alert", "Reminder", "Ok"]


async def test_a_reminder_due_as_the_silence_ends_does_not_come_before_its_error(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await silence(running_dispatcher, "10m")
    await running_dispatcher.check("error")
    await running_dispatcher.pass_time(minutes=10)
    assert types(receiver)[0] == "Alert"
    await running_dispatcher.pass_time(minutes=10)
    assert types(receiver)[0] == "Alert"
    assert types(receiver)[-1] == "Reminder"


async def test_a_reminder_does_not_overtake_its_error_where_the_silence_ends_while_it_is_looked_for(
    running_dispatcher: RunningDispatcher, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def late(*_: object) -> None:
        """Leave ended silences to the search below."""

    async def with_an_end(
        connection: AsyncConnection, rows: Sequence[dict[str, Any]], now: datetime, **more: Any
    ) -> list[dict[str, Any]]:
        """Let another process end the silence after the due messages were found."""
        await settle_silences(connection, now)
        return await skip_unwanted(connection, rows, now, **more)

    monkeypatch.setattr(background, "settle_silences", late)
    monkeypatch.setattr(pipeline, "skip_unwanted", with_an_end)
    await silence(running_dispatcher, "10m")
    await running_dispatcher.check("error")
    await running_dispatcher.pass_time(minutes=10)
    await running_dispatcher.pass_time(seconds=10)
    assert types(receiver) == ["Alert", "Reminder"]


async def test_expiring_a_silence_ends_it_at_once(running_dispatcher: RunningDispatcher, receiver: Receiver) -> None:
    made = await silence(running_dispatcher)
    await running_dispatcher.check("error")
    await running_dispatcher.pass_time(minutes=5)
    ended = await running_dispatcher.client.post(f"/api/v1/silences/{made['id']}/expire")
    await running_dispatcher.dispatcher.wait_idle()
    assert (ended.status_code, ended.json()["state"], ended.json()["ended_by"]) == (200, "expired", "bootstrap")
    assert types(receiver) == ["Alert"]
    again = await running_dispatcher.client.post(f"/api/v1/silences/{made['id']}/expire")
    assert (again.status_code, again.json()["error"]) == (409, "over")


async def test_maintenance_can_be_announced_and_called_off(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    begins = running_dispatcher.clock.now().replace(hour=13).isoformat()
    asked = {"group": "shop", "reason": "move", "starts_at": begins, "duration": "1h"}
    made = (await running_dispatcher.client.post("/api/v1/silences", json=asked)).json()
    assert made["state"] == "pending"
    await running_dispatcher.check("error")
    await running_dispatcher.check("ok")
    await running_dispatcher.pass_time(hours=1)
    (now,) = (await running_dispatcher.get("/silences", state="active"))["silences"]
    assert now["id"] == made["id"]
    await running_dispatcher.check("error")
    await running_dispatcher.check("ok")
    assert types(receiver) == ["Alert", "Ok"]
    other = (
        await running_dispatcher.client.post("/api/v1/silences", json=asked | {"starts_at": "2026-03-03T00:00:00Z"})
    ).json()
    assert (await running_dispatcher.client.post(f"/api/v1/silences/{other['id']}/expire")).json()["state"] == "expired"


@pytest.mark.parametrize(
    ("fits", "held"),
    [
        ({"monitor": "shop-home"}, ["shop-home"]),
        ({"group": "press"}, ["blog"]),
        ({"alert": "shop-down"}, ["blog", "shop-home"]),
        ({"integration": "pager"}, ["blog", "shop-home"]),
        ({"integration": "pager", "group": "shop"}, ["shop-home"]),
        ({"monitor": "blog", "group": "press", "alert": "shop-down", "integration": "pager"}, ["blog"]),
    ],
)
async def test_a_silence_holds_what_all_of_its_names_fit(
    running_dispatcher: RunningDispatcher, fits: dict[str, str], held: list[str]
) -> None:
    await silence(running_dispatcher, **fits)
    await running_dispatcher.check("error", "shop-home")
    await running_dispatcher.check("error", "blog")
    found = (await running_dispatcher.get("/deliveries", state="suppressed"))["deliveries"]
    assert sorted(each["monitor"] for each in found) == held


async def test_a_silenced_integration_holds_up_no_other_and_gets_the_ok_of_what_it_knows_at_the_end(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    both = [pager(receiver.url), pager(receiver.url, "chat")]
    await running_dispatcher.push(monitor(), alert(level("pager", "chat")), *both, revision=1)
    await running_dispatcher.check("error")
    await silence(running_dispatcher, integration="chat")
    await running_dispatcher.check("ok")
    await running_dispatcher.check("error")
    await running_dispatcher.check("ok")
    assert [each.json()["type"] for each in receiver.received if each.path == "/pager"] == ["Alert", "Ok"] * 2
    assert [each.json()["type"] for each in receiver.received if each.path == "/chat"] == ["Alert"]
    await running_dispatcher.pass_time(hours=1)
    assert [each.json()["type"] for each in receiver.received if each.path == "/chat"] == ["Alert", "Ok"]


async def test_a_message_that_waits_for_its_retry_is_held_too(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    receiver.respond("/pager", lambda request: Answer(status=500))
    await running_dispatcher.check("error")
    await silence(running_dispatcher, integration="pager")
    await running_dispatcher.pass_time(seconds=5)
    assert len(receiver.received) == 1
    assert await running_dispatcher.states() == [("pager", "error", "suppressed")]
    receiver.respond("/pager", lambda request: Answer())
    await running_dispatcher.pass_time(hours=1)
    assert (await running_dispatcher.states())[0] == ("pager", "error", "delivered")


async def test_a_message_that_has_begun_goes_on_so_that_its_receiver_can_be_told_of_the_end(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    step = {"request": {"method": "POST", "url": f"{receiver.url}/pager", "json": {"type": "{{@alert.type}}"}}}
    slow = pager(receiver.url) | {"messages": [{"types": ["error", "ok"], "steps": [step, {"delay": "5s"}, step]}]}
    await running_dispatcher.push(monitor(), alert(level("pager")), slow, revision=1)
    await running_dispatcher.check("error")
    await silence(running_dispatcher)
    await running_dispatcher.pass_time(seconds=5)
    assert await running_dispatcher.states() == [("pager", "error", "delivered")]
    assert types(receiver) == ["Alert", "Alert"]


async def test_what_another_silence_fits_stays_held_when_the_first_one_ends(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await silence(running_dispatcher, "10m")
    other = await silence(running_dispatcher, "1h", group="shop")
    await running_dispatcher.check("error")
    await running_dispatcher.pass_time(minutes=10)
    assert receiver.received == []
    held = (await running_dispatcher.get("/deliveries", state="suppressed"))["deliveries"]
    assert {each["silence"] for each in held if each["type"] == "error"} == {other["id"]}
    await running_dispatcher.pass_time(minutes=50)
    assert types(receiver)[0] == "Alert"


async def test_a_held_message_is_sent_at_once_when_it_is_asked_for(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await silence(running_dispatcher)
    await running_dispatcher.check("error")
    (held,) = (await running_dispatcher.get("/deliveries"))["deliveries"]
    assert (await running_dispatcher.client.post(f"/api/v1/deliveries/{held['id']}/resend")).status_code == 202
    await running_dispatcher.dispatcher.wait_idle()
    assert types(receiver) == ["Alert"]
    await running_dispatcher.check("ok")
    assert types(receiver) == ["Alert", "Ok"]


async def test_silences_are_listed_newest_first_with_what_they_hold(running_dispatcher: RunningDispatcher) -> None:
    first = await silence(running_dispatcher, "10m")
    await running_dispatcher.check("error")
    second = await silence(running_dispatcher, group="press")
    listed = (await running_dispatcher.get("/silences"))["silences"]
    assert [each["id"] for each in listed] == [second["id"], first["id"]]
    assert [each["suppressed"] for each in listed] == [0, 1]
    assert (listed[0]["group"], listed[0]["by"], listed[0]["reason"]) == ("press", "bootstrap", "new database")
    await running_dispatcher.pass_time(minutes=10)
    assert [each["state"] for each in (await running_dispatcher.get("/silences", state="expired"))["silences"]] == [
        "expired"
    ]


async def test_a_silence_that_is_made_after_its_beginning_ends_no_later_for_it(
    running_dispatcher: RunningDispatcher,
) -> None:
    begun = (running_dispatcher.clock.now() - timedelta(minutes=40)).isoformat()
    made = await silence(running_dispatcher, "1h", monitor="shop-home", starts_at=begun)
    assert (made["starts_at"], made["ends_at"]) == ("2026-03-02T12:00:00Z", "2026-03-02T12:20:00Z")
    asked = {"monitor": "shop-home", "reason": "move", "starts_at": begun, "duration": "30m"}
    refused = await running_dispatcher.client.post("/api/v1/silences", json=asked)
    assert refused.status_code == 422
    assert "over before it begins" in refused.json()["message"]


async def test_silences_are_listed_page_by_page(running_dispatcher: RunningDispatcher) -> None:
    made = [(await silence(running_dispatcher, f"{hours}h"))["id"] for hours in (1, 2, 3)]
    first = await running_dispatcher.get("/silences", limit=2)
    await silence(running_dispatcher, "4h")
    second = await running_dispatcher.get("/silences", limit=2, before=first["next"])
    assert [each["id"] for each in first["silences"] + second["silences"]] == made[::-1]
    assert second["next"] is None
    assert first["next"] == first["silences"][-1]["number"]
    of_state = await running_dispatcher.get("/silences", limit=1, state="active", before=first["next"])
    assert [each["id"] for each in of_state["silences"]] == [made[0]]


NONSENSE: list[tuple[dict[str, str], str]] = [
    ({}, "say what to silence: a monitor, group, alert or integration"),
    ({"monitor": "shop-hme"}, "there is no monitor `shop-hme`: did you mean `shop-home`?"),
    ({"group": "shp"}, "there is no group of monitors `shp`: did you mean `shop`?"),
    ({"alert": "x"}, "there is no alert definition `x`: there are `shop-down`"),
    (
        {"monitor": "shop-home", "group": "press"},
        "no message fits monitor `shop-home` and group of monitors `press` at once: make a silence of each",
    ),
    ({"integration": "chat"}, "there is no integration `chat`: there are `pager`"),
    (
        {"monitor": "blog", "duration": "0s"},
        "the silence would be over before it begins: give an end in the future",
    ),
    ({"monitor": "blog", "duration": "400d"}, "a silence lasts 366 days at the most"),
    ({"monitor": "blog", "reason": " "}, "reason: expected a line of text, with 1 to 500 characters"),
    ({"monitor": "blog", "ends_at": "2026-03-05T00:00:00Z"}, "the body: expected ends_at or duration"),
    ({"monitor": "blog", "duration": "soon"}, "duration: expected a duration such as 90s, 10m or 1h30m"),
]


async def test_a_silence_that_makes_no_sense_is_refused(running_dispatcher: RunningDispatcher) -> None:
    for asked, message in NONSENSE:
        answer = await running_dispatcher.client.post(
            "/api/v1/silences", json={"reason": "x", "duration": "1h"} | asked
        )
        assert answer.status_code == 422, asked
        assert message in answer.json()["message"]
    assert (await running_dispatcher.get("/silences"))["silences"] == []


async def test_a_silence_that_no_calendar_reaches_the_end_of_is_refused(running_dispatcher: RunningDispatcher) -> None:
    await running_dispatcher.push(monitor())
    asked = {"monitor": "shop-home", "reason": "x", "starts_at": "9999-12-31T23:00:00Z", "duration": "2h"}
    answer = await running_dispatcher.client.post("/api/v1/silences", json=asked)
    assert (answer.status_code, answer.json()["message"]) == (422, "the silence would end after the year 9999")
