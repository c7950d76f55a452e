"""What a connection may ask of the port, on a real one."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from tocsin_dispatcher.server.connections import ConnectionLimits, Connections
from tocsin_dispatcher.server.protocol import (
    AHEAD,
    HEAD_BYTES,
    HEAD_FIELDS,
    HEAD_SECONDS,
    REST_SECONDS,
    UNREAD_SECONDS,
    LimitedProtocol,
    limited,
)

HEALTH = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
BEGUN = b"GET /a HTTP/1.1\r\nHost: x\r\nX-A: "
LARGE = 16 * 1024 * 1024


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the path and how much came; `/unread` reads nothing, `/large` answers a lot."""
    size, path = 0, scope["path"]
    while path != "/unread":
        message = await receive()
        size += len(message.get("body", b""))
        if not message.get("more_body"):
            break
    body = b"x" * LARGE if path == "/large" else f"{path} {size}\n".encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@dataclass
class Port:
    """A port that is served, and its connections."""

    number: int
    counted: Connections

    async def answers(self, *parts: bytes) -> bytes:
        """Return all that comes back until the connection is closed, or nothing more comes."""
        async with self.opened(*parts) as (reader, _):
            return await whole(reader)

    @asynccontextmanager
    async def opened(self, *parts: bytes) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """Yield a connection on which that has been sent."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.number)
        try:
            for part in parts:
                writer.write(part)
                await writer.drain()
            yield reader, writer
        finally:
            writer.transport.abort()

    def later(self, seconds: float) -> None:
        """Look at the connections as if so much time had passed."""
        self.counted.end_late(asyncio.get_running_loop().time() + seconds)


async def whole(reader: asyncio.StreamReader) -> bytes:
    found = b""
    try:
        async with asyncio.timeout(20):
            while part := await reader.read(65536):
                found += part
    except ConnectionResetError:
        pass
    return found


@asynccontextmanager
async def serving(connections: int = 500, per_address: int = 100) -> AsyncIterator[Port]:
    counted = Connections(ConnectionLimits(connections, per_address))
    config = uvicorn.Config(
        application,
        http=cast(type[asyncio.Protocol], limited(counted)),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        port=0,
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    try:
        yield Port(server.servers[0].sockets[0].getsockname()[1], counted)
    finally:
        server.force_exit = True
        await server.shutdown()


def last(path: str, body: bytes = b"") -> bytes:
    """Return a request after which the connection is closed."""
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def request(path: str, body: bytes = b"") -> bytes:
    return f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


async def test_a_usual_request_is_answered() -> None:
    async with serving() as port:
        assert (await port.answers(last("/a", b"12345"))).endswith(b"/a 5\n")


async def test_a_head_that_is_large_but_not_too_large_is_read() -> None:
    padding = b"X-A: " + b"a" * (HEAD_BYTES - 200) + b"\r\n"
    async with serving() as port:
        answer = await port.answers(b"GET /a HTTP/1.1\r\nConnection: close\r\n" + padding, b"\r\n")
        assert status(answer) == 200


@pytest.mark.parametrize(
    "head",
    {
        "one whole field": BEGUN + b"a" * (HEAD_BYTES + 1) + b"\r\n\r\n",
        "whole fields": BEGUN + b"a\r\n" + (b"X-A: " + b"a" * (HEAD_BYTES // 4) + b"\r\n") * 4 + b"\r\n",
        "one field that doesn't end": BEGUN + b"a" * (HEAD_BYTES + 1),
        "a target that doesn't end": b"GET /" + b"a" * (HEAD_BYTES + 1),
        "many fields that don't end": b"GET / HTTP/1.1\r\n" + b"a:\r\n" * (HEAD_FIELDS + 2),
        "many fields": b"GET / HTTP/1.1\r\n" + b"a:\r\n" * (HEAD_FIELDS + 1) + b"\r\n",
        "empty lines": b"\r\n" * HEAD_BYTES,
    }.items(),
    ids=lambda item: item[0],
)
async def test_a_head_without_end_is_refused(head: tuple[str, bytes]) -> None:
    async with serving() as port:
        answer = await port.answers(head[1])
        assert status(answer) == 431
        said = json.loads(answer.partition(b"\r\n\r\n")[2])
        assert said == {
            "error": "too_large",
            "message": "the head of a request may have 100 fields in 64 KiB at the most",
        }


async def test_the_second_head_of_a_connection_has_the_same_limit() -> None:
    async with serving() as port, port.opened(request("/a", b"x" * 100_000)) as (reader, writer):
        await reader.readuntil(b"/a 100000\n")
        writer.write(BEGUN + b"a" * (HEAD_BYTES + 1))
        assert status(await whole(reader)) == 431


@pytest.mark.parametrize("size", [1, 7, 100, 4096, 65_535, 65_536, 65_537, 300_000])
async def test_however_requests_are_cut_they_are_answered_the_same(size: int) -> None:
    sent = b"".join(
        [*(request(f"/{number}", b"b" * 70_000) for number in range(AHEAD - 1)), last("/last", b"b" * 70_000)]
    )
    if size < 100:
        sent = b"".join([*(request(f"/{number}", b"b" * 9) for number in range(3)), last("/last", b"b" * 9)])
    async with serving() as port:
        answer = await port.answers(*(sent[start : start + size] for start in range(0, len(sent), size)))
    said = [line for line in answer.splitlines() if line.startswith(b"/")]
    assert answer.count(b"HTTP/1.1 200 OK") == len(said)
    assert said[0].startswith(b"/0 ")
    assert said[-1].startswith(b"/last ")


async def test_too_many_requests_ahead_of_their_answers_are_refused() -> None:
    async with serving() as port:
        answer = await port.answers(b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n" * (AHEAD + 2))
        assert b"HTTP/1.1 200" not in answer  # the connection was closed before the first was looked at


@pytest.mark.parametrize("sent", [b"", b"GET", BEGUN, b"\r\n"])
async def test_a_head_that_takes_too_long_is_ended(sent: bytes) -> None:
    async with serving() as port, port.opened(HEALTH, sent) as (reader, _):
        await reader.readuntil(b"/healthz 0\n")
        port.later(HEAD_SECONDS - 1)
        async with port.opened(sent) as (fresh, _):
            await port.answers(last("/until/both/are/read"))
            port.later(HEAD_SECONDS + 1)
            assert status(await whole(fresh)) == 408
            if sent.strip():  # empty lines behind a request belong to it
                assert status(await whole(reader)) == 408


async def test_a_body_that_was_answered_before_it_came_ends_soon() -> None:
    async with (
        serving() as port,
        port.opened(b"POST /unread HTTP/1.1\r\nContent-Length: 99\r\n\r\nx") as (reader, writer),
    ):
        await reader.readuntil(b"/unread 0\n")
        port.later(REST_SECONDS - 1)
        writer.write(b"y" * 98 + last("/b"))
        assert (await whole(reader)).endswith(b"/b 0\n")
    async with (
        serving() as port,
        port.opened(b"POST /unread HTTP/1.1\r\nContent-Length: 99\r\n\r\nx") as (reader, writer),
    ):
        await reader.readuntil(b"/unread 0\n")
        port.later(REST_SECONDS + 1)
        assert await whole(reader) == b""


async def test_a_client_that_does_not_read_its_answer_is_left() -> None:
    async with serving() as port, port.opened(last("/large")) as (reader, _):
        await reader.readexactly(1000)
        port.later(0)
        port.later(UNREAD_SECONDS - 1)
        port.later(UNREAD_SECONDS + 1)
        assert len(await whole(reader)) < LARGE


async def test_a_client_that_reads_its_answer_slowly_is_not() -> None:
    async with serving() as port, port.opened(last("/large")) as (reader, _):
        read = len(await reader.readexactly(1000))
        (connection,) = port.counted._addresses
        assert isinstance(connection, LimitedProtocol)
        seconds = 0.0
        while left := connection.transport.get_write_buffer_size():
            port.later(seconds := seconds + UNREAD_SECONDS - 1)
            while connection.transport.get_write_buffer_size() == left:
                read += len(await reader.read(65536))
        assert read + len(await whole(reader)) > LARGE


async def test_beyond_the_limit_health_is_answered_and_nothing_else() -> None:
    async with serving(per_address=2) as port, port.opened(BEGUN), port.opened(BEGUN):
        beyond = await port.answers(b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
        assert status(beyond) == 503
        assert b"Retry-After: 1\r\n" in beyond
        assert json.loads(beyond.partition(b"\r\n\r\n")[2])["error"] == "unavailable"
        for sent in ([HEALTH], [HEALTH[:1], HEALTH[1:]], [HEALTH[:20], HEALTH[20:]], [HEALTH + last("/a")]):
            healthy = await port.answers(*sent)
            assert status(healthy) == 200
            assert healthy.endswith(b"/healthz 0\n")  # and the connection is closed
        assert status(await port.answers(b"GET /healthzz HTTP/1.1\r\n\r\n")) == 503
        assert status(await port.answers(b"POST /healthz HTTP/1.1\r\n\r\n")) == 503


async def test_who_says_nothing_in_the_reserve_is_refused() -> None:
    async with serving(connections=1) as port, port.opened(BEGUN), port.opened(b"GET /h") as (reader, _):
        await port.answers(HEALTH)
        port.later(3)
        assert status(await whole(reader)) == 503


async def test_the_end_of_a_connection_makes_room() -> None:
    async with serving(connections=1) as port:
        for _ in range(3):
            assert status(await port.answers(last("/a"))) == 200
        async with port.opened(BEGUN):
            assert status(await port.answers(last("/a"))) == 503


async def test_who_sends_on_although_refused_reads_why() -> None:
    sent = last("/a", b"x" * 1_000_000)
    async with serving(connections=1) as port, port.opened(BEGUN), port.opened(sent, b"y" * 1_000_000) as (reader, _):
        assert status(await whole(reader)) == 503
        port.later(2)


async def test_an_upgrade_is_not_made_and_fills_no_log(caplog: pytest.LogCaptureFixture) -> None:
    upgrade = b"GET /a HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n"
    async with serving() as port:
        assert status(await port.answers(upgrade)) == 200
    assert not [each for each in caplog.records if "pgrade" in each.message or "WebSocket" in each.message]
