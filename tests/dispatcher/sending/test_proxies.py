"""Requests through a real proxy: tunnels for https, absolute form for http, credentials, and proxies that don't behave."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
import trustme
import uvloop
from demo.receiver import Receiver
from tests.dispatcher.sending.proxy import RunningProxy, both_ways, running_proxy
from tests.dispatcher.sending.raw_server import Behaviour, read_head, writing
from tests.dispatcher.sending.requests import auth, request_to

from tocsin_dispatcher.sending.egress import EgressPolicy
from tocsin_dispatcher.sending.no_proxy import NoProxy
from tocsin_dispatcher.sending.route import Credentials, Place, Proxy
from tocsin_dispatcher.sending.routing import Routing, Unused, Usual
from tocsin_dispatcher.sending.sender import Exchange, Sender
from tocsin_schema.messages.evaluate import MissingSecretError

LOCAL = EgressPolicy(["127.0.0.0/8"])
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
JAN = Credentials("jän", "pä:ss")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


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


def through(proxy: RunningProxy, credentials: Credentials | None = None) -> Routing:
    return Routing({"corp": proxy.proxy(credentials=credentials)})


async def exchange(sender: Sender, url: str, body: str | None = None, *, proxy: str | None = "corp") -> Exchange:
    return await sender.send(request_to(url, body, proxy=proxy), {})


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


# Proxies that don't behave


def answering(head: bytes) -> Behaviour:
    return writing(head)


async def hanging_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_head(reader)


async def hanging_up_at_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


@pytest.mark.parametrize(
    ("behave", "kind", "text"),
    [
        (hanging_up, "proxy", "hung up when it was asked for a tunnel to chat.internal:443"),
        (hanging_up_at_once, "proxy", "the proxy `corp`"),
        (writing(b"HTTP/1.1 200 Connec"), "proxy", "hung up when it was asked"),
        (writing(b"HTTP/1.1 200 OK\r\nX: y"), "proxy", "hung up when it was asked"),
        (writing(b"SSH-2.0-OpenSSH_9.2\r\n"), "proxy", "answered something that is not HTTP"),
        (writing(b"<html>no</html>\n\n"), "proxy", "answered something that is not HTTP"),
        (writing(b"HTTP/1.1 2000 OK\r\n\r\n"), "proxy", "answered something that is not HTTP"),
        (writing(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000), "proxy", "answered something that is not HTTP"),
        (writing(b"HTTP/1.1 502 Bad Gateway\r\n\r\n"), "proxy", "opens no tunnel to chat.internal:443: it answered 502 Bad Gateway"),
        (writing(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"), "proxy", "it answered 403 Forbidden"),
        (writing(b"HTTP/1.1 301 Moved\r\nLocation: https://x\r\n\r\n"), "proxy", "it answered 301 Moved"),
        (writing(b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"), "proxy", "it answered 101 Switching"),
        (writing(b"HTTP/1.1 200 OK\r\n\r\nhello"), "proxy", "said more than that the tunnel to chat.internal:443 is open"),
        (writing(b"HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=x\r\n\r\n"), "proxy_auth", "refuses the user name or the password (407); it offers `Basic`"),
        (writing(b"HTTP/1.1 401 Unauthorized\r\n\r\n"), "proxy_auth", "refuses the user name or the password (401)"),
        (writing(b"HTTP/1.1 407 No\r\n\r\n"), "proxy_auth", "refuses the user name or the password (407)"),
        (writing(b"HTTP/1.1 407 No\r\nProxy-Authenticate: NTLM\r\nProxy-Authenticate: Negotiate\r\n\r\n"), "proxy_auth", "it offers `Negotiate` and `NTLM`, and Tocsin speaks `Basic` to proxies, nothing else"),
    ],
)  # fmt: skip
async def test_a_proxy_that_opens_no_tunnel_is_named_with_what_it_did(behave: Behaviour, kind: str, text: str) -> None:
    async with running_proxy(behave=behave) as proxy, Sender(LOCAL, routing=through(proxy, JAN)) as sender:
        done = await exchange(sender, "https://chat.internal/")
    assert done.response is None
    assert done.error_kind == kind, done.error
    assert f"the proxy `corp` (127.0.0.1:{proxy.port})" in str(done.error)
    assert text in str(done.error)
    assert "pä:ss" not in str(done)


async def test_a_tunnel_that_is_closed_as_tls_begins_is_told_with_its_proxy() -> None:
    async with (
        running_proxy(behave=writing(b"HTTP/1.1 200 OK\r\n\r\n")) as proxy,
        Sender(LOCAL, routing=through(proxy)) as sender,
    ):
        done = await exchange(sender, "https://chat.internal/")
    assert done.error_kind in ("connect", "tls")
    assert "chat.internal:443 (through the proxy `corp`)" in str(done.error)


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


async def hanging(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def test_a_proxy_that_hangs_is_given_up_at_the_deadline_and_named() -> None:
    async with running_proxy(behave=hanging) as proxy, Sender(LOCAL, routing=through(proxy), deadline=0.2) as sender:
        done = await exchange(sender, "https://chat.internal/")
    assert (done.error_kind, done.response) == ("timeout", None)
    assert done.error == "chat.internal:443 (through the proxy `corp`) gave no answer within 0.2 s"


async def test_a_proxy_that_isnt_there_is_named() -> None:
    gone = Proxy("the proxy `corp`", Place(False, "127.0.0.1", 1))
    async with Sender(LOCAL, routing=Routing({"corp": gone})) as sender:
        for url in ("https://chat.internal/", "http://chat.internal/"):
            done = await exchange(sender, url)
            assert done.error_kind == "proxy"
            assert str(done.error).startswith("can't connect to the proxy `corp` (127.0.0.1:1): ")


async def test_a_407_to_a_request_in_absolute_form_is_the_proxys_and_no_answer(receiver: Receiver) -> None:
    async with running_proxy(credentials="jan:right", hosts={"chat.internal": receiver.port}) as proxy:
        async with Sender(LOCAL, routing=through(proxy)) as sender:
            without = await exchange(sender, "http://chat.internal/", "{}")
        async with Sender(LOCAL, routing=through(proxy, Credentials("jan", "wrong"))) as sender:
            wrong = await exchange(sender, "http://chat.internal/", "{}")
    assert [each.error_kind for each in (without, wrong)] == ["proxy_auth"] * 2
    assert (without.response, wrong.response) == (None, None)
    assert "wants a user name and a password (407)" in str(without.error)
    assert "refuses the user name or the password (407); it offers `Basic`" in str(wrong.error)
    assert receiver.received == []


async def test_a_407_that_breaks_off_is_the_proxys_too() -> None:
    broken = b"HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=x\r\nContent-Length: 1000\r\n\r\nhalf"
    async with running_proxy(behave=writing(broken)) as proxy, Sender(LOCAL, routing=through(proxy)) as sender:
        done = await exchange(sender, "http://chat.internal/")
    assert (done.error_kind, done.response) == ("proxy_auth", None)


async def test_a_password_that_the_vault_lacks_is_told_and_the_proxy_isnt_asked(receiver: Receiver) -> None:
    async def missing() -> Credentials:
        raise MissingSecretError("corp-proxy", "Password")

    async with running_proxy() as running:
        proxy = Proxy("the proxy `corp`", Place(False, "127.0.0.1", running.port), missing)
        async with Sender(LOCAL, routing=Routing({"corp": proxy})) as sender:
            for url in ("https://chat.internal/", "http://chat.internal/"):
                done = await exchange(sender, url)
                assert done.error_kind == "proxy_auth"
                assert "needs a password" in str(done.error)
                assert "corp-proxy" in str(done.error)
    assert running.heads == []


# Where to


async def test_the_guard_judges_the_address_of_the_proxy() -> None:
    async with running_proxy() as proxy, Sender(EgressPolicy(), routing=through(proxy)) as sender:
        for url in ("https://chat.internal/", "http://chat.internal/"):
            done = await exchange(sender, url)
            assert done.error_kind == "egress"
            assert str(done.error).startswith("the proxy `corp`: 127.0.0.1 is a loopback address")
            assert "--allow-egress 127.0.0.0/8" in str(done.error)
    assert proxy.connections == 0


@pytest.mark.parametrize("host", ["10.0.0.1", "169.254.169.254", "[::1]", "0x0a.1", "127.0.0.2"])
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_an_inward_address_is_refused_behind_a_proxy_too(scheme: str, host: str) -> None:
    async with running_proxy() as proxy, Sender(EgressPolicy(["127.0.0.1"]), routing=through(proxy)) as sender:
        done = await exchange(sender, f"{scheme}://{host}/")
    assert (done.error_kind, proxy.connections) == ("egress", 0)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.", "db.localhost"])
async def test_the_proxys_own_loopback_is_refused_unless_it_is_opened(host: str) -> None:
    away = Routing({"corp": Proxy("the proxy `corp`", Place(False, "127.0.0.1", 1))})
    for opened, kind in (["127.0.0.1/32"], "proxy"), (["localhost", "127.0.0.1"], "proxy"), (["10.0.0.0/8"], "egress"):
        async with Sender(EgressPolicy(opened), routing=away) as sender:
            done = await exchange(sender, f"http://{host}/")
        assert done.error_kind == kind
    assert "is at 127.0.0.1, a loopback address" in str(done.error)


async def test_an_odd_spelling_of_an_address_reaches_the_proxy_as_it_was_judged(receiver: Receiver) -> None:
    async with running_proxy() as proxy, Sender(LOCAL, routing=through(proxy)) as sender:
        await exchange(sender, f"http://0x7f.1:{receiver.port}/")
    assert proxy.asked == [f"POST http://127.0.0.1:{receiver.port}/"]


async def test_names_behind_a_proxy_are_looked_up_by_the_proxy(receiver: Receiver) -> None:
    looked_up: list[str] = []

    async def resolve(host: str, port: int) -> list[tuple[int, int, int, str, tuple[object, ...]]]:
        looked_up.append(host)
        return [(2, 1, 6, "", ("127.0.0.1", port))]

    async with (
        running_proxy(hosts={"chat.internal": receiver.port}) as proxy,
        Sender(LOCAL, routing=through(proxy), resolve=resolve) as sender,
    ):
        assert (await exchange(sender, "http://chat.internal/")).error is None
    assert looked_up == ["127.0.0.1"]


# Which way


async def test_the_usual_proxy_is_taken_unless_the_integration_or_the_list_says_otherwise(receiver: Receiver) -> None:
    async with running_proxy() as usual, running_proxy() as other:
        routing = Routing(
            {"usual": usual.proxy("usual"), "other": other.proxy("other")},
            usual=Usual(usual.proxy("usual"), None, NoProxy(["127.0.0.2"])),
        )
        async with Sender(LOCAL, routing=routing) as sender:
            for proxy, host in (
                (None, "127.0.0.1"),
                ("none", "127.0.0.1"),
                (None, "127.0.0.2"),
                ("other", "127.0.0.1"),
            ):
                await exchange(sender, f"http://{host}:{receiver.port}/{proxy}", proxy=proxy)
    assert usual.asked == [f"POST http://127.0.0.1:{receiver.port}/None"]
    assert other.asked == [f"POST http://127.0.0.1:{receiver.port}/other"]
    assert [each.path for each in receiver.received][:2] == ["/None", "/none"]


async def test_a_named_proxy_is_taken_whatever_the_list_says(receiver: Receiver) -> None:
    async with running_proxy() as proxy:
        routing = Routing({"corp": proxy.proxy()}, usual=Usual(without=NoProxy(["*"])))
        async with Sender(LOCAL, routing=routing) as sender:
            await exchange(sender, f"http://127.0.0.1:{receiver.port}/")
    assert len(proxy.asked) == 1


async def test_a_name_that_the_dispatcher_lacks_fails_with_those_that_it_has() -> None:
    gone = Proxy("the proxy `dmz`", Place(False, "127.0.0.1", 1))
    async with Sender(LOCAL, routing=Routing({"dmz": gone, "lab": gone}, frozenset({"mutual"}))) as sender:
        proxy = await exchange(sender, "http://127.0.0.1:1/")
        tls = await sender.send(request_to("http://127.0.0.1:1/", tls="mutal"), {})
    assert (proxy.error_kind, tls.error_kind) == ("proxy", "tls")
    assert proxy.error == "this dispatcher has no proxy `corp`: it has `dmz` and `lab`"
    assert tls.error == "this dispatcher has no TLS settings `mutal`: it has `mutual`"


@pytest.mark.parametrize(("scheme", "said"), [("http", "HTTP_PROXY"), ("https", "https_proxy")])
async def test_a_failed_connection_tells_of_a_proxy_of_the_environment_that_nothing_uses(
    scheme: str, said: str
) -> None:
    async with Sender(LOCAL, routing=Routing(unused=Unused("HTTP_PROXY", "https_proxy"))) as sender:
        done = await exchange(sender, f"{scheme}://127.0.0.1:1/", proxy=None)
    assert done.error_kind == "connect"
    assert str(done.error).endswith(
        f"the environment's {said} was not used: the setting `proxy_from_environment` says whether it counts"
    )


async def test_an_answer_and_a_refusal_tell_nothing_of_the_environment(receiver: Receiver) -> None:
    async with Sender(EgressPolicy(["127.0.0.1"]), routing=Routing(unused=Unused("HTTP_PROXY"))) as sender:
        answered = await exchange(sender, receiver.url, proxy=None)
        refused = await exchange(sender, "http://10.0.0.1/", proxy=None)
    assert answered.error is None
    assert "HTTP_PROXY" not in str(refused.error)


# On the loop that serves


def test_tunnels_are_the_same_on_uvloop(authority: trustme.CA, trusting: ssl.SSLContext, receiver: Receiver) -> None:
    """A served dispatcher runs on uvloop where there is one, which starts TLS in a tunnel by code of its own."""

    async def run() -> None:
        await test_https_goes_through_a_tunnel_and_the_proxy_sees_nothing_of_it(authority, trusting)
        await test_a_proxy_is_spoken_to_by_tls_where_its_url_says_so(authority, trusting, receiver)
        await test_the_receivers_certificate_is_judged_by_its_own_name_through_a_tunnel(authority, trusting)
        await test_a_proxy_that_opens_no_tunnel_is_named_with_what_it_did(hanging_up, "proxy", "hung up")

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())
