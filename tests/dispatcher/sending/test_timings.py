"""What an exchange says of its phases: how long each took, none where there was none, and in which one it was broken off."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count

import pytest
import trustme
from demo.receiver import Receiver
from tests.dispatcher.delivery.test_bulkheads import full_backlog, hangs_after
from tests.dispatcher.sending.proxy import running_proxy
from tests.dispatcher.sending.raw_server import raw_server, read_head
from tests.dispatcher.sending.requests import auth, request_to
from tests.dispatcher.sending.through import through

from tocsin_dispatcher.sending.egress import AddressInfo, EgressPolicy
from tocsin_dispatcher.sending.route import Place
from tocsin_dispatcher.sending.routing import Routing, Usual
from tocsin_dispatcher.sending.sender import Exchange, Sender
from tocsin_dispatcher.sending.stopwatch import Phase, Stopwatch
from tocsin_schema.api.exchanges import Timings

LOCAL = EgressPolicy(["127.0.0.0/8"])
DEADLINE = 0.1
PHASES: tuple[Phase, ...] = ("lookup", "connect", "tls", "first_byte")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


async def local(host: str, port: int) -> list[AddressInfo]:
    """Resolve every name to this machine."""
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]


async def silent(host: str, port: int) -> list[AddressInfo]:
    """Resolve no name, ever."""
    await asyncio.Event().wait()
    return []


def phases(exchange: Exchange) -> list[Phase]:
    """Return the phases that an exchange had."""
    assert exchange.timings is not None
    return [phase for phase in PHASES if getattr(exchange.timings, phase) is not None]


# Phases that there are


async def test_a_name_is_looked_up_and_an_address_is_not(receiver: Receiver) -> None:
    async with Sender(LOCAL, resolve=local) as sender:
        named = await sender.send(request_to(f"http://receiver.example:{receiver.port}/"), {})
        spelt = await sender.send(request_to(f"http://127.0.0.1:{receiver.port}/"), {})
    assert phases(named) == ["lookup", "connect", "first_byte"]
    assert phases(spelt) == ["connect", "first_byte"]


async def test_a_connection_that_was_kept_has_none_of_its_phases(receiver: Receiver) -> None:
    async with Sender(LOCAL, resolve=local) as sender:
        url = f"http://receiver.example:{receiver.port}/"
        first, second = [await sender.send(request_to(url), {}) for _ in range(2)]
    assert phases(first) == ["lookup", "connect", "first_byte"]
    assert phases(second) == ["first_byte"]


@asynccontextmanager
async def tls_server(authority: trustme.CA) -> AsyncIterator[int]:
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("chat.example", "127.0.0.1").configure_cert(serving)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await reader.read()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0, ssl=serving) as server:
        yield server.sockets[0].getsockname()[1]


async def test_tls_is_a_phase_of_its_own_directly_and_through_a_proxy() -> None:
    authority, trusting = trustme.CA(), ssl.create_default_context()
    authority.configure_trust(trusting)
    async with tls_server(authority) as port:
        async with Sender(LOCAL, resolve=local, tls=trusting) as sender:
            direct = await sender.send(request_to(f"https://chat.example:{port}/"), {})
        async with (
            running_proxy(hosts={"chat.example": port}) as proxy,
            Sender(LOCAL, routing=through(proxy), tls=trusting) as sender,
        ):
            tunnelled = await sender.send(request_to("https://chat.example/", proxy="corp"), {})
    assert (direct.error, tunnelled.error) == (None, None)
    assert phases(direct) == ["lookup", "connect", "tls", "first_byte"]
    assert phases(tunnelled) == ["connect", "tls", "first_byte"]  # the proxy's address is spelt


async def test_a_proxy_that_passes_requests_on_is_what_is_connected_to(receiver: Receiver) -> None:
    async with (
        running_proxy(hosts={"chat.example": receiver.port}) as proxy,
        Sender(LOCAL, routing=through(proxy)) as sender,
    ):
        assert phases(await sender.send(request_to("http://chat.example/", proxy="corp"), {})) == [
            "connect",
            "first_byte",
        ]


async def test_each_request_on_the_way_has_timings_of_its_own(receiver: Receiver) -> None:
    receiver.answer("/in", 307, {"Location": "/out"})
    async with Sender(LOCAL) as sender:
        request = replace(request_to(f"{receiver.url}/in"), follow_redirects=True)
        exchange = await sender.send(request, {})
    (first,) = exchange.before
    assert (phases(first), phases(exchange)) == (["connect", "first_byte"], ["first_byte"])


async def test_what_two_requests_of_an_exchange_take_is_added_up(receiver: Receiver) -> None:
    receiver.answer("/", 401, {"WWW-Authenticate": 'Digest realm="r", nonce="n", qop="auth"'})
    ticks = count(100.0, 0.25)
    async with Sender(LOCAL, monotonic=lambda: next(ticks)) as sender:
        exchange = await sender.send(request_to(receiver.url, auth=auth("digest", "u", "p")), {})
    assert len(receiver.received) == 2
    assert exchange.timings == Timings(lookup=None, connect=250, tls=None, first_byte=500, total=1750)


async def test_what_can_t_be_sent_at_all_took_no_phase() -> None:
    async with Sender(LOCAL) as sender:
        exchange = await sender.send(request_to("ftp://127.0.0.1/"), {})
    assert exchange.timings is not None
    assert phases(exchange) == []


# Phases that are broken off


async def test_a_look_up_that_hangs_is_told_from_a_receiver_that_does() -> None:
    async with Sender(LOCAL, resolve=silent, deadline=DEADLINE) as sender:
        exchange = await sender.send(request_to("http://pager.example/"), {})
    assert phases(exchange) == ["lookup"]
    assert exchange.error_kind == "connect"
    assert exchange.error == "can't find the host of pager.example:80 within 0.1 s: no name server has answered"


async def test_a_look_up_of_a_proxy_that_hangs_names_the_proxy() -> None:
    async with running_proxy() as proxy:
        away = replace(proxy.proxy(), place=Place(False, "proxy.example", 3128))
        routing = Routing(usual=Usual(away, away))
        async with Sender(LOCAL, resolve=silent, deadline=DEADLINE, routing=routing) as sender:
            exchange = await sender.send(request_to("http://pager.example/"), {})
    assert exchange.error_kind == "proxy"
    assert exchange.error == (
        "can't find the host of the proxy `corp` (proxy.example:3128) within 0.1 s: no name server has answered"
    )


async def test_a_connection_that_hangs_says_so() -> None:
    with full_backlog() as url:
        async with Sender(LOCAL, deadline=DEADLINE) as sender:
            exchange = await sender.send(request_to(url), {})
    assert (phases(exchange), exchange.error_kind) == (["connect"], "connect")
    assert exchange.error == f"can't connect to {url.removeprefix('http://')} within 0.1 s"


async def test_a_handshake_that_hangs_says_so() -> None:
    async with (
        raw_server(hangs_after(reads_head=False)) as url,
        Sender(LOCAL, deadline=DEADLINE, tls=ssl.create_default_context()) as sender,
    ):
        exchange = await sender.send(request_to(url.replace("http:", "https:")), {})
    assert (phases(exchange), exchange.error_kind) == (["connect", "tls"], "tls")
    where = url.removeprefix("http://")
    assert exchange.error == f"can't speak TLS with {where} within 0.1 s: the handshake doesn't end"


async def test_an_answer_that_hangs_has_all_its_phases() -> None:
    async with raw_server(hangs_after()) as url, Sender(LOCAL, deadline=DEADLINE) as sender:
        exchange = await sender.send(request_to(url), {})
    assert (phases(exchange), exchange.error_kind) == (["connect", "first_byte"], "timeout")
    assert exchange.timings is not None
    assert exchange.timings.total >= (exchange.timings.first_byte or 0)


async def test_a_body_that_hangs_came_long_before_the_end() -> None:
    behave = hangs_after(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
    async with raw_server(behave) as url, Sender(LOCAL, deadline=DEADLINE) as sender:
        exchange = await sender.send(request_to(url), {})
    assert (phases(exchange), exchange.error_kind) == (["connect", "first_byte"], "timeout")
    assert exchange.response is not None
    assert exchange.timings is not None
    assert exchange.response.duration_ms == exchange.timings.total


# In figures and in words


def test_a_stopwatch_adds_up_and_rounds() -> None:
    moments = iter([0.0, 1.0, 1.0104, 2.0, 2.0202, 3.5])
    watch = Stopwatch(lambda: next(moments))
    for _ in range(2):
        with watch.measure("connect"):
            pass
    assert watch.read() == Timings(lookup=None, connect=31, tls=None, first_byte=None, total=3500)
    assert watch.phase == "connect"


def test_a_phase_that_is_broken_off_is_measured() -> None:
    moments = iter([0.0, 1.0, 3.0, 3.0])
    watch = Stopwatch(lambda: next(moments))
    with pytest.raises(TimeoutError), watch.measure("lookup"):
        raise TimeoutError
    assert watch.read().lookup == 2000


@pytest.mark.parametrize(
    ("timings", "text"),
    [
        (Timings(lookup=None, connect=None, tls=None, first_byte=None, total=3), "3 ms"),
        (Timings(lookup=None, connect=None, tls=None, first_byte=2, total=3), "3 ms (first byte 2)"),
        (
            Timings(lookup=0, connect=12, tls=30, first_byte=75, total=124),
            "124 ms (look-up 0, connect 12, TLS 30, first byte 75)",
        ),
    ],
)
def test_people_read_the_phases_that_there_were(timings: Timings, text: str) -> None:
    assert str(timings) == text
