"""What a receiver answers, as bytes on the wire: read, then judged by a step that looks at all of it."""

import asyncio
from datetime import UTC, datetime

from tests.dispatcher.sending.fake_transport import read
from tests.fuzz.target import Target

from tocsin_schema.messages.captured_secrets import response_secrets
from tocsin_schema.messages.outcomes import of_answer
from tocsin_schema.messages.responses import CaptureError, Response, captures, failures, status_delivers
from tocsin_schema.models import Step

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
FAULTS = ("NotHttpError", "ConnectionClosedError", "BrokenAnswerError")
LIMIT = 2048
"""Bytes of a body, so that it is met."""

STEP = Step.model_validate(
    {
        "request": {"url": "https://desk.example.com"},
        "assert": [
            {"status": {"one_of": [200, 201]}},
            {"body": {"contains": "a"}},
            {"json": {"path": "$.items[?@.id == 'a'].name", "equal": "x"}},
            {"json": {"path": "$..n", "greater_than": 2}},
            {"xml": {"path": "//id[1]", "not_empty": True}},
            {"xml": {"path": "count(//n)", "less_than": 4}},
            {"header": {"name": "Location", "not_equal": "x"}},
            {"cookie": {"name": "session", "equal": "s"}},
            {"length": {"greater_than": 1}},
        ],
        "capture": {"Ticket": {"json": "$.id"}, "Place": {"header": "Location"}, "Token": {"json": "$.token"}},
    }
)


def _judge(data: bytes) -> None:
    """Read an answer, whole and byte by byte, and judge it; nothing but the faults that are known comes of it."""
    got = asyncio.run(read([data], limit=LIMIT))
    halves = asyncio.run(read([data[: len(data) // 2], data[len(data) // 2 :]], limit=LIMIT))
    assert got == halves
    assert got.error is None or got.error.startswith(FAULTS), got.error
    assert len(got.body) <= LIMIT
    response = Response(got.status, got.reason, got.headers, got.body, 120, got.completed)
    failed = failures(STEP, response, str)
    assert all(isinstance(each, str) for each in failed)
    try:
        captures(STEP, response)
    except CaptureError as error:
        str(error).encode("utf-8", "replace")
    response_secrets(STEP, response)
    delivers = status_delivers(STEP, response, str)
    judged = of_answer(STEP, response, NOW, as_expected=not failed, status_delivers=delivers)
    assert judged.kind


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
SEEDS = (
    HEAD + b'Content-Length: 58\r\n\r\n{"id": 7, "items": [{"id": "a", "name": "x"}], "token": "t"}',
    HEAD + b'Transfer-Encoding: chunked\r\n\r\n8\r\n{"n": 3}\r\n0\r\n\r\n',
    b"HTTP/1.1 201 Created\r\nLocation: /x\r\nSet-Cookie: session=s; Path=/\r\n\r\n<r><id>1</id><n>2</n></r>",
    b'HTTP/1.1 429 Too Many Requests\r\nRetry-After: 30\r\nRateLimit: "x";r=0;t=30\r\nContent-Length: 0\r\n\r\n',
    b"HTTP/1.1 503 x\r\nRetry-After: Mon, 02 Mar 2026 12:05:00 GMT\r\nX-RateLimit-Remaining: 0\r\n\r\nbusy",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 OK\r\nContent-Type: text/plain; charset=latin-1\r\n\r\n\xe9",
)
WORDS = (
    b"\r\n", b"\n", b": ", b"Content-Length: ", b"Transfer-Encoding: chunked\r\n", b"Content-Encoding: gzip\r\n", b"charset=",
    b"Retry-After: ", b"RateLimit-Reset: ", b"X-RateLimit-Reset: ", b"9" * 20, b"-1", b"1e999", b"nan", b"null", b"[", b"{", b'"',
    b"\\ud800", b"<a>", b"</a>", b"<!DOCTYPE r>", b"<?xml version='1.0'?>", b"&amp;", b"\xff\xfe", b"\x00", b"utf-16", b"Connection: close\r\n",
)  # fmt: skip

TARGETS = (Target("answers", _judge, lambda: SEEDS, WORDS),)
