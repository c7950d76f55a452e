"""Messages of several steps: captures, delays, retries of one step."""

import json
from typing import Any

from demo.receiver import Answer, Receiver
from tests.dispatcher.account import alert, desk, level, monitor
from tests.dispatcher.conftest import DispatcherFactory, RunningDispatcher

CREATED = Answer(status=201, body=json.dumps({"result": {"sys_id": "T-42"}}).encode())


def paths(receiver: Receiver) -> list[str]:
    return [f"{each.method} {each.path}" for each in receiver.received]


async def test_a_ticket_is_created_on_error_and_resolved_by_its_kept_id_on_ok(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    receiver.respond("/tickets", lambda request: CREATED if request.path == "/tickets" else Answer())
    pushed = await running_dispatcher.push(monitor(), alert(level("desk")), desk(receiver.url))
    assert pushed.status_code == 200, pushed.text
    await running_dispatcher.check("error")
    assert paths(receiver) == ["POST /tickets"]
    await running_dispatcher.check("ok")
    assert paths(receiver) == ["POST /tickets"]
    await running_dispatcher.pass_time(seconds=5)
    assert paths(receiver) == ["POST /tickets", "POST /tickets/T-42/notes", "PATCH /tickets/T-42"]
    assert await running_dispatcher.states() == [("desk", "error", "delivered"), ("desk", "ok", "delivered")]


async def test_a_delay_goes_on_in_the_next_process(dispatchers: DispatcherFactory, receiver: Receiver) -> None:
    receiver.respond("/tickets", lambda request: CREATED if request.path == "/tickets" else Answer())
    async with dispatchers.open() as running_dispatcher:
        await running_dispatcher.push(monitor(), alert(level("desk")), desk(receiver.url))
        await running_dispatcher.check("error")
    dispatchers.clock.advance(seconds=5)
    async with dispatchers.open() as running_dispatcher:
        await running_dispatcher.check("ok")
    assert paths(receiver) == ["POST /tickets", "POST /tickets/T-42/notes", "PATCH /tickets/T-42"]


async def test_a_failed_step_is_tried_again_without_those_before_it(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    receiver.respond("/tickets", lambda request: CREATED if request.path == "/tickets" else Answer())
    receiver.answer("/tickets/T-42/notes", 500)
    await running_dispatcher.push(monitor(), alert(level("desk")), desk(receiver.url))
    await running_dispatcher.check("error")
    await running_dispatcher.pass_time(seconds=5)
    await running_dispatcher.pass_time(seconds=5)
    assert paths(receiver) == ["POST /tickets", "POST /tickets/T-42/notes", "POST /tickets/T-42/notes"]
    assert await running_dispatcher.states() == [("desk", "error", "delivered")]


async def test_a_step_has_its_own_retries_before_it_counts_as_refused(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    step: dict[str, Any] = {
        "request": {"method": "GET", "url": receiver.url + "/{{@incident.key}}"},
        "retry": {"attempts": 3, "wait": "2s"},
    }
    probe = {"kind": "integration", "name": "probe", "messages": [{"types": ["error"], "steps": [step]}]}
    pushed = await running_dispatcher.push(monitor(), alert(level("probe")), probe)
    assert pushed.status_code == 200, pushed.text
    receiver.respond("/", lambda request: Answer(status=400))
    await running_dispatcher.check("error")
    counts = []
    for wait in (1, 1, 2, 59, 1, 2, 2, 60):
        await running_dispatcher.pass_time(seconds=wait)
        counts.append(len(receiver.received))
    assert counts == [1, 2, 3, 3, 4, 5, 6, 6]
    (shown,) = (await running_dispatcher.get("/deliveries"))["deliveries"]
    assert (shown["state"], shown["attempts"]) == ("failed", 2)


async def test_a_capture_that_finds_nothing_fails_the_step(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    receiver.respond("/tickets", lambda request: Answer(status=201))
    await running_dispatcher.push(monitor(), alert(level("desk")), desk(receiver.url))
    await running_dispatcher.check("error")
    (shown,) = (await running_dispatcher.get("/deliveries"))["deliveries"]
    assert (shown["state"], shown["outcome"], shown["step"]) == ("failed", "unclear", 0)
    assert "Ticket" in shown["failures"][0]
