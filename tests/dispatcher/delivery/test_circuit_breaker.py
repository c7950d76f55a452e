"""A receiver that is down: reported, tried now and then, and everything sent once it is back."""

from collections.abc import Collection
from typing import Any

import pytest
from demo.receiver import Answer, Received, Receiver
from tests.dispatcher.account import alert, level, monitor, pager
from tests.dispatcher.conftest import DispatcherFactory, RunningDispatcher

GUID = len("849b2046-213d-43ad-9efc-5af1faaeb222-0-")
MONITORS = [f"m-{number}" for number in range(3)]


class Receiving:
    """A receiver that can be down."""

    def __init__(self, receiver: Receiver) -> None:
        self.status = 503
        self.keys: list[str] = []
        receiver.respond("/pager", self)

    def __call__(self, request: Received) -> Answer:
        if self.status == 200:
            self.keys.append(f"{request.json()['key'][GUID:]} {request.json()['type']}")
        return Answer(self.status, body=b"out of order")


async def sync(running_dispatcher: RunningDispatcher, receiver: Receiver, revision: int = 0, **more: Any) -> None:
    documents = [*map(monitor, MONITORS), alert(level("pager"), name="down"), pager(receiver.url, **more)]
    pushed = await running_dispatcher.push(*documents, revision=revision)
    assert pushed.status_code == 200, pushed.text


async def shown(running_dispatcher: RunningDispatcher) -> dict[str, Any]:
    found: dict[str, Any]
    (found,) = (await running_dispatcher.get("/integrations"))["integrations"]
    return found


async def metric(running_dispatcher: RunningDispatcher, name: str) -> float:
    text = (await running_dispatcher.client.get("/metrics")).text
    return float(
        next(line for line in text.splitlines() if line.startswith(f'{name}{{integration="pager"}}')).split()[-1]
    )


async def fail_until_down(running_dispatcher: RunningDispatcher, receiver: Receiver, **more: Any) -> Receiving:
    """Let the receiver be down for as long as it takes to find out."""
    receiving = Receiving(receiver)
    await sync(running_dispatcher, receiver, **more)
    await running_dispatcher.check("error", "m-0")
    await running_dispatcher.pass_time(seconds=5)
    await running_dispatcher.pass_time(seconds=5)
    assert (await shown(running_dispatcher))["state"] == "down"
    return receiving


async def test_three_failures_in_a_row_open_the_circuit_breaker_until_a_message_is_delivered(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    receiving = Receiving(receiver)
    await sync(running_dispatcher, receiver)
    begun = running_dispatcher.clock.now()
    await running_dispatcher.check("error", "m-0")
    await running_dispatcher.pass_time(seconds=5)
    found = await shown(running_dispatcher)
    failing = await metric(running_dispatcher, "tocsin_integration_failing")
    assert (found["state"], found["circuit_breaker"], found["failures"], failing) == ("ok", "closed", 2, 0)
    await running_dispatcher.pass_time(seconds=5)
    found = await shown(running_dispatcher)
    assert (found["state"], found["circuit_breaker"], found["failures"], found["waiting"]) == ("down", "open", 3, 1)
    assert found["failing_since"] == begun.isoformat().replace("+00:00", "Z")
    assert "503" in found["last_failure"][0]
    assert await metric(running_dispatcher, "tocsin_integration_failing") == 1
    receiving.status = 200
    await running_dispatcher.pass_time(seconds=5)
    found = await shown(running_dispatcher)
    failing = await metric(running_dispatcher, "tocsin_integration_failing")
    assert (found["state"], found["circuit_breaker"], failing) == ("ok", "closed", 0)


async def test_while_it_is_open_one_message_is_tried_more_and_more_seldom(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await fail_until_down(running_dispatcher, receiver)
    await running_dispatcher.check("error", "m-1")
    await running_dispatcher.check("error", "m-2")
    assert len(receiver.received) == 3
    opened, tried = running_dispatcher.clock.now(), list[float]()
    for _ in range(140):
        await running_dispatcher.pass_time(seconds=1)
        if len(receiver.received) > 3 + len(tried):
            tried.append((running_dispatcher.clock.now() - opened).total_seconds())
    assert tried == [5, 15, 35, 65, 95, 125]
    keys = [each.json()["key"][GUID:] for each in receiver.received]
    assert keys == ["m-0-1"] * 3 + ["m-1-2", "m-2-3"] * 3, "they get their turns: it may be the fault of one of them"


async def test_a_message_that_fails_by_its_own_fault_does_not_hold_up_all_others(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    def choke(request: Received) -> Answer:
        return Answer(500 if "m-0" in request.json()["key"] else 200)

    receiver.respond("/pager", choke)
    await sync(running_dispatcher, receiver)
    await running_dispatcher.check("error", "m-0")
    for _ in range(14):  # it opens, and is half a minute between two tries
        await running_dispatcher.pass_time(seconds=5)
    assert (await shown(running_dispatcher))["state"] == "down"
    await running_dispatcher.check("error", "m-1")
    await running_dispatcher.pass_time(seconds=30)
    assert await running_dispatcher.states() == [("pager", "error", "pending"), ("pager", "error", "delivered")]


async def test_how_often_is_the_integration_s_to_say(running_dispatcher: RunningDispatcher, receiver: Receiver) -> None:
    await fail_until_down(running_dispatcher, receiver, probe_every="10s")
    for _ in range(55):
        await running_dispatcher.pass_time(seconds=1)
    assert len(receiver.received) == 3 + 6  # after 5, 15, 25, ... 55 s


async def test_once_one_is_delivered_all_that_waits_goes_out_at_once(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    receiving = await fail_until_down(running_dispatcher, receiver)
    await running_dispatcher.check("error", "m-1")
    await running_dispatcher.check("error", "m-2")
    await running_dispatcher.check("ok", "m-1")
    receiving.status = 200
    await running_dispatcher.pass_time(seconds=5)
    assert {state for _, _, state in await running_dispatcher.states()} == {"delivered"}
    assert receiving.keys[0] == "m-1-2 Alert", "the first that has not failed yet"
    assert sorted(receiving.keys[1:]) == ["m-0-1 Alert", "m-1-2 Ok", "m-2-3 Alert"]


@pytest.mark.parametrize("status", [400, 302, 429])
async def test_any_answer_of_a_receiver_that_is_there_closes_it(
    running_dispatcher: RunningDispatcher, receiver: Receiver, status: int
) -> None:
    receiving = await fail_until_down(running_dispatcher, receiver)
    receiving.status = status
    await running_dispatcher.pass_time(seconds=5)
    assert (await shown(running_dispatcher))["circuit_breaker"] == "closed"


@pytest.mark.parametrize("status", [401, 403, 407])
async def test_a_receiver_that_locks_us_out_is_told_as_such(
    running_dispatcher: RunningDispatcher, receiver: Receiver, status: int
) -> None:
    receiving = Receiving(receiver)
    receiving.status = status
    await sync(running_dispatcher, receiver)
    await running_dispatcher.check("error", "m-0")
    for _ in range(2):
        await running_dispatcher.pass_time(seconds=5)
    found = await shown(running_dispatcher)
    assert (found["state"], found["circuit_breaker"]) == ("locked_out", "open")
    receiving.status = 200
    await running_dispatcher.pass_time(seconds=5)
    assert await running_dispatcher.states() == [("pager", "error", "delivered")]


async def test_messages_that_wait_lose_no_attempt_and_are_given_up_for_their_age(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await fail_until_down(running_dispatcher, receiver)
    await running_dispatcher.check("error", "m-1")
    await running_dispatcher.pass_time(hours=26, minutes=59)
    assert {state for _, _, state in await running_dispatcher.states()} == {"pending"}
    await running_dispatcher.pass_time(minutes=2)
    assert {state for _, _, state in await running_dispatcher.states()} == {"failed"}
    found = (await running_dispatcher.get("/deliveries"))["deliveries"]
    assert {each["failures"][-1] for each in found} == {"given up: it is older than 1d3h"}


async def test_what_is_over_while_the_receiver_is_down_is_dropped_at_once_where_the_integration_says_so(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await fail_until_down(running_dispatcher, receiver, if_over="skip", probe_every="15m")
    await running_dispatcher.check("error", "m-1")
    await running_dispatcher.check("ok", "m-1")
    skipped = [("pager", "error", "skipped"), ("pager", "ok", "skipped")]
    assert await running_dispatcher.states() == [("pager", "error", "pending"), *skipped]


async def test_an_ok_behind_an_error_that_was_given_up_waits_no_longer_whatever_holds_its_integration(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await fail_until_down(running_dispatcher, receiver, give_up_after="7m", probe_every="15m")
    await running_dispatcher.check("ok", "m-0")
    for _ in range(45):  # it is tried after 325 s, and then after 645 s
        await running_dispatcher.pass_time(seconds=10)
    assert await running_dispatcher.states() == [("pager", "error", "failed"), ("pager", "ok", "skipped")]


async def test_how_old_a_message_may_get_is_the_integration_s_to_say(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await fail_until_down(running_dispatcher, receiver, give_up_after="5m")
    await running_dispatcher.check("error", "m-1")
    await running_dispatcher.pass_time(minutes=4)
    assert {state for _, _, state in await running_dispatcher.states()} == {"pending"}
    await running_dispatcher.pass_time(minutes=2)
    assert {state for _, _, state in await running_dispatcher.states()} == {"failed"}


async def test_once_it_was_down_for_long_enough_no_message_is_too_old(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    receiving = await fail_until_down(running_dispatcher, receiver, pause_after="2h")
    await running_dispatcher.pass_time(hours=3)
    sent = len(receiver.received)
    for _ in range(40):
        await running_dispatcher.pass_time(hours=1)
    assert len(receiver.received) == sent + 40
    for _ in range(4):
        await running_dispatcher.pass_time(minutes=5)
    assert len(receiver.received) == sent + 41, "one is tried every quarter of an hour"
    assert await running_dispatcher.states() == [("pager", "error", "pending")]
    receiving.status = 200
    await running_dispatcher.pass_time(minutes=15)
    assert await running_dispatcher.states() == [("pager", "error", "delivered")]


@pytest.mark.parametrize("action", ["flush", "resume"])
async def test_an_operator_has_all_that_waits_sent_and_the_audit_says_so(
    running_dispatcher: RunningDispatcher, receiver: Receiver, action: str
) -> None:
    receiving = await fail_until_down(running_dispatcher, receiver)
    await running_dispatcher.check("error", "m-1")
    receiving.status = 200
    answer = await running_dispatcher.client.post(f"/api/v1/integrations/pager/{action}")
    assert (answer.status_code, answer.json()) == (202, {"name": "pager", "state": "ok", "waiting": 2})
    await running_dispatcher.dispatcher.wait_idle()
    assert {state for _, _, state in await running_dispatcher.states()} == {"delivered"}
    (deed,) = (await running_dispatcher.get("/audit", action="flush"))["entries"]
    assert (deed["by"], deed["details"], deed["result"]) == ("bootstrap", {"integration": "pager"}, {"waiting": 2})
    again = await running_dispatcher.client.post(f"/api/v1/integrations/pager/{action}")
    assert (again.status_code, again.json()["waiting"]) == (202, 0)
    unknown = await running_dispatcher.client.post(f"/api/v1/integrations/pagre/{action}")
    assert (unknown.status_code, "did you mean `pager`?" in unknown.json()["message"]) == (404, True)


async def test_what_waits_for_an_integration_that_is_defined_no_more_can_be_sent_too(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    receiving = await fail_until_down(running_dispatcher, receiver)
    receiving.status = 200
    pushed = await running_dispatcher.push(*map(monitor, MONITORS), revision=1)
    assert pushed.status_code == 200, pushed.text
    answer = await running_dispatcher.client.post("/api/v1/integrations/pager/flush")
    assert (answer.status_code, answer.json()["waiting"]) == (202, 1)
    await running_dispatcher.dispatcher.wait_idle()
    assert await running_dispatcher.states() == [("pager", "error", "delivered")]
    assert (await running_dispatcher.client.post("/api/v1/integrations/pager/flush")).status_code == 404


async def test_an_operator_has_one_message_tried_now_whatever_holds_its_integration(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    receiving = await fail_until_down(running_dispatcher, receiver)
    await running_dispatcher.check("error", "m-1")
    await running_dispatcher.check("error", "m-2")
    last = (await running_dispatcher.get("/deliveries"))["deliveries"][0]["id"]
    receiving.status = 400
    answer = await running_dispatcher.client.post(f"/api/v1/deliveries/{last}/resend")
    assert answer.status_code == 202
    await running_dispatcher.dispatcher.wait_idle()
    assert receiver.received[3].json()["key"][GUID:] == "m-2-3"


async def test_a_push_that_changes_the_integration_begins_anew(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    receiving = await fail_until_down(running_dispatcher, receiver)
    receiving.status = 200
    await sync(running_dispatcher, receiver, revision=1, probe_every="10s")
    assert (await shown(running_dispatcher))["state"] == "ok"
    await running_dispatcher.pass_time(seconds=5)
    assert {state for _, _, state in await running_dispatcher.states()} == {"delivered"}


async def test_an_open_circuit_breaker_outlasts_a_restart(dispatchers: DispatcherFactory, receiver: Receiver) -> None:
    async with dispatchers.open() as running_dispatcher:
        receiving = await fail_until_down(running_dispatcher, receiver)
    async with dispatchers.open() as running_dispatcher:
        assert len(receiver.received) == 3
        receiving.status = 200
        await running_dispatcher.pass_time(seconds=5)
        assert await running_dispatcher.states() == [("pager", "error", "delivered")]


@pytest.mark.parametrize("status", [200, 404, 500])
async def test_a_message_whose_last_step_may_fail_closes_it_too(
    running_dispatcher: RunningDispatcher, receiver: Receiver, status: int
) -> None:
    receiving = Receiving(receiver)
    receiver.respond("/aside", lambda request: Answer(status))
    chat = pager(receiver.url)
    chat["messages"][0]["steps"].append({"request": {"url": f"{receiver.url}/aside"}, "on_failure": "continue"})
    await running_dispatcher.push(*map(monitor, MONITORS), alert(level("pager"), name="down"), chat)
    for name in MONITORS:
        await running_dispatcher.check("error", name)
    assert (await shown(running_dispatcher))["state"] == "down"
    receiving.status = 200
    await running_dispatcher.pass_time(seconds=5)
    assert {state for _, _, state in await running_dispatcher.states()} == {"delivered"}
    assert (await shown(running_dispatcher))["circuit_breaker"] == "closed"


async def test_a_message_that_is_tried_goes_through_all_its_steps_and_is_the_only_one(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    receiving = Receiving(receiver)
    chat = pager(receiver.url)
    steps = chat["messages"][0]["steps"]
    steps += [
        {"request": {"url": f"{receiver.url}/second"}},
        {"delay": "3s"},
        {"request": {"url": f"{receiver.url}/last"}},
    ]
    await running_dispatcher.push(*map(monitor, MONITORS), alert(level("pager"), name="down"), chat)
    for name in MONITORS:
        await running_dispatcher.check("error", name)
    assert (await shown(running_dispatcher))["state"] == "down"
    receiving.status = 200
    await running_dispatcher.pass_time(seconds=5)
    assert [each.path for each in receiver.received[3:]] == ["/pager", "/second"]
    await running_dispatcher.pass_time(seconds=2)
    assert len(receiver.received) == 5
    await running_dispatcher.pass_time(seconds=1)
    assert [each.path for each in receiver.received[5:]].count("/last") == 1
    assert (await shown(running_dispatcher))["circuit_breaker"] == "closed"
    await running_dispatcher.pass_time(seconds=3)
    assert {state for _, _, state in await running_dispatcher.states()} == {"delivered"}


async def test_an_ok_that_is_to_be_tried_now_waits_for_its_error_and_wakes_nobody_meanwhile(
    running_dispatcher: RunningDispatcher, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiving = await fail_until_down(running_dispatcher, receiver)
    await running_dispatcher.check("ok", "m-0")
    (ok,) = [each for each in (await running_dispatcher.get("/deliveries"))["deliveries"] if each["type"] == "ok"]
    drained = list[str]()
    wake = running_dispatcher.dispatcher.drains.wake

    def counted(integrations: Collection[str]) -> None:
        drained.extend(integrations)
        wake(integrations)

    monkeypatch.setattr(running_dispatcher.dispatcher.drains, "wake", counted)
    assert (await running_dispatcher.client.post(f"/api/v1/deliveries/{ok['id']}/resend")).status_code == 202
    await running_dispatcher.dispatcher.wait_idle()
    assert len(drained) < 5
    receiving.status = 200
    await running_dispatcher.pass_time(seconds=5)
    assert receiving.keys == ["m-0-1 Alert", "m-0-1 Ok"]
