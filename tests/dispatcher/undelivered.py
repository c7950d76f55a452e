"""A pager that can be out of order, a chat that is its fallback, and operators who are told of everything."""

from typing import Any

from demo.receiver import Answer, Received, Receiver
from tests.dispatcher.account import Document, alert, level, monitor, project
from tests.dispatcher.conftest import RunningDispatcher

Message = tuple[str, str, str]


class Receiving:
    """Three receivers of which each can be out of order; those that aren't note what they are told."""

    def __init__(self, receiver: Receiver) -> None:
        self.status = {"pager": 400, "chat": 200, "ops": 200}
        self.body = b"out of order"
        self.told: list[tuple[str, dict[str, str]]] = []
        for name in self.status:
            receiver.respond(f"/{name}", self)

    def __call__(self, request: Received) -> Answer:
        name = request.path.removeprefix("/")
        if self.status[name] == 200:
            self.told.append((name, request.json()))
        return Answer(self.status[name], body=self.body)

    def of(self, name: str) -> list[Message]:
        """Return type, integration and reason of what a receiver was told."""
        return [(each["type"], each["about"], each["why"]) for to, each in self.told if to == name]


def integration(url: str, name: str, types: tuple[str, ...] = ("error", "reminder", "ok"), **more: Any) -> Document:
    body = {
        "key": "{{@incident.key}}",
        "type": "{{@alert.type}}",
        "monitor": "{{@monitor.name}}",
        "text": "{{@alert.description}}",
        "about": "{{@delivery.integration}}",
        "why": "{{@delivery.reason}}",
    }
    step = {"request": {"method": "POST", "url": f"{url}/{name}", "json": body}}
    return {"kind": "integration", "name": name, "messages": [{"types": list(types), "steps": [step]}], **more}


async def sync(
    running_dispatcher: RunningDispatcher,
    receiver: Receiver,
    *extra: Document,
    operators: str | None = "ops",
    **more: Any,
) -> Receiving:
    """Let the pager have the chat as its fallback, and the operators listen to `ops`."""
    documents = [
        monitor(),
        monitor("shop-cart"),
        alert(level("pager")),
        integration(receiver.url, "pager", fallback="chat", **more),
        integration(receiver.url, "chat"),
        integration(receiver.url, "ops"),
    ]
    there = {each["name"]: each for each in [*documents, *extra]}
    stated = project(operators_integration=operators) if operators is not None else project()
    pushed = await running_dispatcher.push(*there.values(), project=stated)
    assert pushed.status_code == 200, pushed.text
    return Receiving(receiver)


async def give_up(running_dispatcher: RunningDispatcher, count: int = 1) -> None:
    """Let time pass until so many messages to the pager are given up."""
    for _ in range(5):
        found = (await running_dispatcher.get("/deliveries", integration="pager", state="failed"))["deliveries"]
        if len(found) >= count:
            return
        await running_dispatcher.pass_time(seconds=61)
    raise AssertionError("nothing was given up")


async def problems(running_dispatcher: RunningDispatcher, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await running_dispatcher.get("/problems", **query))["problems"]
    return found
