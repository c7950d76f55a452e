"""PostgreSQL is there and says nothing, as behind a network that swallows packets: who asks is soon answered 503."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic
from urllib.parse import unquote

import pytest
from demo.receiver import Receiver
from tests.dispatcher.account import alert, level, monitor, pager
from tests.dispatcher.conftest import DispatcherFactory, RunningDispatcher

from tocsin_dispatcher.store.database import database

DATABASES = ("postgresql",)
WAIT = 0.3
"""Seconds to wait for the server, in place of 10."""
NAMES = [f"m-{number}" for number in range(30)]


class Network:
    """What lies between a dispatcher and its database; it can swallow whatever is sent."""

    def __init__(self, socket: str) -> None:
        self._socket = socket
        self._passes = asyncio.Event()
        self._passes.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._connections: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def swallowing(self) -> AsyncIterator[None]:
        self._passes.clear()
        try:
            yield
        finally:
            self._passes.set()

    def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.add(asyncio.create_task(self._serve(reader, writer)))

    async def end(self) -> None:
        for writer in self._writers:
            writer.close()
        await asyncio.gather(*self._connections)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._passes.wait()
        there, back = await asyncio.open_unix_connection(self._socket)
        self._writers |= {writer, back}
        await asyncio.gather(self._pass_on(reader, back), self._pass_on(there, writer))

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                await self._passes.wait()
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def behind_a_network(dispatchers: DispatcherFactory) -> AsyncIterator[Network]:
    """Have dispatchers reach the database through a network."""
    before, _, folder = dispatchers.url.partition("?host=")
    network = Network(f"{unquote(folder)}/.s.PGSQL.5432")
    server = await asyncio.start_server(network.connect, "127.0.0.1", 0)
    dispatchers.url = before.replace("@/", f"@127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    try:
        yield network
    finally:
        server.close()
        await network.end()


async def report(running_dispatcher: RunningDispatcher, name: str) -> tuple[int, str | None]:
    check = {"id": name, "monitor": name, "time": running_dispatcher.clock.now().isoformat(), "status": "error"}
    answer = await running_dispatcher.client.post("/api/v1/checks", json=check)
    return answer.status_code, answer.headers.get("Retry-After")


async def test_each_of_many_reports_is_soon_refused_and_afterwards_every_message_comes_once(
    dispatchers: DispatcherFactory, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with behind_a_network(dispatchers) as network, dispatchers.open() as running_dispatcher:
        await running_dispatcher.push(monitor(), *map(monitor, NAMES), alert(level("pager")), pager(receiver.url))
        monkeypatch.setattr(database, "WAIT_FOR_ANSWER", WAIT)
        async with network.swallowing():
            began = monotonic()
            refused = await asyncio.gather(*(report(running_dispatcher, name) for name in NAMES))
            ready = await running_dispatcher.client.get("/readyz")
            assert monotonic() - began < WAIT * len(NAMES) / 2
            assert set(refused) == {(503, "1")}
            assert ready.json() == {"ok": False, "reasons": ["the database can't be used: it gives no answer"]}
        monkeypatch.setattr(database, "WAIT_FOR_ANSWER", 10.0)
        assert [await report(running_dispatcher, name) for name in NAMES] == [(202, None)] * len(NAMES)
        for _ in range(5):  # whoever failed waits for a moment of the clock
            await running_dispatcher.pass_time(seconds=5)
        assert {state for _, _, state in await running_dispatcher.states()} == {"delivered"}
    keys = [each.json()["key"] for each in receiver.received]
    assert len(keys) == len(set(keys)) == len(NAMES)
