"""Laws that hold whatever a receiver answers.

Answers are put together from what real ones are made of, then broken at a few places. `TOCSIN_FUZZ=100000` looks further:
`TOCSIN_FUZZ=100000 pytest tests/dispatcher/sending/test_fuzzed_answers.py`.
"""

import asyncio
import os
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dispatcher.sending.fake_transport import FakeTransport, read

from tocsin_dispatcher.sending.wire import HEAD_LIMIT, Arrival, Connection

LIMIT = 64
"""Bytes of a body: small, so that it is often met."""
EXAMPLES = int(os.environ.get("TOCSIN_FUZZ", "300"))
FAULTS = ("NotHttpError", "ConnectionClosedError", "BrokenAnswerError")
METHODS = st.sampled_from(["GET", "POST", "HEAD"])

CRLF = st.sampled_from([b"\r\n"] * 8 + [b"\n", b"\r", b""])
STATUS = st.builds(
    lambda protocol, status, reason: protocol + b" " + status + reason,
    st.sampled_from([b"HTTP/1.1"] * 6 + [b"HTTP/1.0", b"HTTP/2", b"HTTP/0.9", b"http/1.1", b"ICY"]),
    st.sampled_from(
        [b"200"] * 4 + [b"100", b"101", b"103", b"204", b"205", b"301", b"304", b"401", b"500", b"999", b"20", b"x"]
    ),
    st.sampled_from([b" OK", b"", b" ", b" \xff\x00"]),
)
HEADER = st.sampled_from(
    [
        b"Content-Length: 0",
        b"Content-Length: 2",
        b"Content-Length: 5",
        b"content-length:5",
        b"Content-Length: 5, 5",
        b"Content-Length: 5, 6",
        b"Content-Length: +5",
        b"Content-Length: 99999999999999999999999",
        b"Content-Length:",
        b"Content-Length : 5",
        b"Content-Length:\r\n 5",
        b"Transfer-Encoding: chunked",
        b"Transfer-Encoding: gzip, chunked",
        b"Transfer-Encoding: chunked, gzip",
        b"Transfer-Encoding: identity",
        b"Transfer-Encoding:",
        b"Connection: close",
        b"Connection: keep-alive",
        b"Connection: upgrade",
        b"Upgrade: websocket",
        b"Content-Encoding: gzip",
        b"Content-Encoding: deflate",
        b"Content-Type: text/plain",
        b"X-Folded: a\r\n b",
        b"X-Odd: \x00\xff",
        b": nameless",
        b"no colon",
        b"Set-Cookie: a=b",
    ]
)
BODY = st.sampled_from(
    [
        b"",
        b"ok",
        b"hello",
        b"x" * 200,
        b"5\r\nhello\r\n0\r\n\r\n",
        b"5;a=b\r\nhello\r\n0\r\nX-T: 1\r\n\r\n",
        b"5\r\nhello\r\n" * 20 + b"0\r\n\r\n",
        b"0\r\n\r\n",
        b"5\r\nhel",
        b"zz\r\n",
        b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcbH\xcd\xc9\xc9\x07\x00\x86\xa6\x106\x05\x00\x00\x00",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    ]
)


@st.composite
def answers(draw: st.DrawFn) -> bytes:
    """Return what may be an answer, or several."""
    parts: list[bytes] = []
    for _ in range(draw(st.integers(1, 3))):
        for line in (draw(STATUS), *draw(st.lists(HEADER, max_size=5)), b""):
            parts += [line, draw(CRLF)]
        parts.append(draw(BODY))
    whole = b"".join(parts)
    for _ in range(draw(st.integers(0, 2))):
        start = draw(st.integers(0, len(whole)))
        end = min(len(whole), start + draw(st.integers(0, 3)))
        whole = whole[:start] + draw(st.binary(max_size=3)) + whole[end:]
    return whole


ANSWERS = answers() | st.binary(max_size=100)


@settings(max_examples=EXAMPLES)
@given(ANSWERS, METHODS, st.booleans(), st.lists(st.integers(0, 400), max_size=6))
def test_an_answer_means_the_same_however_it_is_cut_and_ends_in_what_we_know(
    answer: bytes, method: str, closes: bool, cuts: list[int]
) -> None:
    at_once = asyncio.run(read([answer], method=method, closes=closes, limit=LIMIT))
    places = sorted({0, len(answer), *(cut for cut in cuts if cut < len(answer))})
    pieces = [answer[start:end] for start, end in pairwise(places)]
    assert asyncio.run(read(pieces, method=method, closes=closes, limit=LIMIT)) == at_once
    one_by_one = [answer[place : place + 1] for place in range(len(answer))]
    assert asyncio.run(read(one_by_one, method=method, closes=closes, limit=LIMIT)) == at_once

    assert at_once.error is None or at_once.error == "waiting" or at_once.error.startswith(FAULTS)
    assert not (closes and at_once.error == "waiting")
    assert at_once.completed == (at_once.error is None)
    assert len(at_once.body) <= LIMIT
    assert sum(len(name) + len(value) for name, value in at_once.headers) <= HEAD_LIMIT
    assert not (at_once.reusable and (at_once.error is not None or at_once.truncated))
    assert 0 <= at_once.status <= 999


@settings(max_examples=EXAMPLES)
@given(ANSWERS, METHODS)
def test_no_answer_leaves_anything_behind_for_the_next_request(answer: bytes, method: str) -> None:
    async def two() -> None:
        connection = Connection()
        connection.connection_made(FakeTransport(connection))
        first = asyncio.ensure_future(connection.ask(method, b"1", Arrival(LIMIT)))
        await asyncio.sleep(0)
        connection.data_received(answer)
        await asyncio.sleep(0)
        if not first.done() or not connection.reusable:
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)
            assert not connection.reusable
            return
        arrival = Arrival(LIMIT)
        second = asyncio.ensure_future(connection.ask("GET", b"2", arrival))
        await asyncio.sleep(0)
        connection.data_received(b"HTTP/1.1 201 Created\r\nContent-Length: 4\r\n\r\nnext")
        await second
        assert (arrival.status, arrival.body.content, arrival.completed) == (201, b"next", True)

    asyncio.run(two())


@settings(max_examples=EXAMPLES // 3)
@given(ANSWERS)
def test_a_deadline_ends_an_answer_wherever_it_stands_and_closes_its_connection(answer: bytes) -> None:
    async def struck() -> None:
        connection, arrival = Connection(), Arrival(LIMIT)
        transport = FakeTransport(connection)
        connection.connection_made(transport)
        asking = asyncio.ensure_future(connection.ask("GET", b"?", arrival))
        await asyncio.sleep(0)
        connection.data_received(answer)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        assert asking.done()
        assert transport.is_closing() or arrival.completed

    asyncio.run(struck())
