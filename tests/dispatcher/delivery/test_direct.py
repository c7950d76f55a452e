"""Test messages."""

from typing import Any

import pytest
from demo.receiver import Answer, Receiver
from tests.dispatcher.account import SECRET, alert, level, monitor, pager
from tests.dispatcher.conftest import RunningDispatcher

DATABASES = ("sqlite",)


@pytest.fixture(autouse=True)
async def definitions(running_dispatcher: RunningDispatcher, receiver: Receiver) -> None:
    """Put two integrations in force, one with a per-level variable."""
    chat = pager(receiver.url, "chat")
    chat["variables"] = {"ApiUrl": receiver.url + "/chat/{{Room}}", "Room": {"per_level": True}}
    chat["messages"][0]["types"] = ["error"]
    sample = {"kind": "sample", "name": "quotes", "set": {"@alert.description": 'a "quote"'}}
    level_2 = level({"use": "chat", "variables": {"Room": "ops"}}, when={"errors": 3})
    pushed = await running_dispatcher.push(
        monitor(notes="n"), alert(level("pager"), level_2), pager(receiver.url), chat, sample
    )
    assert pushed.status_code == 200, pushed.text


async def attach_twice(running_dispatcher: RunningDispatcher, receiver: Receiver) -> None:
    """Have one level attach `chat` twice, each time to another room."""
    chat = pager(receiver.url, "chat")
    chat["variables"] = {"ApiUrl": receiver.url + "/chat/{{Room}}", "Room": {"per_level": True}}
    rooms = [{"use": "chat", "variables": {"Room": room}} for room in ("ops", "boss")]
    pushed = await running_dispatcher.push(monitor(), alert(level(*rooms)), chat, revision=1)
    assert pushed.status_code == 200, pushed.text


async def send(running_dispatcher: RunningDispatcher, integration: str, **body: Any) -> tuple[int, Any]:
    answer = await running_dispatcher.client.post(f"/api/v1/integrations/{integration}/test", json=body)
    return answer.status_code, answer.json()


async def test_a_test_message_goes_to_the_real_receiver_and_both_sides_are_shown(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    receiver.answer("/pager", 202, body='{"ok": true}')
    status, body = await send(running_dispatcher, "pager", type="ok", alert="shop-down", level=1, sample="quotes")
    assert (status, body["delivered"]) == (200, True)
    (step,) = body["steps"]
    assert (step["response"]["status"], step["response"]["body"], step["failures"]) == (202, '{"ok": true}', [])
    assert dict(step["request"]["headers"])["Authorization"] == "Token *****"
    (received,) = receiver.received
    assert (received.json()["type"], received.json()["text"]) == ("Ok", 'a "quote"')
    assert received.header("Authorization") == f"Token {SECRET}"
    assert (received.header("Tocsin-Delivery-Id") or "").startswith("test-")
    assert (await running_dispatcher.get("/deliveries"))["deliveries"] == []


async def test_a_test_says_what_failed(running_dispatcher: RunningDispatcher, receiver: Receiver) -> None:
    receiver.respond("/pager", lambda request: Answer(status=403, body=b"go away"))
    status, body = await send(running_dispatcher, "pager", set={"@alert.description": "now"})
    assert (status, body["delivered"]) == (200, False)
    assert body["steps"][0]["failures"]
    assert body["steps"][0]["response"]["body"] == "go away"
    assert receiver.received[0].json()["text"] == "now"


async def test_per_level_variables_come_from_the_level_that_attaches_the_integration(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    assert (await send(running_dispatcher, "chat"))[1]["delivered"]
    assert receiver.received[0].path == "/chat/ops"
    status, body = await send(running_dispatcher, "chat", alert="shop-down", level=1)
    assert (status, body["message"]) == (
        422,
        "the integration `chat` has variables that a level gives,"
        " and is attached to no such level of the alert `shop-down`",
    )


async def test_a_test_of_an_alert_definition_speaks_of_a_monitor_that_it_covers(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    named = pager(receiver.url)
    named["messages"][0]["steps"][0]["request"]["json"] = {"monitor": "{{@monitor.name}}"}
    await running_dispatcher.push(
        monitor("shop-cart", groups=[]), monitor(title="The shop"), alert(level("pager")), named, revision=1
    )
    assert (await send(running_dispatcher, "pager"))[1]["delivered"]
    assert (await send(running_dispatcher, "pager", alert="shop-down", monitor="shop-cart"))[1]["delivered"]
    assert [each.json()["monitor"] for each in receiver.received] == ["The shop", "shop-cart"]


async def test_a_test_of_an_integration_that_several_levels_attach_asks_for_one(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    levels = [level("pager"), level("pager", when={"errors": 3})]
    pushed = await running_dispatcher.push(
        monitor(), alert(*levels), alert(*levels, name="more"), pager(receiver.url), revision=1
    )
    assert pushed.status_code == 200, pushed.text
    status, body = await send(running_dispatcher, "pager")
    assert (status, body["message"]) == (
        422,
        "the integration `pager` is attached to several levels, `more/1`, `more/2`, `shop-down/1` and `shop-down/2`:"
        " state alert and level",
    )
    assert (await send(running_dispatcher, "pager", alert="more", level=2))[1]["delivered"]


async def test_of_two_attachments_to_one_level_the_first_is_sent_unless_another_is_stated(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await attach_twice(running_dispatcher, receiver)
    assert (await send(running_dispatcher, "chat"))[1]["delivered"]
    assert (await send(running_dispatcher, "chat", attachment=2))[1]["delivered"]
    assert (await send(running_dispatcher, "chat", alert="shop-down", level=1, attachment=1))[1]["delivered"]
    assert [each.path for each in receiver.received] == ["/chat/ops", "/chat/boss", "/chat/ops"]


async def test_an_attachment_that_there_is_not_is_answered_with_those_that_there_are(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await attach_twice(running_dispatcher, receiver)
    status, body = await send(running_dispatcher, "chat", attachment=3)
    assert (status, body["message"]) == (
        422,
        "the integration `chat` has no attachment 3 there:"
        " it is attached to `shop-down/1` and `shop-down/1 attachment 2`",
    )
    status, body = await send(running_dispatcher, "chat", alert="shop-down", level=2, attachment=2)
    assert (status, body["message"]) == (422, "the alert `shop-down` has 1 levels, not 2")
    assert (await send(running_dispatcher, "chat", attachment=0))[0] == 422
    assert receiver.received == []


async def test_an_integration_that_is_switched_off_can_be_tested(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    off = pager(receiver.url, active=False)
    await running_dispatcher.push(monitor(), alert(level("pager")), off, revision=1)
    assert (await send(running_dispatcher, "pager"))[1]["delivered"]
    assert len(receiver.received) == 1


async def test_a_test_that_succeeds_at_its_second_try_is_delivered(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    patient = pager(receiver.url)
    patient["messages"][0]["steps"][0]["retry"] = {"attempts": 2, "wait": "0s"}
    pushed = await running_dispatcher.push(monitor(), alert(level("pager")), patient, revision=1)
    assert pushed.status_code == 200, pushed.text
    receiver.answer("/pager", 500)
    status, body = await send(running_dispatcher, "pager")
    assert (status, body["delivered"], [bool(step["failures"]) for step in body["steps"]]) == (200, True, [True, False])


@pytest.mark.parametrize(
    ("integration", "body", "status", "message"),
    [
        ("pagr", {}, 404, "there is no integration `pagr`: did you mean `pager`?"),
        ("pager", {"project": "x"}, 404, "there is no integration `pager` in the project `x`"),
        ("pager", {"alert": "shop"}, 422, "there is no alert `shop`: did you mean `shop-down`?"),
        ("pager", {"alert": "shop-down", "level": 4}, 422, "the alert `shop-down` has 2 levels, not 4"),
        ("pager", {"monitor": "zzz"}, 422, "there is no monitor `zzz`: there are `shop-home`"),
        ("pager", {"sample": "zzz"}, 422, "there is no sample `zzz`"),
        ("pager", {"set": {"@nothing": ""}}, 422, "sample test sets '@nothing'"),
        ("pager", {"set": {}, "sample": "quotes"}, 422, "the body: expected sample or set, not both"),
        ("chat", {"type": "ok"}, 422, "the integration `chat` sends no ok messages"),
        ("pager", {"type": "oh"}, 422, "type: Input should be 'error', 'reminder' or 'ok'"),
    ],
)
async def test_a_test_that_makes_no_sense_says_why(
    running_dispatcher: RunningDispatcher, integration: str, body: dict[str, Any], status: int, message: str
) -> None:
    answered, answer = await send(running_dispatcher, integration, **body)
    assert (answered, answer["message"][: len(message)]) == (status, message)
