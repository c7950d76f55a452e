"""A dispatcher that is killed again and again while it works loses nothing, and invents nothing."""

import random
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from demo.dispatcher import RunningDispatcher
from demo.receiver import Answer, Received, Receiver
from tests.dispatcher.account import VAULT, alert, level, monitor, pager, project
from tests.e2e.conftest import api_of

MONITORS = [f"m-{number}" for number in range(30)]
START = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)


def push(api: httpx.Client, *documents: dict[str, Any]) -> None:
    body = {"project": project(), "documents": list(documents)}
    answer = api.put("/definitions", json=body, headers={"If-Match": '"0"'})
    assert answer.status_code == 200, answer.text


def report(api: httpx.Client, status: str, second: int) -> None:
    """Report one check of every monitor, each in a request of its own; a client that gets no answer repeats it."""
    for name in MONITORS:
        moment = (START + timedelta(seconds=second)).isoformat()
        check = {"id": f"{name}-{second}", "monitor": name, "time": moment, "status": status}
        assert api.post("/checks", json=check).status_code == 202


def test_whatever_the_moment_of_the_kills_every_message_arrives_in_order_and_with_the_same_bytes(
    database: Path, receiver: Receiver
) -> None:
    chance = random.Random(7)
    receiver.respond("/", lambda request: Answer(status=chance.choice((200, 200, 200, 503))))
    both = [pager(receiver.url), pager(receiver.url, "chat")]
    with RunningDispatcher(database, vault=VAULT) as dispatcher, api_of(dispatcher) as api:
        push(api, *map(monitor, MONITORS), alert(level("pager", "chat")), *both)
    for _ in range(4):
        dispatcher = RunningDispatcher(database, vault=VAULT).__enter__()
        try:
            with api_of(dispatcher) as api:
                report(api, "error", 1)
                report(api, "ok", 2)
            time.sleep(chance.uniform(0, 0.3))  # kills at moments that nobody chose
        finally:
            dispatcher.kill()
    receiver.respond("/", lambda request: Answer())
    with RunningDispatcher(database, vault=VAULT) as dispatcher, api_of(dispatcher) as api:
        deliveries = finished(api)
    assert len(deliveries) == 4 * len(MONITORS)
    assert {each["state"] for each in deliveries} == {"delivered"}
    assert_in_order(receiver.received, {each["id"] for each in deliveries})


def finished(api: httpx.Client) -> list[dict[str, Any]]:
    """Give every delivery once all are finished; those that wait for their second attempt take 5 s."""
    for _ in range(300):
        deliveries: list[dict[str, Any]] = api.get("/deliveries", params={"limit": 1000}).json()["deliveries"]
        if all(each["state"] in ("delivered", "failed", "skipped") for each in deliveries):
            break
        time.sleep(0.1)
    return deliveries


def assert_in_order(received: list[Received], known: set[str]) -> None:
    """Every message is known, a repetition says the same, and no Ok comes before the last of its Errors."""
    bodies: dict[str | None, set[bytes]] = defaultdict(set)
    types: dict[tuple[str, str], list[str]] = defaultdict(list)
    for request in received:
        bodies[request.header("Tocsin-Delivery-Id")].add(request.body)
        types[request.path, request.json()["key"]].append(request.json()["type"])
    assert bodies.keys() == known
    assert all(len(each) == 1 for each in bodies.values())
    assert all(each == sorted(each) for each in types.values()), types  # "Alert" sorts before "Ok"


def test_what_falls_due_while_it_is_dead_is_sent_once_when_it_starts(database: Path, receiver: Receiver) -> None:
    receiver.respond("/", lambda request: Answer())
    later = level("pager", when={"error_for": "2s"}, reminders={"max": 1, "every": "1s"})
    with RunningDispatcher(database, vault=VAULT) as dispatcher, api_of(dispatcher) as api:
        push(api, monitor(), alert(later), pager(receiver.url))
        now = datetime.now(UTC).isoformat()
        check = {"id": "1", "monitor": "shop-home", "time": now, "status": "error"}
        assert api.post("/checks", json=check).status_code == 202
        dispatcher.kill()
    assert receiver.received == []
    with RunningDispatcher(database, vault=VAULT) as dispatcher:
        received = receiver.wait_for(2)
        dispatcher.kill()
    with RunningDispatcher(database, vault=VAULT) as dispatcher, api_of(dispatcher) as api:
        ok = {"id": "2", "monitor": "shop-home", "time": datetime.now(UTC).isoformat(), "status": "ok"}
        assert api.post("/checks", json=ok).status_code == 202
        received = receiver.wait_for(3)
    ids = {each.header("Tocsin-Delivery-Id"): each.json()["type"] for each in received}
    assert list(ids.values()) == ["Alert", "Reminder", "Ok"]
