"""A receiver that fails: reported, paused after days if its integration says so, and none of its messages lost."""

from typing import Any

from demo.receiver import Answer, Received, Receiver
from tests.dispatcher.account import alert, level, monitor, pager
from tests.dispatcher.conftest import RunningDispatcher

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


async def test_three_failures_in_a_row_are_reported_until_a_message_is_delivered(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    receiving = Receiving(receiver)
    await sync(running_dispatcher, receiver)
    begun = running_dispatcher.clock.now()
    await running_dispatcher.check("error", "m-0")
    await running_dispatcher.pass_time(seconds=5)
    assert (
        (await shown(running_dispatcher))["state"],
        await metric(running_dispatcher, "tocsin_integration_failing"),
    ) == ("ok", 0)
    await running_dispatcher.pass_time(minutes=5)
    found = await shown(running_dispatcher)
    assert (found["state"], found["failures"], found["waiting"]) == ("failing", 3, 1)
    assert found["failing_since"] == begun.isoformat().replace("+00:00", "Z")
    assert "503" in found["last_failure"][0]
    assert await metric(running_dispatcher, "tocsin_integration_failing") == 1
    receiving.status = 200
    await running_dispatcher.pass_time(minutes=30)
    assert (
        (await shown(running_dispatcher))["state"],
        await metric(running_dispatcher, "tocsin_integration_failing"),
    ) == ("ok", 0)


async def fail_until_paused(running_dispatcher: RunningDispatcher, receiver: Receiver) -> Receiving:
    """Let the receiver be down for the two hours after which its integration is paused."""
    receiving = Receiving(receiver)
    await sync(running_dispatcher, receiver, pause_after="2h")
    await running_dispatcher.check("error", "m-0")
    for duration in ({"seconds": 5}, {"minutes": 5}, {"minutes": 30}):
        await running_dispatcher.pass_time(**duration)
    assert (await shown(running_dispatcher))["state"] == "failing"
    await running_dispatcher.pass_time(hours=2)
    assert (await shown(running_dispatcher))["state"] == "paused"
    return receiving


async def test_a_paused_integration_keeps_its_messages_and_tries_one_at_no_cost(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    receiving = await fail_until_paused(running_dispatcher, receiver)
    sent = len(receiver.received)
    await running_dispatcher.check("error", "m-1")
    await running_dispatcher.check("error", "m-2")
    await running_dispatcher.check("ok", "m-1")
    assert len(receiver.received) == sent
    for _ in range(20):  # more tries than a message has
        await running_dispatcher.pass_time(minutes=15)
    assert len(receiver.received) == sent + 20
    assert {state for _, _, state in await running_dispatcher.states()} == {"pending"}
    assert await metric(running_dispatcher, "tocsin_integration_paused") == 1
    receiving.status = 200
    await running_dispatcher.pass_time(minutes=15)
    assert {state for _, _, state in await running_dispatcher.states()} == {"delivered"}
    assert sorted(receiving.keys[1:], key=lambda key: key.split()[0])[:2] == ["m-1-2 Alert", "m-1-2 Ok"]
    assert receiving.keys[0] == "m-0-1 Alert"
    assert (
        (await shown(running_dispatcher))["state"],
        await metric(running_dispatcher, "tocsin_integration_paused"),
    ) == ("ok", 0)


async def test_an_operator_resumes_and_the_audit_says_so(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    receiving = await fail_until_paused(running_dispatcher, receiver)
    await running_dispatcher.check("error", "m-1")
    receiving.status = 200
    answer = await running_dispatcher.client.post("/api/v1/integrations/pager/resume")
    assert (answer.status_code, answer.json()) == (202, {"name": "pager", "state": "ok"})
    await running_dispatcher.dispatcher.wait_idle()
    assert {state for _, _, state in await running_dispatcher.states()} == {"delivered"}
    (deed,) = (await running_dispatcher.get("/audit", action="resume"))["entries"]
    assert (deed["by"], deed["details"]) == ("bootstrap", {"integration": "pager"})
    again = await running_dispatcher.client.post("/api/v1/integrations/pager/resume")
    assert (again.status_code, again.json()["error"]) == (409, "not_paused")
    unknown = await running_dispatcher.client.post("/api/v1/integrations/pagre/resume")
    assert (unknown.status_code, "did you mean `pager`?" in unknown.json()["message"]) == (404, True)


async def test_a_push_that_changes_the_integration_ends_its_pause(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    receiving = await fail_until_paused(running_dispatcher, receiver)
    receiving.status = 200
    await sync(running_dispatcher, receiver, revision=1, pause_after="3h")
    await running_dispatcher.dispatcher.wait_idle()
    assert (await shown(running_dispatcher))["state"] == "ok"
    await running_dispatcher.pass_time(hours=5)
    assert {state for _, _, state in await running_dispatcher.states()} == {"delivered"}


async def test_without_the_setting_nothing_is_paused_and_messages_are_given_up_in_the_end(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    Receiving(receiver)
    await sync(running_dispatcher, receiver)
    await running_dispatcher.check("error", "m-0")
    for _ in range(60):
        await running_dispatcher.pass_time(hours=1)
    assert ((await shown(running_dispatcher))["state"], await running_dispatcher.states()) == (
        "failing",
        [("pager", "error", "failed")],
    )
