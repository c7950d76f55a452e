"""kill -9 at a chosen moment, of a check or of a message: what must arrive, and how often."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event

import httpx
import psycopg
import pytest
from demo.dispatcher import RunningDispatcher
from demo.receiver import Answer, Received, Receiver
from tests.dispatcher.account import VAULT, alert, level, monitor, pager
from tests.e2e.conftest import api_of, finished, push
from tests.e2e.test_several_processes import report, server, shared, worker

from tocsin_dispatcher.store.locking import DEFINITIONS

__all__ = ["shared"]


@contextmanager
def serving(database: Path) -> Iterator[tuple[RunningDispatcher, httpx.Client]]:
    with RunningDispatcher(database, vault=VAULT) as dispatcher, api_of(dispatcher) as api:
        yield dispatcher, api


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """Keep the dispatcher from writing."""
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


def test_killed_while_the_receiver_thinks_it_is_sent_again_once(database: Path, receiver: Receiver) -> None:
    killed = Event()
    receiver.respond("/", lambda request: Answer(status=200 if killed.wait(20) else 500))
    with serving(database) as (dispatcher, api):
        push(api, monitor(), alert(level("pager")), pager(receiver.url))
        assert report(api, "shop-home").status_code == 202
        receiver.wait_for(1)
        dispatcher.kill()
        killed.set()
    with serving(database) as (_, api):
        receiver.wait_for(2)
        assert {each["state"] for each in finished(api)} == {"delivered"}
    assert_the_same(receiver.received, 2)


def test_killed_between_the_answer_and_its_record_it_is_sent_again_once(database: Path, receiver: Receiver) -> None:
    held_up = Event()
    with ExitStack() as held:

        def answer(request: Received) -> Answer:
            if len(receiver.received) == 1:
                held.enter_context(locked(database))
                held_up.set()
            return Answer()

        receiver.respond("/", answer)
        with serving(database) as (dispatcher, api):
            push(api, monitor(), alert(level("pager")), pager(receiver.url))
            assert report(api, "shop-home").status_code == 202
            assert held_up.wait(10)
            assert api.get("/deliveries").json()["deliveries"][0]["state"] == "sending"
            dispatcher.kill()
    with serving(database) as (_, api):
        receiver.wait_for(2)
        assert {each["state"] for each in finished(api)} == {"delivered"}
    assert_the_same(receiver.received, 2)


def test_killed_after_the_record_it_is_not_sent_again(database: Path, receiver: Receiver) -> None:
    receiver.respond("/", lambda request: Answer())
    with serving(database) as (dispatcher, api):
        push(api, monitor(), alert(level("pager")), pager(receiver.url))
        assert report(api, "shop-home").status_code == 202
        assert {each["state"] for each in finished(api)} == {"delivered"}
        dispatcher.kill()
    with serving(database) as (_, api):
        assert report(api, "shop-home").json() == {"accepted": 0, "duplicates": 1}
        assert report(api, "shop-home", "ok").status_code == 202
        receiver.wait_for(2)
        assert len(finished(api)) == 2
    assert [each.json()["type"] for each in receiver.received] == ["Alert", "Ok"]


def test_killed_while_it_takes_a_check_nothing_was_promised_and_reported_again_it_is_new(
    database: Path, receiver: Receiver
) -> None:
    receiver.respond("/", lambda request: Answer())
    with serving(database) as (dispatcher, api), ThreadPoolExecutor() as threads:
        push(api, monitor(), alert(level("pager")), pager(receiver.url))
        with locked(database):
            reporting = threads.submit(report, api, "shop-home")
            with api_of(dispatcher) as other:
                assert other.get("/incidents").json()["incidents"] == []
            dispatcher.kill()
        with pytest.raises(httpx.TransportError):
            reporting.result()
    with serving(database) as (_, api):
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
