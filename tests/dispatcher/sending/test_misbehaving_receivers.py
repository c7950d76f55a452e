"""Whatever a receiver does, an attempt ends in time, in memory, and in words."""

import asyncio
import socket
import zlib

import pytest
from tests.dispatcher.sending.raw_server import Behaviour, raw_server, read_head, writing
from tests.dispatcher.sending.requests import auth, request_to, with_secret

from tocsin_dispatcher.sending.egress import EgressPolicy
from tocsin_dispatcher.sending.sender import Exchange, Sender

LOCAL = EgressPolicy(["127.0.0.0/8"])
DRIP = 0.002
"""Seconds between two bytes of a receiver that drips: no single read takes long."""

HEAD = b"HTTP/1.1 200 OK\r\n"


async def send_to(behave: Behaviour, deadline: float = 10, scheme: str = "http") -> tuple[Exchange, str]:
    """Send one request to a server that behaves so; return what came of it, and the server's host and port."""
    async with raw_server(behave) as url, Sender(LOCAL, deadline=deadline) as sender:
        exchange = await sender.send(request_to(url.replace("http", scheme, 1) + "/hook", "{}"), {})
        return exchange, url.removeprefix("http://")


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def test_a_receiver_that_never_answers_meets_the_deadline() -> None:
    exchange, where = await send_to(silent, deadline=0.05)
    assert exchange.response is None
    assert (exchange.error_kind, exchange.error) == ("timeout", f"{where} gave no answer within 0.05 s")


async def dripping_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_head(reader)
    writer.write(HEAD + b"Content-Length: 1000000\r\n\r\n")
    while not writer.is_closing():
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(DRIP)


async def test_a_dripping_body_meets_the_deadline_and_what_came_is_kept() -> None:
    exchange, where = await send_to(dripping_body, deadline=0.1)
    assert (exchange.error_kind, exchange.error) == ("timeout", f"{where} gave no whole answer within 0.1 s")
    assert exchange.response is not None
    assert not exchange.response.completed
    assert exchange.response.body.startswith(b"x")


async def dripping_head(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_head(reader)
    writer.write(HEAD + b"X-Long: ")
    while not writer.is_closing():
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(DRIP)


async def test_dripping_headers_meet_the_deadline() -> None:
    exchange, _ = await send_to(dripping_head, deadline=0.1)
    assert exchange.error_kind == "timeout"


async def endless_interim(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_head(reader)
    while not writer.is_closing():
        writer.write(b"HTTP/1.1 102 Processing\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(DRIP)


async def test_endless_interim_answers_meet_the_deadline() -> None:
    exchange, _ = await send_to(endless_interim, deadline=0.1)
    assert exchange.error_kind == "timeout"


async def endless_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_head(reader)
    writer.write(HEAD + b"Connection: close\r\n\r\n")
    while not writer.is_closing():
        writer.write(b"y" * 65536)
        await writer.drain()


async def test_an_endless_body_is_cut_at_64_kib_and_the_connection_closed() -> None:
    exchange, _ = await send_to(endless_body)
    assert exchange.response is not None
    assert exchange.response.body == b"y" * 65536
    assert exchange.truncated
    assert exchange.error is None


def gzip_bomb(megabytes: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join([*(packer.compress(bytes(1 << 20)) for _ in range(megabytes)), packer.flush()])


@pytest.mark.parametrize("encoding", [b"gzip", b"x-gzip"])
async def test_a_gzip_bomb_is_unpacked_to_64_kib_and_no_further(encoding: bytes) -> None:
    bomb = gzip_bomb(30)
    head = HEAD + b"Content-Encoding: " + encoding + b"\r\nContent-Length: " + str(len(bomb)).encode() + b"\r\n\r\n"
    exchange, _ = await send_to(writing(head, bomb))
    assert exchange.response is not None
    assert exchange.response.body == bytes(65536)
    assert exchange.truncated


async def endless_empty_blocks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_head(reader)
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    writer.write(HEAD + b"Content-Encoding: gzip\r\n\r\n" + packer.flush(zlib.Z_FULL_FLUSH))
    while not writer.is_closing():
        writer.write(packer.flush(zlib.Z_FULL_FLUSH) or b"\x00\x00\x00\xff\xff" * 1000)
        await writer.drain()


async def test_a_compressed_body_that_grows_without_content_is_cut_too() -> None:
    exchange, _ = await send_to(endless_empty_blocks)
    assert exchange.truncated
    assert exchange.response is not None
    assert exchange.response.body == b""


async def test_a_receiver_that_hangs_up_at_once_is_said_so() -> None:
    exchange, where = await send_to(writing())
    assert exchange.response is None
    assert (exchange.error_kind, exchange.error) == (
        "protocol",
        f"{where} closed the connection without an answer",
    )


async def resetting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_head(reader)
    linger = (1).to_bytes(4, "little") + (0).to_bytes(4, "little")
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


async def test_a_connection_that_is_reset_is_said_so() -> None:
    exchange, where = await send_to(resetting)
    assert exchange.response is None
    assert exchange.error_kind == "protocol"
    assert where in (exchange.error or "")


async def test_a_body_that_breaks_off_keeps_what_came() -> None:
    exchange, where = await send_to(writing(HEAD + b"Content-Length: 100\r\n\r\n", b"half"))
    assert (exchange.error_kind, exchange.error) == ("protocol", f"{where} broke off its answer")
    assert exchange.response is not None
    assert (exchange.response.status, exchange.response.body, exchange.response.completed) == (
        200,
        b"half",
        False,
    )


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
        b"\x00\x01\x02\xff\xfe\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        HEAD + b"no colon here\r\n\r\n",
        HEAD + b"X-Long: " + b"x" * 300_000 + b"\r\n\r\n",
        HEAD + b"".join(b"X-%d: y\r\n" % number for number in range(40_000)) + b"\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        HEAD + b"Content-Length: abc\r\n\r\n",
        HEAD + b"Content-Length: -1\r\n\r\n",
        HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nabc",
    ],
)
async def test_an_answer_that_is_not_http_is_said_so(answer: bytes) -> None:
    exchange, where = await send_to(writing(answer))
    assert exchange.error_kind == "protocol"
    assert where in (exchange.error or "")
    assert "\n" not in (exchange.error or "")


async def test_bytes_that_are_no_text_are_kept_as_far_as_a_database_can() -> None:
    answer = b"HTTP/1.1 200 \xff\xfe\r\nX-Odd: \xff\xed\xa0\x80\r\nContent-Length: 6\r\n\r\na\x00\xff\xed\xa0\x80"
    exchange, _ = await send_to(writing(answer))
    assert exchange.response is not None
    assert exchange.response.body == b"a\x00\xff\xed\xa0\x80"
    assert exchange.response_masked is not None
    stored = exchange.response_masked.model_dump_json()
    assert "\\u0000" not in stored
    assert stored.encode("utf-8").decode("utf-8") == stored


async def test_a_port_where_nobody_listens_is_said_so() -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        port = unheard.getsockname()[1]
        async with Sender(LOCAL, deadline=10) as sender:
            exchange = await sender.send(request_to(f"http://127.0.0.1:{port}/"), {})
    assert exchange.error_kind == "connect"
    assert (exchange.error or "").startswith(f"can't connect to 127.0.0.1:{port}: ")


async def test_a_host_that_doesnt_exist_is_said_so() -> None:
    async with Sender(LOCAL, deadline=10) as sender:
        exchange = await sender.send(request_to("http://receiver.invalid/"), {})
    assert exchange.error_kind == "connect"
    assert (exchange.error or "").startswith("can't find the host of receiver.invalid:80: ")


async def greeting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"\r\n")
    await writer.drain()
    await reader.read()


async def test_a_port_that_doesnt_speak_tls_is_said_so() -> None:
    exchange, where = await send_to(greeting, scheme="https")
    assert exchange.error_kind == "tls"
    assert (exchange.error or "").startswith(f"can't speak TLS with {where}: ")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "/path",
        "",
        "http://",
        "http://[::1",
        "http://x:99999/",
        "javascript:alert(1)",
        "http:///x",
    ],
)
async def test_a_url_that_is_none_is_said_so(url: str) -> None:
    async with Sender(LOCAL, deadline=10) as sender:
        exchange = await sender.send(request_to(url), {})
    assert exchange.error_kind == "request"
    assert (exchange.error or "").startswith("the request can't be sent: ")


async def test_a_header_that_would_start_another_is_not_sent() -> None:
    async with raw_server(silent) as url, Sender(LOCAL, deadline=10) as sender:
        exchange = await sender.send(request_to(url, headers={"X-A": "b\r\nX-Evil: c"}), {})
    assert exchange.error_kind == "request"


async def test_a_secret_in_a_host_name_is_not_in_the_error() -> None:
    async with Sender(LOCAL, deadline=10) as sender:
        exchange = await sender.send(request_to(with_secret("http://", "hidden", ".invalid/")), {})
    assert "hidden" not in (exchange.error or "hidden")
    assert "*****.invalid:80" in (exchange.error or "")


async def test_a_digest_that_nobody_knows_is_said_so() -> None:
    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader)
        challenge = b'WWW-Authenticate: Digest realm="r", nonce="n", algorithm=ROT13\r\n'
        writer.write(b"HTTP/1.1 401 No\r\n" + challenge + b"Content-Length: 0\r\n\r\n")
        await writer.drain()

    async with raw_server(behave) as url, Sender(LOCAL, deadline=10) as sender:
        exchange = await sender.send(request_to(url, auth=auth("digest", "jan", "s3cret")), {})
    assert exchange.error_kind is None
    assert exchange.error == ('the definition says Digest, and the server offers Digest (algorithm "ROT13", realm "r")')
    assert exchange.response is not None
    assert exchange.response.status == 401
