"""A receiver that is busy: its integration is held, nothing is lost, and no message loses an attempt."""

from typing import Any

import pytest
from demo.receiver import Answer, Received, Receiver
from tests.dispatcher.account import alert, level, monitor, pager
from tests.dispatcher.conftest import DispatcherFactory, RunningDispatcher

MONITORS = [f"m-{number:02}" for number in range(12)]


class Taking:
    """A receiver that takes so many more messages, and says of the others that it is busy."""

    def __init__(self, receiver: Receiver, most: int, *headers: tuple[str, str], status: int = 429) -> None:
        self.left = most
        self.busy = Answer(status, headers=headers)
        self.taken: list[str] = []
        receiver.respond("/pager", self)

    def __call__(self, request: Received) -> Answer:
        if self.left < 1:
            return self.busy
        self.left -= 1
        self.taken.append(request.header("Tocsin-Delivery-Id") or "")
        return Answer()


async def sync(running_dispatcher: RunningDispatcher, receiver: Receiver, revision: int = 0, **more: Any) -> None:
    documents = [*map(monitor, MONITORS), alert(level("pager")), pager(receiver.url, **more)]
    pushed = await running_dispatcher.push(*documents, revision=revision)
    assert pushed.status_code == 200, pushed.text


async def all_fail(running_dispatcher: RunningDispatcher, *monitors: str) -> None:
    """Report an error of every monitor in one request."""
    now = running_dispatcher.clock.now().isoformat()
    checks = [
        {"id": f"{name}-{next(running_dispatcher.numbers)}", "monitor": name, "time": now, "status": "error"}
        for name in monitors or MONITORS
    ]
    assert (await running_dispatcher.client.post("/api/v1/checks", json={"checks": checks})).status_code == 202
    await running_dispatcher.dispatcher.wait_idle()


async def shown(running_dispatcher: RunningDispatcher) -> dict[str, Any]:
    found: dict[str, Any]
    (found,) = (await running_dispatcher.get("/integrations"))["integrations"]
    return found


async def until_all_arrived(running_dispatcher: RunningDispatcher, taking: Taking, seconds: int) -> None:
    for _ in range(seconds):
        await running_dispatcher.pass_time(seconds=1)
    assert len(set(taking.taken)) == len(taking.taken) == len(MONITORS)
    assert {state for _, _, state in await running_dispatcher.states()} == {"delivered"}


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (429, (("Retry-After", "20"),)),
        (503, (("Retry-After", "20"),)),
        (413, (("Retry-After", "20"),)),
        (403, (("RateLimit-Remaining", "0"), ("RateLimit-Reset", "20"))),
        (429, (("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset-After", "20.0"))),
    ],
)
async def test_nothing_is_sent_until_the_receiver_wants_more_and_no_message_loses_an_attempt(
    running_dispatcher: RunningDispatcher, receiver: Receiver, status: int, headers: tuple[tuple[str, str], ...]
) -> None:
    taking = Taking(receiver, 2, *headers, status=status)
    await sync(running_dispatcher, receiver)
    await all_fail(running_dispatcher)
    sent = len(receiver.received)
    assert sent < len(MONITORS), "not all are thrown at a receiver of which nothing is known"
    found = await shown(running_dispatcher)
    assert (found["state"], found["circuit_breaker"], found["waiting"]) == ("busy", "closed", 10)
    assert found["held_until"] is not None
    taking.left = 100
    await running_dispatcher.pass_time(seconds=19)
    assert len(receiver.received) == sent
    await until_all_arrived(running_dispatcher, taking, 30)
    found = await shown(running_dispatcher)
    assert (found["state"], found["held_until"], found["busy_since"]) == ("ok", None, None)
    attempts = (await running_dispatcher.get("/deliveries"))["deliveries"]
    assert {each["attempts"] for each in attempts} == {0}
    outcomes = {each["outcome"] for each in (await running_dispatcher.get("/attempts"))["attempts"]}
    assert outcomes == {"busy", "delivered"}


async def test_without_a_time_it_is_tried_again_after_a_second_and_then_more_seldom(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    Taking(receiver, 0)
    await sync(running_dispatcher, receiver)
    await all_fail(running_dispatcher, "m-00")
    counts = []
    for _ in range(6):
        for _ in range(60):
            await running_dispatcher.pass_time(seconds=1)
        counts.append(len(receiver.received))
    assert counts[0] <= 8
    assert counts[-1] - counts[-2] <= 2, "about one a minute in the end"
    assert await running_dispatcher.states() == [("pager", "error", "pending")]


async def test_what_is_busy_for_ever_is_given_up_for_its_age(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    Taking(receiver, 0, ("Retry-After", "600"))
    await sync(running_dispatcher, receiver, give_up_after="1h")
    await all_fail(running_dispatcher, "m-00", "m-01")
    for _ in range(8):
        await running_dispatcher.pass_time(minutes=10)
    assert {state for _, _, state in await running_dispatcher.states()} == {"failed"}
    for each in (await running_dispatcher.get("/deliveries"))["deliveries"]:
        assert each["failures"][-1] == "given up: it is older than 1h"


async def test_a_receiver_that_took_its_last_message_is_left_alone_until_it_takes_more(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    headers = (("RateLimit-Remaining", "0"), ("RateLimit-Reset", "30"))
    receiver.respond("/pager", lambda request: Answer(200, headers=headers))
    await sync(running_dispatcher, receiver)
    await all_fail(running_dispatcher, "m-00")
    assert await running_dispatcher.states() == [("pager", "error", "delivered")]
    await all_fail(running_dispatcher, "m-01")
    assert len(receiver.received) == 1
    await running_dispatcher.pass_time(seconds=29)
    assert len(receiver.received) == 1
    await running_dispatcher.pass_time(seconds=1)
    assert len(receiver.received) == 2


async def test_a_hold_outlasts_a_restart(dispatchers: DispatcherFactory, receiver: Receiver) -> None:
    taking = Taking(receiver, 0, ("Retry-After", "60"))
    async with dispatchers.open() as running_dispatcher:
        await sync(running_dispatcher, receiver)
        await all_fail(running_dispatcher, "m-00")
    taking.left = 100
    async with dispatchers.open() as running_dispatcher:
        await running_dispatcher.pass_time(seconds=59)
        assert len(receiver.received) == 1
        await running_dispatcher.pass_time(seconds=2)
        assert await running_dispatcher.states() == [("pager", "error", "delivered")]


async def test_an_operator_ends_a_hold_or_has_one_message_tried_in_spite_of_it(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    taking = Taking(receiver, 0, ("Retry-After", "3600"))
    await sync(running_dispatcher, receiver)
    await all_fail(running_dispatcher, "m-00")
    await all_fail(running_dispatcher, "m-01")
    taking.left = 100
    last = (await running_dispatcher.get("/deliveries"))["deliveries"][0]["id"]
    assert (await running_dispatcher.client.post(f"/api/v1/deliveries/{last}/resend")).status_code == 202
    await running_dispatcher.dispatcher.wait_idle()
    assert taking.taken == [last]
    assert (await running_dispatcher.client.post("/api/v1/integrations/pager/flush")).json()["waiting"] == 1
    await running_dispatcher.dispatcher.wait_idle()
    for _ in range(3):
        await running_dispatcher.pass_time(seconds=1)
    assert {state for _, _, state in await running_dispatcher.states()} == {"delivered"}


async def test_a_busy_receiver_holds_up_no_other(running_dispatcher: RunningDispatcher, receiver: Receiver) -> None:
    Taking(receiver, 0, ("Retry-After", "3600"))
    both = [pager(receiver.url), pager(receiver.url, "chat")]
    await running_dispatcher.push(*map(monitor, MONITORS), alert(level("pager", "chat")), *both)
    await all_fail(running_dispatcher)
    states = await running_dispatcher.states()
    assert [state for name, _, state in states if name == "chat"] == ["delivered"] * len(MONITORS)
    assert [state for name, _, state in states if name == "pager"] == ["pending"] * len(MONITORS)


async def test_the_pace_that_was_learnt_is_shown_and_a_push_begins_anew(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    taking = Taking(receiver, 2, ("Retry-After", "1"))
    await sync(running_dispatcher, receiver)
    await all_fail(running_dispatcher)
    assert (await shown(running_dispatcher))["pace"] > 0
    taking.left = 100
    await sync(running_dispatcher, receiver, revision=1, max_in_flight=50)
    found = await shown(running_dispatcher)
    assert (found["pace"], found["state"]) == (None, "ok")
    assert {state for _, _, state in await running_dispatcher.states()} == {"delivered"}


@pytest.mark.parametrize(("pause", "taken"), [(0, 3), (0.5, 2), (2, 1)])
async def test_what_it_took_within_the_second_before_it_was_busy_is_its_pace_whoever_sent_it(
    running_dispatcher: RunningDispatcher, receiver: Receiver, pause: float, taken: int
) -> None:
    Taking(receiver, 3, ("Retry-After", "60"))
    await sync(running_dispatcher, receiver)
    for name in MONITORS[:4]:
        await running_dispatcher.check("error", name)  # each by a drain of its own
        await running_dispatcher.pass_time(seconds=pause)
    assert (await shown(running_dispatcher))["pace"] == pytest.approx(taken * 0.9 / 2, abs=0.01)


async def test_a_rate_limit_holds_beside_a_learnt_pace(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    taking = Taking(receiver, 1, ("Retry-After", "1"))
    await sync(running_dispatcher, receiver, rate_limit="2/10s")
    await all_fail(running_dispatcher)
    assert len(receiver.received) == 2
    taking.left = 100
    for _ in range(9):
        await running_dispatcher.pass_time(seconds=1)
    assert len(receiver.received) == 2
    await until_all_arrived(running_dispatcher, taking, 60)


async def test_a_step_that_may_fail_does_not_make_its_integration_fail(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    aside = {"request": {"url": f"{receiver.url}/aside"}, "on_failure": "continue"}
    chat = {"kind": "integration", "name": "chat"}
    chat["messages"] = [{"types": ["error"], "steps": [aside, {"request": {"url": f"{receiver.url}/chat"}}]}]  # type: ignore[assignment]
    receiver.respond("/aside", lambda request: Answer(500))
    await running_dispatcher.push(*map(monitor, MONITORS), alert(level("chat")), chat)
    await all_fail(running_dispatcher, *MONITORS[:4])
    found = await shown(running_dispatcher)
    assert (found["state"], found["failures"]) == ("ok", 0)
    deliveries = (await running_dispatcher.get("/deliveries"))["deliveries"]
    assert {each["state"] for each in deliveries} == {"delivered"}
    assert deliveries[0]["remarks"] == ["step 1 failed: answered 500 Internal Server Error"]


async def test_a_busy_step_that_may_fail_is_no_longer_busy_once_the_message_is_delivered(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    taking = Taking(receiver, 0, ("Retry-After", "1"))
    await sync(running_dispatcher, receiver, step={"on_failure": "continue"})
    await all_fail(running_dispatcher, MONITORS[0])
    assert (await shown(running_dispatcher))["state"] == "busy"
    taking.left = 10
    await running_dispatcher.pass_time(seconds=2)
    assert await running_dispatcher.states() == [("pager", "error", "delivered")]
    assert (await shown(running_dispatcher))["state"] == "ok"
