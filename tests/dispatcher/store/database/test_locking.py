"""Another program keeps the SQLite file locked for longer than anybody waits."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from threading import Event
from time import monotonic

import pytest
from demo.receiver import Answer, Receiver
from tests.dispatcher.account import alert, level, monitor, pager
from tests.dispatcher.conftest import DispatcherFactory, RunningDispatcher

from tocsin_dispatcher.store.database import database, sqlite

DATABASES = ("sqlite",)
WAIT = 0.3
"""Seconds to wait for the file, and for one's turn, in place of 10 each."""
NAMES = [f"m-{number}" for number in range(30)]


@asynccontextmanager
async def locked(dispatchers: DispatcherFactory) -> AsyncIterator[None]:
    """Hold the file as a backup program does that goes about it the wrong way."""
    file = dispatchers.url.removeprefix("sqlite:///")
    connection = sqlite3.connect(file, timeout=20, isolation_level=None, check_same_thread=False)
    await asyncio.to_thread(connection.execute, "BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.close()


async def report(running_dispatcher: RunningDispatcher, name: str) -> tuple[int, dict[str, object]]:
    check = {"id": name, "monitor": name, "time": running_dispatcher.clock.now().isoformat(), "status": "error"}
    answer = await running_dispatcher.client.post("/api/v1/checks", json=check)
    return answer.status_code, answer.json()


async def test_each_of_many_reports_is_soon_refused_and_afterwards_every_message_comes_once(
    dispatchers: DispatcherFactory, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = [each for each in sqlite.PRAGMAS if "busy_timeout" not in each]
    monkeypatch.setattr(sqlite, "PRAGMAS", (*patient, f"PRAGMA busy_timeout = {round(WAIT * 1000)}"))
    monkeypatch.setattr(database, "WAIT_FOR_TURN", WAIT)
    free = Event()
    receiver.respond("/", lambda request: Answer(status=200 if free.wait(20) else 500))
    async with dispatchers.open() as running_dispatcher:
        await running_dispatcher.push(monitor(), *map(monitor, NAMES), alert(level("pager")), pager(receiver.url))
        assert (await report(running_dispatcher, "shop-home"))[0] == 202
        await asyncio.to_thread(receiver.wait_for, 1)
        async with locked(dispatchers):
            free.set()  # the message is delivered, and that can't be written down
            began = monotonic()
            refused = await asyncio.gather(*(report(running_dispatcher, name) for name in NAMES))
            assert monotonic() - began < WAIT * len(NAMES) / 2  # one behind the other, it would be all of it
            assert {status for status, _ in refused} == {503}
            assert (await running_dispatcher.get("/incidents"))["incidents"][0]["monitor"] == "shop-home"
        monkeypatch.setattr(database, "WAIT_FOR_TURN", 10.0)
        taken = [await report(running_dispatcher, name) for name in NAMES]
        assert taken == [(202, {"accepted": 1, "duplicates": 0})] * len(NAMES)
        for _ in range(5):  # whoever failed waits for a moment of the clock
            await running_dispatcher.pass_time(seconds=1)
        assert {state for _, _, state in await running_dispatcher.states()} == {"delivered"}
    keys = [each.json()["key"] for each in receiver.received]
    assert len(keys) == len(set(keys)) == len(NAMES) + 1
