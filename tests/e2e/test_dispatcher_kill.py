"""A dispatcher that is killed again and again while it works loses nothing, and invents nothing."""

import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Timer

import httpx
from demo.dispatcher import RunningDispatcher
from demo.receiver import Answer, Received, Receiver
from tests.dispatcher.account import VAULT, alert, level, monitor, pager
from tests.e2e.conftest import api_of, finished, push

MONITORS = [f"m-{number}" for number in range(12)]


def report(api: httpx.Client, promised: set[str]) -> None:
    """Report an error and an OK of every monitor; what was promised before must be known, what is now joins it."""
    for second, status in enumerate(("error", "ok")):
        for name in MONITORS:
            moment = (datetime.now(UTC) - timedelta(minutes=5, seconds=-second)).isoformat()
            check = {"id": f"{name}-{status}", "monitor": name, "time": moment, "status": status}
            answer = api.post("/checks", json=check)
            assert answer.status_code == 202, answer.text
            assert answer.json()["duplicates"] == 1 or check["id"] not in promised
            promised.add(check["id"])


def test_whatever_the_moment_of_the_kills_every_message_arrives_in_order_and_with_the_same_bytes(
    database: Path, receiver: Receiver
) -> None:
    chance = random.Random(7)
    unlucky: dict[str | None, bool] = {}

    def answer(request: Received) -> Answer:
        """Fail some messages, each once."""
        name = request.header("Tocsin-Delivery-Id")
        fails = name not in unlucky and chance.random() < 0.3
        unlucky[name] = fails
        return Answer(status=503 if fails else 200)

    receiver.respond("/", answer)
    both = [pager(receiver.url), pager(receiver.url, "chat")]
    with RunningDispatcher(database, vault=VAULT) as dispatcher, api_of(dispatcher) as api:
        push(api, *map(monitor, MONITORS), alert(level("pager", "chat")), *both)
    promised: set[str] = set()
    for moment in (0.05, 0.2, 0.6):
        with RunningDispatcher(database, vault=VAULT) as dispatcher, api_of(dispatcher) as api:
            kill = Timer(moment, dispatcher.kill)
            kill.start()
            try:
                report(api, promised)
            except httpx.TransportError:
                assert len(promised) < 2 * len(MONITORS)
            kill.join()
    with RunningDispatcher(database, vault=VAULT) as dispatcher, api_of(dispatcher) as api:
        report(api, promised)
        deliveries = finished(api)
    assert len(deliveries) == 4 * len(MONITORS)
    assert {each["state"] for each in deliveries} == {"delivered"}
    assert_in_order(receiver.received, {each["id"] for each in deliveries})


def assert_in_order(received: list[Received], known: set[str]) -> None:
    """Every message is known, a repetition says the same, and no Error comes after its Ok."""
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
    later = level("pager", when={"error_for": "3s"}, reminders={"max": 1, "every": "1s"})
    with RunningDispatcher(database, vault=VAULT) as dispatcher, api_of(dispatcher) as api:
        push(api, monitor(), alert(later), pager(receiver.url))
        now = datetime.now(UTC).isoformat()
        check = {"id": "1", "monitor": "shop-home", "time": now, "status": "error"}
        assert api.post("/checks", json=check).status_code == 202
        dispatcher.kill()
    assert receiver.received == []
    with RunningDispatcher(database, vault=VAULT) as dispatcher, api_of(dispatcher) as api:
        receiver.wait_for(2)
        assert {each["state"] for each in finished(api)} == {"delivered"}
        dispatcher.kill()
    with RunningDispatcher(database, vault=VAULT) as dispatcher, api_of(dispatcher) as api:
        ok = {"id": "2", "monitor": "shop-home", "time": datetime.now(UTC).isoformat(), "status": "ok"}
        assert api.post("/checks", json=ok).status_code == 202
        received = receiver.wait_for(3)
    assert [each.json()["type"] for each in received] == ["Alert", "Reminder", "Ok"]
