"""Several processes on one PostgreSQL: what is accepted arrives, whichever of them dies, and though the database does."""

import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from threading import Event
from time import monotonic

import httpx
import psycopg
import pytest
from demo.dispatcher import TOKEN, RunningDispatcher
from demo.receiver import Answer, Received, Receiver
from tests.dispatcher.account import VAULT, alert, level, monitor, pager
from tests.e2e.conftest import api_of, finished, push
from tests.postgres import Server

from tocsin_dispatcher.service.background import SWEEP_EVERY
from tocsin_dispatcher.store.processes import LIFE


@pytest.fixture
def shared(postgres: Server) -> Iterator[str]:
    """The URL of a database with Tocsin's tables."""
    with postgres.database() as url:
        yield url


def worker(url: str) -> RunningDispatcher:
    return RunningDispatcher(url, vault=VAULT, worker=True)


def server(url: str) -> RunningDispatcher:
    return RunningDispatcher(url, vault=VAULT, options=["--no-work"])


def report(api: httpx.Client, name: str, status: str = "error") -> httpx.Response:
    now = datetime.now(UTC).isoformat()
    return api.post("/checks", json={"id": f"{name}-{status}", "monitor": name, "time": now, "status": status})


def test_the_peer_of_a_killed_worker_takes_over_what_it_was_sending(shared: str, receiver: Receiver) -> None:
    killed = Event()
    receiver.respond("/", lambda request: Answer(status=200 if killed.wait(20) else 500))
    with ExitStack() as running:
        served = running.enter_context(server(shared))
        workers = {each.url: each for each in (running.enter_context(worker(shared)) for _ in range(2))}
        api = running.enter_context(api_of(served))
        push(api, monitor(), alert(level("pager")), pager(receiver.url))
        assert report(api, "shop-home").status_code == 202
        receiver.wait_for(1)
        with psycopg.connect(shared) as connection:
            holder = connection.execute("SELECT process FROM delivery").fetchone()
        assert holder is not None
        began = monotonic()
        workers[holder[0]].kill()
        killed.set()
        first, second = receiver.wait_for(2, timeout=30)
        assert monotonic() - began < (LIFE + SWEEP_EVERY).total_seconds() + 2
        assert {each["state"] for each in finished(api)} == {"delivered"}
    assert first.header("Tocsin-Delivery-Id") == second.header("Tocsin-Delivery-Id")
    assert first.body == second.body
    assert len(receiver.received) == 2


@pytest.mark.parametrize("seconds", [0, 5, 60], ids=["restarted", "gone for 5 s", "gone for 60 s"])
def test_while_the_database_is_gone_nothing_is_promised_and_afterwards_all_go_on(
    shared: str, postgres: Server, receiver: Receiver, seconds: int
) -> None:
    back = Event()

    def answer(request: Received) -> Answer:
        if "shop-home" in request.json()["key"]:
            back.wait(4)  # answered while the database is gone: the outcome can't be recorded yet
        return Answer(status=200)

    receiver.respond("/", answer)
    with ExitStack() as running:
        served = running.enter_context(server(shared))
        running.enter_context(worker(shared))
        api = running.enter_context(api_of(served))
        names = ("shop-home", "shop-cart", "shop-pay", "shop-late")
        timed = alert(level("pager", when={"error_for": "1s"}), name="late", groups=[], monitors=["shop-slow"])
        slow = monitor("shop-slow", groups=[])
        push(api, *map(monitor, names), slow, alert(level("pager")), timed, pager(receiver.url))
        assert report(api, "shop-home").status_code == 202
        receiver.wait_for(1)
        postgres.stop()
        try:
            began = monotonic()
            statuses = Counter[int]()
            while monotonic() - began < seconds:
                statuses[report(api, "shop-cart").status_code] += 1
                back.wait(0.2)
            assert set(statuses) == ({503} if seconds else set())
        finally:
            postgres.start()
        back.set()
        accepted(api, "shop-cart")
        accepted(api, "shop-pay")
        receiver.wait_for(3, timeout=20)
        assert {each["state"] for each in finished(api)} == {"delivered"}
        accepted(api, "shop-late")  # nothing is under way any more: somebody must be woken for it
        accepted(api, "shop-slow")  # and a timer must fire
        receiver.wait_for(5, timeout=20)
        assert {each["state"] for each in finished(api)} == {"delivered"}
    assert len(receiver.received) == 5


def accepted(api: httpx.Client, name: str) -> None:
    """Report until it is accepted, as a monitoring system does; at the latest after 10 s."""
    began = monotonic()
    while (status := report(api, name).status_code) != 202:
        assert (status, monotonic() - began < 10) == (503, True)


def test_a_worker_can_tell_how_it_is_and_what_it_sent(shared: str, receiver: Receiver) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    working = RunningDispatcher(shared, vault=VAULT, worker=True, options=["--health-port", str(port)])
    with server(shared) as served, working, api_of(served) as api:
        push(api, monitor(), alert(level("pager")), pager(receiver.url))
        assert report(api, "shop-home").status_code == 202
        assert {each["state"] for each in finished(api)} == {"delivered"}
        patient = httpx.HTTPTransport(retries=8)
        headers = {"Authorization": f"Bearer {TOKEN}"}
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", transport=patient, trust_env=False) as client:
            assert client.get("/healthz").json() == {"ok": True, "reasons": []}
            assert client.get("/readyz").status_code == 200
            assert 'tocsin_notifications_total{integration="pager"} 1.0' in client.get("/metrics", headers=headers).text
            assert client.get("/metrics").status_code == 401
            assert client.post("/api/v1/checks", json={}, headers=headers).status_code == 404
