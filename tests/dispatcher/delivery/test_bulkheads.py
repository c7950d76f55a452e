"""Whatever phase an integration's requests hang in, the messages of a well one take as long as ever."""

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Any

import pytest
from demo.receiver import Answer, Received, Receiver
from tests.dispatcher.account import Document, alert, level, monitor, pager
from tests.dispatcher.conftest import DispatcherFactory, RunningDispatcher
from tests.dispatcher.sending.raw_server import Behaviour, raw_server, read_head, writing

from tocsin_dispatcher.delivery import drains
from tocsin_dispatcher.delivery.turn import Rendered, Turns
from tocsin_dispatcher.sending.connections.tls_files import TlsContexts
from tocsin_dispatcher.sending.sender import Exchange
from tocsin_dispatcher.sending.step import StepResult
from tocsin_dispatcher.service import wiring

STORM = 12
"""Messages of each integration that hangs."""
QUICK = 8
"""Messages of the well one before and while the others hang, of which the quickest counts: other programs run here too."""
LONGER = 0.1
"""Seconds that it may take longer; on a machine so busy that it usually takes more than half of that, twice as long as usual."""


class NameServers:
    """The system's resolver: of some names the name server is silent until the end."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._real = socket.getaddrinfo
        self._over = threading.Event()
        self.asked: list[str] = []
        monkeypatch.setattr(socket, "getaddrinfo", self._look_up)

    def end(self) -> None:
        """Let them answer that there is no such name."""
        self._over.set()

    def _look_up(self, host: Any, *rest: Any, **more: Any) -> Any:
        if not str(host).endswith(".example"):
            return self._real(host, *rest, **more)
        self.asked.append(host)
        if host.startswith("silent"):
            self._over.wait(60)
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return self._real("127.0.0.1", *rest, **more)


@pytest.fixture
def name_servers(monkeypatch: pytest.MonkeyPatch) -> Iterator[NameServers]:
    servers = NameServers(monkeypatch)
    yield servers
    servers.end()


@contextmanager
def full_backlog() -> Iterator[str]:
    """Yield a URL whose port is listened to and takes no connection: the kernel drops what asks for one."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        address, waiting = listening.getsockname(), list[socket.socket]()
        try:
            for _ in range(4):
                each = socket.socket()
                each.setblocking(False)
                each.connect_ex(address)
                waiting.append(each)
            yield f"http://127.0.0.1:{address[1]}"
        finally:
            for each in waiting:
                each.close()


def hangs_after(*parts: bytes, reads_head: bool = True) -> Behaviour:
    """Return a behaviour that says no more than this, and waits."""

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if reads_head:
            await read_head(reader)
        for part in parts:
            writer.write(part)
        await reader.read()

    return behave


@asynccontextmanager
async def hanging() -> AsyncIterator[dict[str, Document]]:
    """Yield integrations by the phase that their requests hang in."""
    async with AsyncExitStack() as stack:
        tls = await stack.enter_async_context(raw_server(hangs_after(reads_head=False)))
        head = await stack.enter_async_context(raw_server(hangs_after(b"HTTP/1.1 200 OK\r\nX-More: ")))
        body = await stack.enter_async_context(
            raw_server(hangs_after(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"))
        )
        urls = {
            "lookup": "http://silent-{{@RandomGuid()}}.example",
            "connect": stack.enter_context(full_backlog()),
            "tls": tls.replace("http:", "https:"),
            "head": head,
            "body": body,
            "judging": await stack.enter_async_context(raw_server(writing(b"HTTP/1.1 200 OK\r\n\r\n"))),
        }
        yield {phase: pager(url, f"hangs-in-{phase}") for phase, url in urls.items()}


@pytest.fixture
def judging_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the judgement of one integration's answers never end, once these are there."""
    send = Turns.send

    async def hanging(self: Turns, rendered: Rendered) -> Exchange | StepResult | None:
        exchange = await send(self, rendered)
        if rendered.claimed.integration == "hangs-in-judging":
            await asyncio.Event().wait()
        return exchange

    monkeypatch.setattr(Turns, "send", hanging)


class Well:
    """A receiver that answers at once, and says when it was asked."""

    def __init__(self, receiver: Receiver) -> None:
        self._loop = asyncio.get_running_loop()
        self._asked = asyncio.Event()
        self.url = f"http://well-{{{{@RandomGuid()}}}}.example:{receiver.port}"
        receiver.respond("/well", self._answer)

    def _answer(self, _: Received) -> Answer:
        self._loop.call_soon_threadsafe(self._asked.set)
        return Answer()

    async def seconds_until_asked(self, running_dispatcher: RunningDispatcher, monitor: str) -> float:
        """Return how long it takes from the report of an error until the receiver is asked."""
        self._asked.clear()
        began = time.perf_counter()
        await report(running_dispatcher, monitor)
        async with asyncio.timeout(20):
            await self._asked.wait()
        return time.perf_counter() - began


async def report(running_dispatcher: RunningDispatcher, *monitors: str) -> None:
    now = running_dispatcher.clock.now().isoformat()
    checks = [{"id": f"{name}-1", "monitor": name, "time": now, "status": "error"} for name in monitors]
    assert (await running_dispatcher.client.post("/api/v1/checks", json={"checks": checks})).status_code == 202


async def quickest(running_dispatcher: RunningDispatcher, well: Well, which: str) -> float:
    """Return the seconds that the quickest of several messages took to the well receiver."""
    names = [f"{which}-{number}" for number in range(QUICK)]
    return min([await well.seconds_until_asked(running_dispatcher, name) for name in names])


async def states(running_dispatcher: RunningDispatcher, *integrations: str) -> set[str]:
    found = (await running_dispatcher.get("/deliveries", limit=1000))["deliveries"]
    return {each["state"] for each in found if each["integration"] in integrations}


async def all_sending(running_dispatcher: RunningDispatcher, *integrations: str) -> None:
    """Wait until every message of these is under way."""
    async with asyncio.timeout(20):
        while await states(running_dispatcher, *integrations) != {"sending"}:  # noqa: ASYNC110  # nothing but the API says so
            await asyncio.sleep(0.02)


async def test_a_well_receiver_waits_for_none_that_hangs_in_whatever_phase(
    dispatchers: DispatcherFactory,
    receiver: Receiver,
    name_servers: NameServers,
    judging_hangs: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(drains, "GRACE", 0.1)
    trusting = TlsContexts(ssl.create_default_context())
    async with hanging() as ill, dispatchers.open(tls=trusting) as running_dispatcher:
        well = Well(receiver)
        names = [each["name"] for each in ill.values()]
        await running_dispatcher.push(
            *(
                monitor(f"{which}-{number}", groups=["quiet"])
                for which in ("before", "while")
                for number in range(QUICK)
            ),
            *(monitor(f"storm-{number}", groups=["storm"]) for number in range(STORM)),
            alert(level("well"), name="quiet", groups=["quiet"]),
            alert(level(*names), name="storm", groups=["storm"]),
            pager(well.url, "well"),
            *ill.values(),
        )
        usual = await quickest(running_dispatcher, well, "before")
        await report(running_dispatcher, *(f"storm-{number}" for number in range(STORM)))
        await all_sending(running_dispatcher, *names)
        took = await quickest(running_dispatcher, well, "while")
        assert await states(running_dispatcher, *names) == {"sending"}  # not one of them has come to an end
    assert took < usual + max(LONGER, 2 * usual)


async def test_a_well_receiver_has_a_connection_left_though_those_that_hang_have_all_others(
    dispatchers: DispatcherFactory, receiver: Receiver, name_servers: NameServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drains, "GRACE", 0.1)
    monkeypatch.setattr(wiring, "most_connections", lambda: 8)
    async with raw_server(hangs_after()) as url, dispatchers.open() as running_dispatcher:
        well = Well(receiver)
        names = ["ill", "sick"]
        await running_dispatcher.push(
            *(monitor(f"quiet-{number}", groups=["quiet"]) for number in range(3)),
            *(monitor(f"storm-{number}", groups=["storm"]) for number in range(STORM)),
            alert(level("well"), name="quiet", groups=["quiet"]),
            alert(level(*names), name="storm", groups=["storm"]),
            pager(well.url, "well"),
            *(pager(url, name) for name in names),
        )
        await report(running_dispatcher, *(f"storm-{number}" for number in range(STORM)))
        await all_sending(running_dispatcher, *names)
        for number in range(3):
            await well.seconds_until_asked(running_dispatcher, f"quiet-{number}")
        assert await states(running_dispatcher, *names) == {"sending"}
