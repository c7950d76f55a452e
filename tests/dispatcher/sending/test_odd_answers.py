"""Answers as real servers, proxies and devices give them: what is read of each, and whether its connection is good for more."""

import ssl
import zlib

import pytest
from tests.dispatcher.sending.fake_transport import FakeTransport, Read, read

from tocsin_dispatcher.sending.wire import Arrival, Connection, ConnectionClosedError

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n"
GZIP = zlib.compressobj(9, zlib.DEFLATED, 31)
ZIPPED = GZIP.compress(b"hello") + GZIP.flush()

WHOLE = {
    "no words in the status line": (b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", 200, b"ok", True),
    "no words, but the space before them": (b"HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok", 200, b"ok", True),
    "a status of nobody's": (b"HTTP/1.1 999 Request denied\r\nContent-Length: 2\r\n\r\nno", 999, b"no", True),
    "names of headers in lower case": (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", 200, b"ok", True),
    "lines that end in LF alone": (b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok", 200, b"ok", True),
    "an empty line first": (b"\r\n" + OK + b"Content-Length: 2\r\n\r\nok", 200, b"ok", True),
    "two empty lines first": (b"\r\n\r\n" + OK + b"Content-Length: 2\r\n\r\nok", 200, b"ok", True),
    "a space before the colon": (OK + b"Content-Length : 2\r\n\r\nok", 200, b"ok", True),
    "no space after the colon": (OK + b"Content-Length:2\r\n\r\nok", 200, b"ok", True),
    "spaces around a length": (OK + b"Content-Length:  2  \r\n\r\nok", 200, b"ok", True),
    "a header that goes on in the next line": (
        OK + b"X-Long: a\r\n b\r\nContent-Length: 2\r\n\r\nok",
        200,
        b"ok",
        True,
    ),
    "a length in the next line": (OK + b"Content-Length:\r\n 2\r\n\r\nok", 200, b"ok", True),
    "a header without a value": (OK + b"X-Empty:\r\nContent-Length: 2\r\n\r\nok", 200, b"ok", True),
    "control characters in a header": (OK + b"X-Odd: \x01\x7f\r\nContent-Length: 2\r\n\r\nok", 200, b"ok", True),
    "an empty body": (OK + b"Content-Length: 0\r\n\r\n", 200, b"", True),
    "HTTP/1.0": (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, b"ok", False),
    "HTTP/1.0 that stays open": (
        b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok",
        200,
        b"ok",
        True,
    ),
    "HTTP/1.0 in chunks (RFC 9112, 6.1)": (
        b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        200,
        b"ok",
        False,
    ),
    "no length, closed at the end": (OK + b"\r\nok", 200, b"ok", False),
    "closed at the end, and said so": (OK + b"Connection: close\r\n\r\nok", 200, b"ok", False),
    "two equal lengths": (OK + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nok", 200, b"ok", True),
    "two equal lengths in two spellings": (
        OK + b"Content-Length: 2\r\nX: 1\r\ncontent-length:2\r\n\r\nok",
        200,
        b"ok",
        True,
    ),
    "two equal lengths in one line": (OK + b"Content-Length: 2, 2\r\n\r\nok", 200, b"ok", True),
    "three equal lengths": (OK + b"Content-Length: 2,2\r\nContent-Length: 2\r\n\r\nok", 200, b"ok", True),
    "two equal lengths after an empty line": (b"\r\n" + OK + b"Content-Length: 2, 2\r\n\r\nok", 200, b"ok", True),
    "two equal lengths, lines that end in LF": (b"HTTP/1.1 200 OK\nContent-Length: 2, 2\n\nok", 200, b"ok", True),
    "two equal lengths after 100": (
        b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"Content-Length: 2, 2\r\n\r\nok",
        200,
        b"ok",
        True,
    ),
    "a length, and chunks": (CHUNKED + b"Content-Length: 99\r\n\r\n2\r\nok\r\n0\r\n\r\n", 200, b"ok", False),
    "a length before chunks": (
        OK + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        200,
        b"ok",
        False,
    ),
    "two lengths, and chunks": (
        CHUNKED + b"Content-Length: 1\r\nContent-Length: 9\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        200,
        b"ok",
        False,
    ),
    "a length in the next line, and chunks": (
        b"HTTP/1.1 200 OK\r\nContent-Length:\r\n 1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        200,
        b"ok",
        False,
    ),
    "a length that is none, and chunks": (
        CHUNKED + b"Content-Length: none\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        200,
        b"ok",
        False,
    ),
    "identity, and a length": (OK + b"Transfer-Encoding: identity\r\nContent-Length: 2\r\n\r\nok", 200, b"ok", True),
    "identity alone": (OK + b"Transfer-Encoding: identity\r\n\r\nok", 200, b"ok", False),
    "another coding, up to the end": (OK + b"Transfer-Encoding: chunked, x\r\n\r\nok", 200, b"ok", False),
    "another coding and a length": (OK + b"Transfer-Encoding: x\r\nContent-Length: 1\r\n\r\nok", 200, b"ok", False),
    "chunks said twice": (CHUNKED + b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", 200, b"ok", True),
    "chunks in capitals": (OK + b"transfer-encoding: CHUNKED\r\n\r\n2\r\nok\r\n0\r\n\r\n", 200, b"ok", True),
    "chunks with extensions": (CHUNKED + b'\r\n2;a=b;c="d"\r\nok\r\n0\r\n\r\n', 200, b"ok", True),
    "chunk sizes with zeros before them": (CHUNKED + b"\r\n0002\r\nok\r\n0000\r\n\r\n", 200, b"ok", True),
    "chunk sizes with spaces behind them": (CHUNKED + b"\r\n2  \r\nok\r\n0\r\n\r\n", 200, b"ok", True),
    "chunk sizes in capitals": (CHUNKED + b"\r\nA\r\n0123456789\r\n0\r\n\r\n", 200, b"0123456789", True),
    "trailers": (CHUNKED + b"\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\nX-More: 7\r\n\r\n", 200, b"ok", True),
    "no chunk but the last": (CHUNKED + b"\r\n0\r\n\r\n", 200, b"", True),
    "what comes before the answer": (
        b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
        + OK
        + b"Content-Length: 0\r\n\r\n",
        200,
        b"",
        True,
    ),
    "204": (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b"", True),
    "204 with a length": (b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", 204, b"", True),
    "204 with a body that nobody may send": (
        b"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok",
        204,
        b"",
        False,
    ),
    "304 with the length of something else": (
        b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
        304,
        b"",
        True,
    ),
    "205": (b"HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n", 205, b"", True),
    "more than was announced": (OK + b"Content-Length: 2\r\n\r\nok, and more", 200, b"ok", False),
    "CRLF behind the body": (OK + b"Content-Length: 2\r\n\r\nok\r\n", 200, b"ok", True),
    "an upgrade that is offered": (OK + b"Upgrade: h2c\r\nContent-Length: 2\r\n\r\nok", 200, b"ok", True),
    "an upgrade as Apache offers it": (
        OK + b"Upgrade: h2,h2c\r\nConnection: Upgrade, Keep-Alive\r\nContent-Length: 2\r\n\r\nok",
        200,
        b"ok",
        True,
    ),
    "gzip": (OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(ZIPPED) + ZIPPED, 200, b"hello", True),
    "gzip in name only": (OK + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello", 200, b"hello", True),
    "gzip of nothing": (OK + b"Content-Encoding: gzip\r\nContent-Length: 0\r\n\r\n", 200, b"", True),
    "identity as a content coding": (
        OK + b"Content-Encoding: identity\r\nContent-Length: 2\r\n\r\nok",
        200,
        b"ok",
        True,
    ),
    "an answer to what was sent in vain": (
        b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        408,
        b"",
        False,
    ),
}

BROKEN = {
    "nothing": (b"", "ConnectionClosedError"),
    "empty lines only": (b"\r\n\r\n", "ConnectionClosedError"),
    "half a status line": (b"HTTP/1.1 20", "ConnectionClosedError"),
    "half a head": (OK + b"Content-Le", "ConnectionClosedError"),
    "half a body": (OK + b"Content-Length: 4\r\n\r\nok", "BrokenAnswerError"),
    "half a chunk": (CHUNKED + b"\r\n4\r\nok", "BrokenAnswerError"),
    "no last chunk": (CHUNKED + b"\r\n2\r\nok\r\n", "BrokenAnswerError"),
    "no end after the last chunk": (CHUNKED + b"\r\n2\r\nok\r\n0\r\n", "BrokenAnswerError"),
    "another protocol": (b"SSH-2.0-OpenSSH_9.6\r\n", "NotHttpError: it doesn't begin with HTTP/"),
    "a greeting of mail": (b"220 mail.example.com ESMTP\r\n", "NotHttpError: it doesn't begin with HTTP/"),
    "TLS where none was asked for": (b"\x15\x03\x01\x00\x02\x02\x46", "NotHttpError: it doesn't begin with HTTP/"),
    "HTML without a head": (b"<html><body>busy</body></html>", "NotHttpError: it doesn't begin with HTTP/"),
    "Shoutcast": (b"ICY 200 OK\r\n\r\n", "NotHttpError: "),
    "RTSP": (b"RTSP/1.0 200 OK\r\n\r\n", "NotHttpError: it doesn't begin with HTTP/"),
    "HTTP/2 as text": (b"HTTP/2 200 OK\r\n\r\n", "NotHttpError: "),
    "HTTP/2 as it is": (b"\x00\x00\x12\x04\x00\x00\x00\x00\x00", "NotHttpError: it doesn't begin with HTTP/"),
    "a status that is no number": (b"HTTP/1.1 OK\r\n\r\n", "NotHttpError: "),
    "a header without a colon": (OK + b"broken\r\n\r\n", "NotHttpError: "),
    "a header without a name": (OK + b": x\r\n\r\n", "NotHttpError: "),
    "an empty length": (OK + b"Content-Length:\r\n\r\n", "NotHttpError: "),
    "a length that is no number": (OK + b"Content-Length: many\r\n\r\n", "NotHttpError: "),
    "a negative length": (OK + b"Content-Length: -1\r\n\r\n", "NotHttpError: "),
    "a length with a sign": (OK + b"Content-Length: +2\r\n\r\nok", "NotHttpError: "),
    "a length beyond all numbers": (OK + b"Content-Length: 99999999999999999999\r\n\r\n", "NotHttpError: "),
    "different lengths": (
        OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nok",
        "NotHttpError: its head states different lengths of the body, 1 and 2",
    ),
    "different lengths in one line": (
        OK + b"Content-Length: 1, 2\r\n\r\nok",
        "NotHttpError: its head states different lengths of the body, 1 and 2",
    ),
    "a chunk size that is no number": (CHUNKED + b"\r\nzz\r\nok\r\n", "NotHttpError: "),
    "a chunk without a size": (CHUNKED + b"\r\n\r\nok\r\n", "NotHttpError: "),
    "a chunk longer than it says": (CHUNKED + b"\r\n2\r\nokay\r\n0\r\n\r\n", "NotHttpError: "),
}


def in_pieces(answer: bytes, size: int) -> list[bytes]:
    return [answer[start : start + size] for start in range(0, len(answer), size)]


async def both(answer: bytes) -> Read:
    """Read an answer at once and byte by byte, which must not differ."""
    at_once = await read([answer])
    assert await read(in_pieces(answer, 1)) == at_once
    return at_once


@pytest.mark.parametrize("case", WHOLE)
async def test_an_odd_answer_is_read(case: str) -> None:
    answer, status, body, reusable = WHOLE[case]
    found = await both(answer)
    assert (found.error, found.completed, found.truncated) == (None, True, False)
    assert (found.status, found.body, found.reusable) == (status, body, reusable)


@pytest.mark.parametrize("case", BROKEN)
async def test_a_broken_answer_is_called_so(case: str) -> None:
    answer, error = BROKEN[case]
    found = await both(answer)
    assert (found.error or "").startswith(error)
    assert not found.completed
    assert not found.reusable


@pytest.mark.parametrize("case", [case for case, (_, _, _, reusable) in WHOLE.items() if reusable])
async def test_an_answer_with_an_end_of_its_own_doesnt_wait_for_the_connections_end(case: str) -> None:
    found = await read([WHOLE[case][0]], closes=False)
    assert (found.error, found.completed) == (None, True)


async def test_a_length_that_counts_for_nothing_is_left_out_of_what_is_kept() -> None:
    """RFC 9112, 6.3: who takes such a message removes the Content-Length before it goes anywhere."""
    found = await both(CHUNKED + b"Content-Length: 99\r\nX-A: 1\r\n\r\n2\r\nok\r\n0\r\n\r\n")
    assert found.headers == (("Transfer-Encoding", "chunked"), ("X-A", "1"))


async def test_a_space_before_a_colon_is_no_part_of_the_name() -> None:
    found = await both(OK + b"Content-Length : 4\r\n\r\nok")
    assert found.headers == (("Content-Length", "4"),)
    assert (found.error, found.completed) == ("BrokenAnswerError", False)


async def test_equal_lengths_are_kept_as_one_where_the_first_was() -> None:
    found = await both(OK + b"X-A: 1\r\nContent-Length: 2\r\nX-B: 2\r\nContent-Length: 2\r\nX-C: 3\r\n\r\nok")
    assert found.headers == (("X-A", "1"), ("Content-Length", "2"), ("X-B", "2"), ("X-C", "3"))


@pytest.mark.parametrize(
    "endless",
    [
        CHUNKED + b"\r\n0\r\nX-Trailer: ",
        CHUNKED + b"\r\n1;extension=",
        CHUNKED + b"\r\n1\r\nx\r\n0\r\nX-T: y\r\nX-T: ",
    ],
)
async def test_what_surrounds_a_body_has_an_end(endless: bytes) -> None:
    found = await read([endless, *[b"x" * 65536] * 40], closes=False)
    assert (found.error, found.completed) == ("NotHttpError: what surrounds the parts of its body has no end", False)


async def test_a_body_in_chunks_of_one_byte_is_read_to_its_limit() -> None:
    found = await read([CHUNKED + b"\r\n", *[b"1\r\nx\r\n" * 1000] * 70], closes=False)
    assert (found.error, found.truncated, len(found.body)) == (None, True, 65536)


async def test_the_head_is_bounded_with_all_that_comes_before_it() -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nLink: " + b"x" * 65536 + b"\r\n\r\n"
    assert (await read([early] * 3 + [OK + b"Content-Length: 0\r\n\r\n"])).status == 200
    assert (await read([early] * 5)).error == "NotHttpError: its head is longer than 256 KiB"


@pytest.mark.parametrize("reason", [None, ConnectionResetError("reset"), ssl.SSLError(1, "an alert")])
async def test_what_closed_a_connection_before_it_was_asked_is_told(reason: Exception | None) -> None:
    """As a TLS 1.3 server does that wants a certificate: its alert comes when the handshake is over."""
    connection = Connection()
    connection.connection_made(FakeTransport(connection))
    connection.connection_lost(reason)
    with pytest.raises(type(reason) if reason is not None else ConnectionClosedError):
        await connection.ask("GET", b"?", Arrival(1))


async def test_what_is_closing_a_connection_that_is_asked_is_waited_for() -> None:
    connection = Connection()
    transport = FakeTransport(connection)
    connection.connection_made(transport)
    transport.abort()
    with pytest.raises(ConnectionClosedError):
        await connection.ask("GET", b"?", Arrival(1))
    assert transport.written == b""
