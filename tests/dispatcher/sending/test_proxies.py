"""Requests through a real proxy: tunnels for https, absolute form for http, and credentials."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trustme
import uvloop
from demo.receiver import Receiver
from tests.dispatcher.sending.proxy import both_ways, running_proxy
from tests.dispatcher.sending.raw_server import read_head, writing
from tests.dispatcher.sending.requests import auth, request_to
from tests.dispatcher.sending.through import JAN, LOCAL, exchange, through

from tocsin_dispatcher.sending.route import Credentials
from tocsin_dispatcher.sending.sender import Sender

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def serving(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(*names).configure_cert(context)
    return context


@asynccontextmanager
async def tls_receiver(context: ssl.SSLContext) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A receiver that speaks TLS and keeps its connections; yields its port and the heads it was sent."""
    heads: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                heads.append(await read_head(reader))
                writer.write(OK)
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1], heads
    finally:
        server.close()


# Requests in absolute form


async def test_http_goes_to_the_proxy_in_absolute_form(receiver: Receiver) -> None:
    async with (
        running_proxy(hosts={"chat.internal": receiver.port}) as proxy,
        Sender(LOCAL, routing=through(proxy)) as sender,
    ):
        done = await exchange(sender, "http://chat.internal/hook?a=1&b=%20", "{}")
    assert done.error is None
    assert proxy.asked == ["POST http://chat.internal/hook?a=1&b=%20"]
    assert "\r\nHost: chat.internal\r\n" in proxy.heads[0]
    assert "roxy-" not in proxy.heads[0]
    (got,) = receiver.received
    assert (got.path, got.body, got.header("Host")) == ("/hook?a=1&b=%20", b"{}", "chat.internal")


async def test_a_port_stands_in_the_request_line_unless_it_is_the_usual_one(receiver: Receiver) -> None:
    async with running_proxy() as proxy, Sender(LOCAL, routing=through(proxy)) as sender:
        await exchange(sender, f"http://127.0.0.1:{receiver.port}", "{}")
    assert proxy.asked == [f"POST http://127.0.0.1:{receiver.port}/"]


async def test_a_connection_to_a_proxy_that_passes_requests_on_serves_one_request(receiver: Receiver) -> None:
    """Tinyproxy 1.11 hangs up after it; proxy-py 2.4 sends the next one to the first one's receiver."""
    hosts = {"a.internal": receiver.port, "b.internal": receiver.port}
    async with running_proxy(hosts=hosts) as proxy, Sender(LOCAL, routing=through(proxy)) as sender:
        for host in ("a.internal", "b.internal", "a.internal"):
            assert (await exchange(sender, f"http://{host}/", "x")).error is None
    assert (proxy.connections, len(receiver.received)) == (3, 3)
    assert all("\r\nConnection: close\r\n" in head for head in proxy.heads)


async def test_basic_credentials_go_to_the_proxy_alone_in_utf_8(receiver: Receiver) -> None:
    async with (
        running_proxy(credentials="jän:pä:ss", hosts={"chat.internal": receiver.port}) as proxy,
        Sender(LOCAL, routing=through(proxy, JAN)) as sender,
    ):
        done = await exchange(sender, "http://chat.internal/", "{}")
    assert done.error is None
    assert "Proxy-Authorization: Basic asOkbjpww6Q6c3M=\r\n" in proxy.heads[0]
    assert receiver.received[0].header("Proxy-Authorization") is None
    assert "asOkbjpww6Q6c3M=" not in str(done)


async def test_a_definition_says_nothing_to_the_proxy(receiver: Receiver) -> None:
    request = request_to("http://chat.internal/", "{}", headers={"proxy-authorization": "Basic AAAA"}, proxy="corp")
    async with (
        running_proxy(hosts={"chat.internal": receiver.port}) as proxy,
        Sender(LOCAL, routing=through(proxy)) as sender,
    ):
        await sender.send(request, {})
    assert "AAAA" not in proxy.heads[0]


async def test_what_a_receiver_repeats_of_the_proxys_credentials_is_masked() -> None:
    echo = b"HTTP/1.1 200 OK\r\nContent-Length: 35\r\nX-Got: s3cret-word\r\n\r\nyou sent Basic amFuOnMzY3JldC13b3Jk"
    async with (
        running_proxy(behave=writing(echo)) as proxy,
        Sender(LOCAL, routing=through(proxy, Credentials("jan", "s3cret-word"))) as sender,
    ):
        done = await exchange(sender, "http://chat.internal/", "{}")
    assert done.response_masked is not None
    assert done.response_masked.body == "you sent Basic *****"
    assert ("X-Got", "*****") in done.response_masked.headers


async def test_a_receivers_own_credentials_pass_the_proxy(receiver: Receiver) -> None:
    request = request_to("http://chat.internal/", "{}", auth=auth("basic", "jan", "s3cret"), proxy="corp")
    async with (
        running_proxy(hosts={"chat.internal": receiver.port}) as proxy,
        Sender(LOCAL, routing=through(proxy)) as sender,
    ):
        await sender.send(request, {})
    assert receiver.received[0].header("Authorization") == "Basic amFuOnMzY3JldA=="


# Tunnels


async def test_https_goes_through_a_tunnel_and_the_proxy_sees_nothing_of_it(
    authority: trustme.CA, trusting: ssl.SSLContext
) -> None:
    async with (
        tls_receiver(serving(authority, "chat.internal")) as (port, heads),
        running_proxy(credentials="jän:pä:ss", hosts={"chat.internal": port}) as proxy,
        Sender(LOCAL, routing=through(proxy, JAN), tls=trusting) as sender,
    ):
        done = await exchange(sender, "https://chat.internal/hook?key=1")
    assert done.error is None
    assert done.response is not None
    assert done.response.body == b"ok"
    assert proxy.heads == [
        "CONNECT chat.internal:443 HTTP/1.1\r\nHost: chat.internal:443\r\n"
        "Proxy-Authorization: Basic asOkbjpww6Q6c3M=\r\n\r\n"
    ]
    assert heads[0].startswith(b"POST /hook?key=1 HTTP/1.1\r\nHost: chat.internal\r\n")
    assert b"roxy-" not in heads[0]


async def test_a_tunnel_is_kept_for_its_receiver_and_for_no_other(
    authority: trustme.CA, trusting: ssl.SSLContext
) -> None:
    async with (
        tls_receiver(serving(authority, "a.internal", "b.internal")) as (port, heads),
        running_proxy(hosts={"a.internal": port, "b.internal": port}) as proxy,
        Sender(LOCAL, routing=through(proxy), tls=trusting) as sender,
    ):
        for host in ("a.internal", "b.internal", "a.internal", "b.internal"):
            assert (await exchange(sender, f"https://{host}/")).error is None
    assert proxy.asked == ["CONNECT a.internal:443", "CONNECT b.internal:443"]
    assert len(heads) == 4


async def test_direct_and_proxied_requests_share_no_connection(authority: trustme.CA, trusting: ssl.SSLContext) -> None:
    async with (
        tls_receiver(serving(authority, "127.0.0.1")) as (port, heads),
        running_proxy() as proxy,
        Sender(LOCAL, routing=through(proxy), tls=trusting) as sender,
    ):
        for name in ("corp", "none", None, "corp"):
            assert (await exchange(sender, f"https://127.0.0.1:{port}/", proxy=name)).error is None
    assert (len(proxy.heads), len(heads)) == (1, 4)


async def test_a_proxy_is_spoken_to_by_tls_where_its_url_says_so(
    authority: trustme.CA, trusting: ssl.SSLContext, receiver: Receiver
) -> None:
    async with (
        tls_receiver(serving(authority, "chat.internal")) as (port, _),
        running_proxy(
            hosts={"chat.internal": port, "plain.internal": receiver.port}, tls=serving(authority, "127.0.0.1")
        ) as proxy,
        Sender(LOCAL, routing=through(proxy), tls=trusting) as sender,
    ):
        tunnelled = await exchange(sender, "https://chat.internal/")
        passed_on = await exchange(sender, "http://plain.internal/", "{}")
    assert (tunnelled.error, passed_on.error) == (None, None)
    assert proxy.asked == ["CONNECT chat.internal:443", "POST http://plain.internal/"]


async def test_a_proxys_bad_certificate_is_told_of_the_proxy_and_nothing_is_said_to_it(receiver: Receiver) -> None:
    async with (
        running_proxy(tls=serving(trustme.CA(), "127.0.0.1")) as proxy,
        Sender(LOCAL, routing=through(proxy)) as sender,
    ):
        done = await exchange(sender, "https://chat.internal/")
    assert done.error_kind == "proxy"
    assert f"the TLS certificate of the proxy `corp` (127.0.0.1:{proxy.port}) isn't trusted" in str(done.error)
    assert proxy.heads == []


async def test_the_receivers_certificate_is_judged_by_its_own_name_through_a_tunnel(
    authority: trustme.CA, trusting: ssl.SSLContext
) -> None:
    async with (
        tls_receiver(serving(authority, "elsewhere.internal")) as (port, heads),
        running_proxy(hosts={"chat.internal": port}) as proxy,
        Sender(LOCAL, routing=through(proxy), tls=trusting) as sender,
    ):
        done = await exchange(sender, "https://chat.internal/")
    assert (done.error_kind, heads) == ("tls", [])
    assert "the TLS certificate of chat.internal:443 (through the proxy `corp`) isn't trusted" in str(done.error)


async def test_answers_before_the_answer_are_passed_over(authority: trustme.CA, trusting: ssl.SSLContext) -> None:
    async with tls_receiver(serving(authority, "chat.internal")) as (port, _):

        async def in_two_parts(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await read_head(reader)
            for part in (b"HTTP/1.1 100 Continue\r\n\r\nHT", b"TP/1.0 200 \r\nContent-Length: 77\r\n", b"\r\n"):
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(0)
            await both_ways((reader, writer), await asyncio.open_connection("127.0.0.1", port))

        async with (
            running_proxy(behave=in_two_parts) as proxy,
            Sender(LOCAL, routing=through(proxy), tls=trusting) as sender,
        ):
            done = await exchange(sender, "https://chat.internal/")
    assert done.error is None


# On the loop that serves


def test_tunnels_are_the_same_on_uvloop(authority: trustme.CA, trusting: ssl.SSLContext, receiver: Receiver) -> None:
    """A served dispatcher runs on uvloop where there is one, which starts TLS in a tunnel by code of its own."""

    async def run() -> None:
        await test_https_goes_through_a_tunnel_and_the_proxy_sees_nothing_of_it(authority, trusting)
        await test_a_proxy_is_spoken_to_by_tls_where_its_url_says_so(authority, trusting, receiver)
        await test_the_receivers_certificate_is_judged_by_its_own_name_through_a_tunnel(authority, trusting)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())
