"""Whatever a receiver does, its message stays, the attempt log says what happened, and it arrives once it can.

What one request may meet is in `tests/dispatcher/sending/test_misbehaving_receivers.py`; this is the whole way from a check.
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
import trustme
from demo.receiver import Receiver
from tests.dispatcher.account import alert, level, monitor, pager
from tests.dispatcher.conftest import DispatcherFactory, RunningDispatcher
from tests.dispatcher.sending.raw_server import Behaviour, raw_server, writing
from tests.dispatcher.sending.test_misbehaving_receivers import (
    HEAD,
    dripping_body,
    gzip_bomb,
    silent,
)

from tocsin_dispatcher.sending.connections.tls_files import TlsContexts
from tocsin_dispatcher.sending.sender import Sender
from tocsin_dispatcher.service import wiring

DEADLINE = 1.0
"""Seconds that a request may take here, where one is to take too long."""

OK = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def answering(text: str, body: bytes = b"") -> Behaviour:
    head = text if "\r\n" in text else f"HTTP/1.1 {text}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return writing(head.encode(), body)


@asynccontextmanager
async def first_so(behave: Behaviour) -> AsyncIterator[tuple[str, list[int]]]:
    """Behave so for the first connection and well for all others; yields the URL and a list as long as they are many."""
    seen: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(1)
        await (behave if len(seen) == 1 else answering(OK))(reader, writer)

    async with raw_server(serve) as url:
        yield url, seen


async def first_attempt(running_dispatcher: RunningDispatcher) -> dict[str, Any]:
    """Return the one delivery's only attempt; it is pending and has one."""
    (listed,) = (await running_dispatcher.get("/deliveries"))["deliveries"]
    assert listed["state"] == "pending"
    attempt: dict[str, Any]
    (attempt,) = (await running_dispatcher.get(f"/deliveries/{listed['id']}"))["attempt_log"]
    return attempt


FAILING = {
    "hangs": (silent, f"gave no answer within {DEADLINE:g} s"),
    "hangs up": (writing(), "closed the connection without an answer"),
    "500": (answering("500 Internal Server Error", b"oh no"), "500"),
    "garbage": (writing(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), "answered something that is not HTTP"),
    "500 of 10 MB": (answering("500 No", b"z" * 10_000_000), "500"),
}


@pytest.mark.parametrize("behaves", FAILING)
async def test_a_message_that_fails_is_kept_with_the_reason_and_arrives_at_the_next_attempt(
    dispatchers: DispatcherFactory, behaves: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    behave, reason = FAILING[behaves]
    if behaves == "hangs":
        monkeypatch.setattr(wiring, "Sender", partial(Sender, deadline=DEADLINE))
    async with first_so(behave) as (url, connections), dispatchers.open() as running_dispatcher:
        await running_dispatcher.push(monitor(), alert(level("pager")), pager(url))
        await running_dispatcher.check("error")
        attempt = await first_attempt(running_dispatcher)
        assert not attempt["succeeded"]
        assert reason in str(attempt["failures"])
        assert attempt["request"]["url"] == f"{url}/pager"
        await running_dispatcher.pass_time(seconds=4)
        assert len(connections) == 1
        await running_dispatcher.pass_time(seconds=1)
        assert await running_dispatcher.states() == [("pager", "error", "delivered")]
        assert len(connections) == 2


UNCLEAR = {
    "drips": (dripping_body, f"gave no whole answer within {DEADLINE:g} s"),
    "301": (answering("HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/x\r\nContent-Length: 0\r\n\r\n"), "301"),
    "breaks off": (writing(HEAD + b"Content-Length: 100\r\n\r\n", b"half"), "broke off its answer"),
}


@pytest.mark.parametrize("behaves", UNCLEAR)
async def test_a_message_that_was_taken_with_an_answer_that_can_t_be_read_is_not_repeated(
    dispatchers: DispatcherFactory, behaves: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    behave, reason = UNCLEAR[behaves]
    if behaves == "drips":
        monkeypatch.setattr(wiring, "Sender", partial(Sender, deadline=DEADLINE))
    async with first_so(behave) as (url, connections), dispatchers.open() as running_dispatcher:
        await running_dispatcher.push(monitor(), alert(level("pager")), pager(url))
        await running_dispatcher.check("error")
        (listed,) = (await running_dispatcher.get("/deliveries"))["deliveries"]
        assert (listed["state"], listed["outcome"]) == ("failed", "unclear")
        assert reason in str(listed["failures"])
        await running_dispatcher.pass_time(days=2)
        assert len(connections) == 1


BOMB = gzip_bomb(30)
LARGE = {
    "10 MB": answering("200 OK", b"y" * 10_000_000),
    "a gzip bomb": writing(
        HEAD + b"Content-Encoding: gzip\r\nContent-Length: " + str(len(BOMB)).encode() + b"\r\n\r\n", BOMB
    ),
}


@pytest.mark.parametrize("answer", LARGE)
async def test_a_large_answer_delivers_once_and_64_kib_of_it_are_kept(
    running_dispatcher: RunningDispatcher, answer: str
) -> None:
    async with first_so(LARGE[answer]) as (url, connections):
        await running_dispatcher.push(monitor(), alert(level("pager")), pager(url))
        await running_dispatcher.check("error")
        (listed,) = (await running_dispatcher.get("/deliveries"))["deliveries"]
        (attempt,) = (await running_dispatcher.get(f"/deliveries/{listed['id']}"))["attempt_log"]
        assert (listed["state"], attempt["succeeded"], len(connections)) == ("delivered", True, 1)
        assert len(attempt["response"]["body"]) <= 65536
        assert attempt["response"]["truncated"]


async def test_a_receiver_that_refuses_is_tried_until_it_listens(running_dispatcher: RunningDispatcher) -> None:
    with socket.socket() as port:
        port.bind(("127.0.0.1", 0))
        host, number = port.getsockname()
        await running_dispatcher.push(monitor(), alert(level("pager")), pager(f"http://{host}:{number}"))
        await running_dispatcher.check("error")
        assert f"can't connect to {host}:{number}" in str((await first_attempt(running_dispatcher))["failures"])
    with Receiver(number) as receiver:
        await running_dispatcher.pass_time(seconds=5)
        assert await running_dispatcher.states() == [("pager", "error", "delivered")]
        assert len(receiver.received) == 1


@pytest.mark.parametrize("asked", ["120", "Mon, 02 Mar 2026 12:02:00 GMT"])
async def test_a_429_is_logged_and_its_wait_is_kept(running_dispatcher: RunningDispatcher, asked: str) -> None:
    head = f"HTTP/1.1 429 Too Many Requests\r\nRetry-After: {asked}\r\nContent-Length: 0\r\n\r\n"
    async with first_so(answering(head)) as (url, connections):
        await running_dispatcher.push(monitor(), alert(level("pager")), pager(url))
        await running_dispatcher.check("error")
        assert (await first_attempt(running_dispatcher))["response"]["status"] == 429
        await running_dispatcher.pass_time(seconds=119)
        assert len(connections) == 1
        await running_dispatcher.pass_time(seconds=1)
        assert (await running_dispatcher.states(), len(connections)) == ([("pager", "error", "delivered")], 2)


def certificate(kind: str, authority: trustme.CA) -> trustme.LeafCert:
    if kind == "of another host":
        return authority.issue_cert("elsewhere.example.com")
    past = datetime.now(UTC) - timedelta(days=1) if kind == "expired" else None
    return authority.issue_cert("127.0.0.1", not_after=past)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("of an unknown authority", "unable to get local issuer certificate"),
        ("expired", "certificate has expired"),
        ("of another host", "IP address mismatch"),
    ],
)
async def test_nothing_is_said_to_a_receiver_with_a_bad_certificate(
    dispatchers: DispatcherFactory, kind: str, reason: str
) -> None:
    authority, heard = trustme.CA(), bytearray()
    trusting = ssl.create_default_context()
    if kind != "of an unknown authority":
        authority.configure_trust(trusting)
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate(kind, authority).configure_cert(serving)

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.extend(await reader.read())
        writer.close()

    async with (
        await asyncio.start_server(listen, "127.0.0.1", 0, ssl=serving) as server,
        dispatchers.open(tls=TlsContexts(trusting)) as running_dispatcher,
    ):
        port = server.sockets[0].getsockname()[1]
        await running_dispatcher.push(monitor(), alert(level("pager")), pager(f"https://127.0.0.1:{port}"))
        await running_dispatcher.check("error")
        attempt = await first_attempt(running_dispatcher)
    assert f"the TLS certificate of 127.0.0.1:{port} isn't trusted" in str(attempt["failures"])
    assert reason in str(attempt["failures"])
    assert heard == b""


async def test_one_with_a_good_certificate_gets_its_message(dispatchers: DispatcherFactory) -> None:
    authority = trustme.CA()
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate("good", authority).configure_cert(serving)
    async with (
        await asyncio.start_server(answering(OK), "127.0.0.1", 0, ssl=serving) as server,
        dispatchers.open(tls=TlsContexts(trusting)) as running_dispatcher,
    ):
        port = server.sockets[0].getsockname()[1]
        await running_dispatcher.push(monitor(), alert(level("pager")), pager(f"https://127.0.0.1:{port}"))
        await running_dispatcher.check("error")
        assert await running_dispatcher.states() == [("pager", "error", "delivered")]
