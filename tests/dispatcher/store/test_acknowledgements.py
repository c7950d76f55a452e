"""Acknowledging an incident: its reminders stop, later levels still alert."""

import pytest
from demo.receiver import Receiver
from tests.dispatcher.account import alert, level, monitor, pager
from tests.dispatcher.conftest import RunningDispatcher

LEVELS = (
    level("pager", reminders={"max": 9, "every": "10m"}),
    level("pager", when={"error_for": "25m"}),
)


@pytest.fixture(autouse=True)
async def definitions(running_dispatcher: RunningDispatcher, receiver: Receiver) -> None:
    """Put two levels in force, and let the monitor fail."""
    pushed = await running_dispatcher.push(monitor(), alert(*LEVELS), pager(receiver.url))
    assert pushed.status_code == 200, pushed.text
    await running_dispatcher.check("error")


def types(receiver: Receiver) -> list[str]:
    return [each.json()["type"] for each in receiver.received]


async def key_of(running_dispatcher: RunningDispatcher) -> str:
    """Return the key of the incident."""
    key: str = (await running_dispatcher.get("/incidents"))["incidents"][0]["key"]
    return key


async def test_reminders_stop_later_levels_still_alert_and_every_ok_comes(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await running_dispatcher.pass_time(minutes=10)
    answer = await running_dispatcher.client.post(
        f"/api/v1/incidents/{await key_of(running_dispatcher)}/acknowledge", json={"note": "I'm on it"}
    )
    assert answer.status_code == 200
    await running_dispatcher.pass_time(minutes=10)
    await running_dispatcher.pass_time(minutes=5)
    await running_dispatcher.pass_time(minutes=5)
    await running_dispatcher.check("ok")
    assert types(receiver) == ["Alert", "Reminder", "Alert", "Ok", "Ok"]
    (skipped, _) = (await running_dispatcher.get("/deliveries", state="skipped"))["deliveries"]
    assert skipped["failures"] == ["skipped: the incident was acknowledged"]


async def test_a_reminder_that_waits_for_its_retry_is_given_up(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    receiver.answer("/pager", 500)
    await running_dispatcher.pass_time(minutes=10)
    await running_dispatcher.client.post(f"/api/v1/incidents/{await key_of(running_dispatcher)}/acknowledge")
    assert (await running_dispatcher.states())[1] == ("pager", "reminder", "skipped")


async def test_everyone_sees_who_acknowledged_when_and_why(running_dispatcher: RunningDispatcher) -> None:
    path = f"/api/v1/incidents/{await key_of(running_dispatcher)}/acknowledge"
    await running_dispatcher.client.post(path, json={"note": "looking"})
    await running_dispatcher.client.post(path)
    (shown,) = (await running_dispatcher.get("/incidents"))["incidents"]
    now = running_dispatcher.clock.now().isoformat().replace("+00:00", "Z")
    assert shown["acknowledgements"] == [
        {"at": now, "by": "bootstrap", "note": "looking"},
        {"at": now, "by": "bootstrap", "note": ""},
    ]


async def test_an_incident_that_is_over_or_never_was_cannot_be_acknowledged(
    running_dispatcher: RunningDispatcher,
) -> None:
    path = f"/api/v1/incidents/{await key_of(running_dispatcher)}/acknowledge"
    await running_dispatcher.check("ok")
    over = await running_dispatcher.client.post(path)
    assert (over.status_code, over.json()["error"]) == (409, "over")
    missing = await running_dispatcher.client.post("/api/v1/incidents/none/acknowledge")
    assert (missing.status_code, missing.json()["message"]) == (404, "there is no incident none: none is open")
    odd = await running_dispatcher.client.post(path, json={"note": "two\nlines"})
    assert odd.status_code == 422


async def test_a_key_that_is_wrong_leads_to_the_incident_that_was_meant_or_to_those_that_are_open(
    running_dispatcher: RunningDispatcher,
) -> None:
    key = await key_of(running_dispatcher)
    for asked, hint in ((key[:-1], f"did you mean `{key}`?"), ("x", f"open are {key} (shop-home)")):
        missing = await running_dispatcher.client.post(f"/api/v1/incidents/{asked}/acknowledge")
        assert missing.json()["message"] == f"there is no incident {asked}: {hint}"
    names = [f"shop-{number}" for number in range(4)]
    await running_dispatcher.push(
        *(monitor(name) for name in names), alert(*LEVELS), pager("http://127.0.0.1:9"), revision=1
    )
    for name in names:
        await running_dispatcher.check("error", name)
    missing = await running_dispatcher.client.post("/api/v1/incidents/x/acknowledge")
    assert missing.json()["message"].endswith(": `tocsin-dispatcher incidents` lists those that are open")
