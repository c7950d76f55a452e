"""Replaying many messages that were given up, as after a receiver was away for days."""

from typing import Any

import pytest
from demo.receiver import Answer, Receiver
from tests.dispatcher.account import alert, level, monitor, pager
from tests.dispatcher.conftest import RunningDispatcher


@pytest.fixture(autouse=True)
async def outage(running_dispatcher: RunningDispatcher, receiver: Receiver) -> None:
    """Have both receivers refuse what two incidents send, until it is given up; one of them is over then."""
    both = [pager(receiver.url), pager(receiver.url, "chat")]
    await running_dispatcher.push(monitor(), monitor("shop-cart"), alert(level("pager", "chat")), *both)
    for path in ("/pager", "/chat"):
        receiver.respond(path, lambda request: Answer(status=500))
    await running_dispatcher.check("error", "shop-home")
    await running_dispatcher.check("error", "shop-cart")
    await running_dispatcher.check("ok", "shop-home")
    for _ in range(28):
        await running_dispatcher.pass_time(hours=1)
    receiver.clear()
    assert {state for _, _, state in await running_dispatcher.states()} == {"failed", "skipped"}


async def replay(running_dispatcher: RunningDispatcher, **asked: Any) -> dict[str, Any]:
    """Replay and return the answer."""
    answer = await running_dispatcher.client.post("/api/v1/deliveries/resend", json=asked)
    assert answer.status_code == 202, answer.text
    await running_dispatcher.dispatcher.wait_idle()
    done: dict[str, Any] = answer.json()
    return done


def sent(receiver: Receiver) -> list[tuple[str, str]]:
    """Return what came after the outage."""
    return [(each.path, each.json()["type"]) for each in receiver.received]


async def test_what_failed_is_sent_under_its_id_and_the_ok_of_what_is_over_follows(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    errors = {each["id"] for each in (await running_dispatcher.get("/deliveries", state="failed"))["deliveries"]}
    assert len(errors) == 4
    assert await replay(running_dispatcher, integration="pager") == {"resent": 2, "oks": 1, "left": 0}
    assert sorted(sent(receiver)) == [("/pager", "Alert"), ("/pager", "Alert"), ("/pager", "Ok")]
    over = [each.json()["type"] for each in receiver.received if each.json()["key"].endswith("shop-home-1")]
    assert over == ["Alert", "Ok"]
    ids = {each.header("Tocsin-Delivery-Id") for each in receiver.received if each.json()["type"] == "Alert"}
    assert ids < errors
    failed = (await running_dispatcher.get("/deliveries", state="failed"))["deliveries"]
    assert {each["integration"] for each in failed} == {"chat"}


async def test_no_more_than_the_limit_go_oldest_first_and_how_many_are_left_is_told(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    assert await replay(running_dispatcher, limit=1) == {"resent": 1, "oks": 1, "left": 3}
    assert await replay(running_dispatcher) == {"resent": 3, "oks": 1, "left": 0}
    assert await replay(running_dispatcher) == {"resent": 0, "oks": 0, "left": 0}


async def test_messages_are_chosen_by_incident_monitor_and_time(running_dispatcher: RunningDispatcher) -> None:
    begun = (await running_dispatcher.get("/incidents", monitor="shop-cart"))["incidents"][0]
    assert (await replay(running_dispatcher, since=running_dispatcher.clock.now().isoformat()))["resent"] == 0
    assert (await replay(running_dispatcher, until=begun["started_at"]))["resent"] == 0
    assert (await replay(running_dispatcher, incident=begun["key"], integration="chat"))["resent"] == 1
    assert (await replay(running_dispatcher, monitor="shop-cart"))["resent"] == 1
    assert (await replay(running_dispatcher, monitor="shop-home", since=begun["started_at"]))["resent"] == 2


async def test_a_message_that_fails_again_is_tried_as_usual(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    receiver.answer("/pager", 500)
    await replay(running_dispatcher, integration="pager", monitor="shop-cart")
    assert sent(receiver) == [("/pager", "Alert")]
    await running_dispatcher.pass_time(seconds=5)
    assert sent(receiver)[:2] == [("/pager", "Alert")] * 2


async def test_what_is_silenced_waits_for_the_end_of_its_silence(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    silence = {"monitor": "shop-cart", "reason": "move", "duration": "1h"}
    await running_dispatcher.client.post("/api/v1/silences", json=silence)
    await replay(running_dispatcher, monitor="shop-cart", integration="pager")
    assert sent(receiver) == []
    await running_dispatcher.pass_time(hours=1)
    assert sent(receiver) == [("/pager", "Alert")]


async def test_a_replay_is_in_the_audit_with_what_was_asked_for(running_dispatcher: RunningDispatcher) -> None:
    await replay(running_dispatcher, integration="pager")
    newest = (await running_dispatcher.get("/audit"))["entries"][0]
    assert newest["action"] == "resend many"
    assert newest["details"] == {"integration": "pager", "limit": 100}
    assert (newest["outcome"], newest["result"]) == ("done", {"resent": 2, "oks": 1, "left": 0})


async def test_what_makes_no_sense_is_refused_and_nothing_is_sent(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    for asked in ({"limit": 0}, {"state": "delivered"}, {"since": "yesterday"}, {"integration": ""}):
        answer = await running_dispatcher.client.post("/api/v1/deliveries/resend", json=asked)
        assert answer.status_code == 422, asked
        assert next(iter(asked)) in answer.json()["message"]
    await running_dispatcher.dispatcher.wait_idle()
    assert sent(receiver) == []
