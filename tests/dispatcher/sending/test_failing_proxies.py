"""Proxies that are away, hang up, hang, answer nonsense or refuse: named with what they did, and no secret shown."""

import asyncio

import pytest
import uvloop
from demo.receiver import Receiver
from tests.dispatcher.sending.proxy import running_proxy
from tests.dispatcher.sending.raw_server import Behaviour, read_head, writing
from tests.dispatcher.sending.through import JAN, LOCAL, exchange, through

from tocsin_dispatcher.sending.route import Credentials, Place, Proxy
from tocsin_dispatcher.sending.routing import Routing
from tocsin_dispatcher.sending.sender import Sender
from tocsin_schema.messages.evaluate import MissingSecretError


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


async def hanging(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def test_a_proxy_that_hangs_is_given_up_at_the_deadline_and_named() -> None:
    async with running_proxy(behave=hanging) as proxy, Sender(LOCAL, routing=through(proxy), deadline=0.2) as sender:
        done = await exchange(sender, "https://chat.internal/")
    assert (done.error_kind, done.response) == ("connect", None)
    assert done.error == "can't connect to chat.internal:443 (through the proxy `corp`) within 0.2 s"


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


def test_a_proxy_that_hangs_up_is_told_alike_on_uvloop() -> None:
    """A served dispatcher runs on uvloop where there is one."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(test_a_proxy_that_opens_no_tunnel_is_named_with_what_it_did(hanging_up, "proxy", "hung up"))
