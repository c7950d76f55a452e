"""kill -9 at a chosen moment, of a check or of a message: what must arrive, and how often.

On PostgreSQL the next process takes up what the killed one had claimed once that counts as dead, after 10 to 12 s.
"""

import json
import socket
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from time import sleep

import httpx
import psycopg
import pytest
from demo.dispatcher import TOKEN, RunningDispatcher
from demo.receiver import Answer, Received, Receiver
from tests.dispatcher.account import VAULT, alert, level, monitor, pager
from tests.e2e.conftest import api_of, finished, push
from tests.e2e.test_several_processes import report, server, shared, worker

from tocsin_dispatcher.store.database.locking import DEFINITIONS

__all__ = ["shared"]

Place = Path | str
"""A database: a file, or a URL of PostgreSQL."""
TAKEN_UP = 30.0
"""Seconds within which a message of a process that was killed comes again."""


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest) -> Place:
    """Return each database in turn."""
    found: Place = request.getfixturevalue("database" if request.param == "sqlite" else "shared")
    return found


@contextmanager
def serving(place: Place) -> Iterator[tuple[RunningDispatcher, httpx.Client]]:
    with RunningDispatcher(place, vault=VAULT) as dispatcher, api_of(dispatcher) as api:
        yield dispatcher, api


@contextmanager
def locked(place: Place) -> Iterator[None]:
    """Keep the dispatcher from writing; it can read."""
    with locked_file(place) if isinstance(place, Path) else locked_tables(place):
        yield


@contextmanager
def locked_tables(url: str) -> Iterator[None]:
    with psycopg.connect(url) as connection:
        connection.execute("LOCK TABLE monitor_state, delivery IN EXCLUSIVE MODE")
        yield


@contextmanager
def locked_file(database: Path) -> Iterator[None]:
    connection = sqlite3.connect(database, timeout=20, isolation_level=None, check_same_thread=False)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.close()


def assert_the_same(received: list[Received], times: int) -> None:
    """One message came so many times, with the same bytes under the same id."""
    assert len(received) == times
    assert len({(each.header("Tocsin-Delivery-Id"), each.body) for each in received}) == 1


def test_killed_before_a_message_is_sent_it_is_sent_once(shared: str, receiver: Receiver) -> None:
    receiver.respond("/", lambda request: Answer())
    with server(shared) as served, api_of(served) as api:  # nobody works, so nothing is sent
        push(api, monitor(), alert(level("pager")), pager(receiver.url))
        assert report(api, "shop-home").status_code == 202
        served.kill()
    assert receiver.received == []
    with worker(shared), server(shared) as served, api_of(served) as api:
        receiver.wait_for(1)
        assert {each["state"] for each in finished(api)} == {"delivered"}
        assert report(api, "shop-home").json() == {"accepted": 0, "duplicates": 1}
    assert_the_same(receiver.received, 1)


def test_killed_while_the_receiver_thinks_it_is_sent_again_once(place: Place, receiver: Receiver) -> None:
    killed = Event()
    receiver.respond("/", lambda request: Answer(status=200 if killed.wait(20) else 500))
    with serving(place) as (dispatcher, api):
        push(api, monitor(), alert(level("pager")), pager(receiver.url))
        assert report(api, "shop-home").status_code == 202
        receiver.wait_for(1)
        dispatcher.kill()
        killed.set()
    with serving(place) as (_, api):
        receiver.wait_for(2, TAKEN_UP)
        assert {each["state"] for each in finished(api)} == {"delivered"}
    assert_the_same(receiver.received, 2)


def test_killed_between_the_answer_and_its_record_it_is_sent_again_once(place: Place, receiver: Receiver) -> None:
    held_up = Event()
    with ExitStack() as held:

        def answer(request: Received) -> Answer:
            if len(receiver.received) == 1:
                held.enter_context(locked(place))
                held_up.set()
            return Answer()

        receiver.respond("/", answer)
        with serving(place) as (dispatcher, api):
            push(api, monitor(), alert(level("pager")), pager(receiver.url))
            assert report(api, "shop-home").status_code == 202
            assert held_up.wait(10)
            assert api.get("/deliveries").json()["deliveries"][0]["state"] == "sending"
            dispatcher.kill()
    with serving(place) as (_, api):
        receiver.wait_for(2, TAKEN_UP)
        assert {each["state"] for each in finished(api)} == {"delivered"}
    assert_the_same(receiver.received, 2)


def test_killed_after_the_record_it_is_not_sent_again(place: Place, receiver: Receiver) -> None:
    receiver.respond("/", lambda request: Answer())
    with serving(place) as (dispatcher, api):
        push(api, monitor(), alert(level("pager")), pager(receiver.url))
        assert report(api, "shop-home").status_code == 202
        assert {each["state"] for each in finished(api)} == {"delivered"}
        dispatcher.kill()
    with serving(place) as (_, api):
        assert report(api, "shop-home").json() == {"accepted": 0, "duplicates": 1}
        assert report(api, "shop-home", "ok").status_code == 202
        receiver.wait_for(2)
        assert len(finished(api)) == 2
    assert [each.json()["type"] for each in receiver.received] == ["Alert", "Ok"]


def begin_to_report(dispatcher: RunningDispatcher) -> socket.socket:
    """Send a check, and return the connection on which no answer was read yet."""
    check = {"id": "shop-home-error", "monitor": "shop-home", "time": datetime.now(UTC).isoformat(), "status": "error"}
    body = json.dumps(check)
    headers = (
        f"Host: x\r\nAuthorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    )
    url = httpx.URL(dispatcher.url)
    connection = socket.create_connection((url.host, url.port or 0), 20)
    connection.sendall(f"POST /api/v1/checks HTTP/1.1\r\n{headers}\r\n\r\n{body}".encode())
    return connection


def answer_on(connection: socket.socket) -> bytes:
    """Return what comes before the connection ends."""
    try:
        return connection.recv(1000)
    except ConnectionResetError:
        return b""


def test_killed_while_it_takes_a_check_nothing_was_promised_and_reported_again_it_is_new(
    place: Place, receiver: Receiver
) -> None:
    receiver.respond("/", lambda request: Answer())
    with serving(place) as (dispatcher, api):
        push(api, monitor(), alert(level("pager")), pager(receiver.url))
        with locked(place), begin_to_report(dispatcher) as reporting:
            for _ in range(2):  # whoever asks later is answered later: the check is being taken in
                assert api.get("/incidents").json()["incidents"] == []
            dispatcher.kill()
            assert answer_on(reporting) == b""
    with serving(place) as (_, api):
        assert report(api, "shop-home").json() == {"accepted": 1, "duplicates": 0}
        receiver.wait_for(1)
        assert {each["state"] for each in finished(api)} == {"delivered"}
    assert_the_same(receiver.received, 1)


def test_of_two_api_processes_one_is_killed_while_it_takes_a_check_and_the_other_takes_it(
    shared: str, receiver: Receiver
) -> None:
    receiver.respond("/", lambda request: Answer())
    with ExitStack() as running:
        one, other = running.enter_context(server(shared)), running.enter_context(server(shared))
        running.enter_context(worker(shared))
        apis = [running.enter_context(api_of(each)) for each in (one, other)]
        threads = running.enter_context(ThreadPoolExecutor())
        push(apis[0], monitor(), alert(level("pager")), pager(receiver.url))
        with psycopg.connect(shared) as holder:
            holder.execute("SELECT pg_advisory_xact_lock(%s)", [DEFINITIONS])
            reporting = threads.submit(report, apis[0], "shop-home")
            assert any(holder.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchone() for _ in range(100_000))
            one.kill()
            with pytest.raises(httpx.TransportError):
                reporting.result()
        assert report(apis[1], "shop-home").json() == {"accepted": 1, "duplicates": 0}
        receiver.wait_for(1)
        assert {each["state"] for each in finished(apis[1])} == {"delivered"}
    assert_the_same(receiver.received, 1)


def test_killed_while_a_busy_receiver_is_left_alone_it_is_left_alone_for_as_long(
    place: Place, receiver: Receiver
) -> None:
    receiver.respond("/", lambda request: Answer(429 if len(receiver.received) == 1 else 200, (("Retry-After", "4"),)))
    with serving(place) as (dispatcher, api):
        push(api, monitor(), alert(level("pager")), pager(receiver.url))
        assert report(api, "shop-home").status_code == 202
        held_until = wait_until_held(api)
        dispatcher.kill()
    with serving(place) as (_, api):
        receiver.wait_for(2, TAKEN_UP)
        assert receiver.received[1].at >= held_until
        assert {each["state"] for each in finished(api)} == {"delivered"}
    assert_the_same(receiver.received, 2)


def test_killed_between_an_answer_busy_and_its_record_it_is_sent_again(place: Place, receiver: Receiver) -> None:
    held_up = Event()
    with ExitStack() as held:

        def answer(request: Received) -> Answer:
            if len(receiver.received) == 1:
                held.enter_context(locked(place))
                held_up.set()
                return Answer(429, (("Retry-After", "3600"),))
            return Answer()

        receiver.respond("/", answer)
        with serving(place) as (dispatcher, api):
            push(api, monitor(), alert(level("pager")), pager(receiver.url))
            assert report(api, "shop-home").status_code == 202
            assert held_up.wait(10)
            dispatcher.kill()
    with serving(place) as (_, api):
        receiver.wait_for(2, TAKEN_UP)
        assert {each["state"] for each in finished(api)} == {"delivered"}
    assert_the_same(receiver.received, 2)


def test_killed_while_the_circuit_breaker_is_open_all_that_waits_is_sent_once_the_receiver_is_back(
    place: Place, receiver: Receiver
) -> None:
    receiver.respond("/", lambda request: Answer(503))
    monitors = [f"m-{number}" for number in range(4)]
    with serving(place) as (dispatcher, api):
        push(api, *map(monitor, monitors), alert(level("pager")), pager(receiver.url))
        for name in monitors:
            assert report(api, name).status_code == 202
        wait_until_held(api)
        dispatcher.kill()
    receiver.respond("/", lambda request: Answer())
    before = len(receiver.received)
    with serving(place) as (_, api):
        assert [each["circuit_breaker"] for each in api.get("/integrations").json()["integrations"]] != ["closed"]
        receiver.wait_for(before + 4, TAKEN_UP)
        assert {each["state"] for each in finished(api)} == {"delivered"}
    ids = [each.header("Tocsin-Delivery-Id") for each in receiver.received[before:]]
    assert len(ids) == len(set(ids)) == 4


def wait_until_held(api: httpx.Client) -> datetime:
    """Return until when the one integration is held, once it is."""
    for _ in range(100):
        (shown,) = api.get("/integrations").json()["integrations"]
        if shown["held_until"] is not None:
            return datetime.fromisoformat(shown["held_until"])
        sleep(0.1)
    raise AssertionError("it was not held")
