"""Connections carry one request after the other, and nobody's answer is taken for another's."""

import asyncio
from collections.abc import Sequence
from itertools import count

import pytest
from demo.receiver import Receiver
from tests.dispatcher.sending.raw_server import Behaviour, raw_server, read_head, writing
from tests.dispatcher.sending.requests import request_to

from tocsin_dispatcher.sending.connections import pool as kept
from tocsin_dispatcher.sending.egress import AddressInfo, EgressPolicy
from tocsin_dispatcher.sending.sender import Exchange, Sender

LOCAL = EgressPolicy(["127.0.0.0/8"])
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def each_time(*answers: bytes) -> Behaviour:
    """Answer every request with all of these, each connection's first one with its number in a header."""
    connections = count(1)

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = b"X-Connection: %d\r\n" % next(connections)
        while True:
            await read_head(reader)
            for answer in answers:
                head, _, rest = answer.partition(b"\r\n")
                writer.write(head + b"\r\n" + number + rest)
            await writer.drain()

    return behave


async def sent(behave: Behaviour, times: int = 1, method: str = "GET") -> list[Exchange]:
    """Send so many requests, one after the other, to a server that behaves so."""
    async with raw_server(behave) as url, Sender(LOCAL, deadline=10) as sender:
        return [await sender.send(request_to(url, method=method), {}) for _ in range(times)]


def connections(exchanges: Sequence[Exchange]) -> list[str | None]:
    """Return the connection that each answer came on."""
    return [each.response.header("X-Connection") for each in exchanges if each.response is not None]


async def test_what_comes_before_the_answer_is_not_the_answer() -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
    (exchange,) = await sent(writing(b"HTTP/1.1 100 Continue\r\n\r\n", early, OK))
    assert exchange.response is not None
    assert (exchange.response.status, exchange.response.reason, exchange.response.body) == (200, "OK", b"ok")
    assert exchange.response.header("Link") is None


async def test_a_chunked_body_is_put_together_and_its_trailers_left_out() -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n3\r\ncde\r\n0\r\nX-Late: 1\r\n\r\n"
    exchanges = await sent(each_time(chunked), 2)
    assert [each.response.body for each in exchanges if each.response is not None] == [b"abcde"] * 2
    assert all(each.response is not None and each.response.header("X-Late") is None for each in exchanges)
    assert connections(exchanges) == ["1", "1"]


async def test_a_body_that_ends_with_its_connection_is_whole() -> None:
    (exchange,) = await sent(writing(b"HTTP/1.0 200 OK\r\n\r\n", b"all of ", b"it"))
    assert exchange.error is None
    assert exchange.response is not None
    assert (exchange.response.body, exchange.response.completed) == (b"all of it", True)


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
async def test_an_answer_without_a_body_leaves_its_connection_open(status: bytes) -> None:
    exchanges = await sent(each_time(b"HTTP/1.1 " + status + b"\r\n\r\n"), 2)
    assert connections(exchanges) == ["1", "1"]


async def test_the_answer_to_head_has_no_body_whatever_its_head_says() -> None:
    (exchange,) = await sent(each_time(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"), method="HEAD")
    assert exchange.error is None
    assert exchange.response is not None
    assert (exchange.response.body, exchange.response.completed) == (b"", True)


async def test_a_receiver_that_changes_the_protocol_has_answered() -> None:
    switching = b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"
    exchanges = await sent(each_time(switching + b"\0\1\2"), 2)
    assert [each.response.status for each in exchanges if each.response is not None] == [101, 101]
    assert connections(exchanges) == ["1", "2"]


@pytest.mark.parametrize("more", [b"HTTP/1.1 500 Wrong\r\nContent-Length: 0\r\n\r\n", b"garbage"])
async def test_what_nobody_asked_for_is_nobodys_answer(more: bytes) -> None:
    exchanges = await sent(each_time(OK + more), 3)
    assert [each.response.status for each in exchanges if each.response is not None] == [200, 200, 200]
    assert connections(exchanges) == ["1", "2", "3"]


async def test_a_connection_that_is_to_be_closed_is_not_used_again() -> None:
    exchanges = await sent(each_time(OK.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)), 2)
    assert connections(exchanges) == ["1", "2"]


async def test_an_endless_head_ends_where_it_has_grown_too_long() -> None:
    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        while not writer.is_closing():
            writer.write(b"x" * 1000)
            await writer.drain()

    (exchange,) = await sent(behave)
    assert exchange.error_kind == "protocol"
    assert (exchange.error or "").endswith("answered something that is not HTTP: its head is longer than 256 KiB")


async def test_a_connection_that_was_idle_for_too_long_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "KEEP_SECONDS", 0.0)
    assert connections(await sent(each_time(OK), 2)) == ["1", "2"]


async def test_a_name_is_looked_up_once_for_a_while_and_its_next_address_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kept, "KEEP_SECONDS", 0.0)
    asked: list[str] = []

    async def resolve(host: str, port: int) -> list[AddressInfo]:
        asked.append(host)
        return [(2, 1, 6, "", (address, port)) for address in ("127.0.0.2", "127.0.0.1")]

    with Receiver() as receiver:
        async with Sender(LOCAL, deadline=10, resolve=resolve) as sender:
            for _ in range(2):
                exchange = await sender.send(request_to(f"http://receiver.example:{receiver.port}/"), {})
                assert exchange.error is None
        assert receiver.connections == 2
    assert asked == ["receiver.example"]
