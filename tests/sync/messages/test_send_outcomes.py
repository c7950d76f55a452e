"""`tocsin send`: what came of each attempt, and what a dispatcher would do then."""

import json
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from demo.receiver import Answer, Receiver
from tests.sync.conftest import Tocsin
from tests.sync.running import RunningDispatcher

from tocsin.http.connection_errors import fault_of
from tocsin.http.receiver import ReceiverUnreachableError, answer_of, http_client
from tocsin_schema.api.test_message import StepShown
from tocsin_schema.messages.outcomes import FaultKind
from tocsin_schema.messages.request import RenderedRequest
from tocsin_schema.template.masked_text import MaskedText

DOWN = "a dispatcher tries again after 5s; 3 such attempts in a row open its circuit breaker"
CLIENT_CERTIFICATE = ssl.SSLError(1, "[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED] tlsv13 alert certificate required")


def chat(account: Path, url: str, **step: Any) -> None:
    """Send the chat's message to a URL, its step saying more than its request."""
    file = account / "chat.yaml"
    text = file.read_text("utf-8").replace("https://chat.example.com", url)
    more = "".join(f"{name}: {json.dumps(value)}\n        " for name, value in step.items())
    file.write_text(text.replace("- request:", f"- {more}request:", 1), "utf-8")


def outcome_lines(text: str) -> list[str]:
    return re.findall(r"^= (.+)$", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("status", "headers", "line"),
    [
        (200, {}, "delivered"),
        (
            204,
            {"RateLimit-Remaining": "0", "RateLimit-Reset": "30"},
            "delivered: the integration is held for 30s, until when nothing is left",
        ),
        (429, {"Retry-After": "7"}, "busy: a dispatcher holds the integration for 7s; no attempt is lost"),
        (
            429,
            {},
            "busy: a dispatcher holds the integration for 1s, and longer where it is busy again; no attempt is lost",
        ),
        (503, {}, f"down: {DOWN}"),
        (
            401,
            {},
            "locked out: a person has to act; a dispatcher tries again after 5s, as where a receiver is down",
        ),
        (400, {}, "refused: a dispatcher tries once more after 1m, then gives the message up"),
        (
            302,
            {"Location": "/elsewhere"},
            "done, not understood: a dispatcher gives the message up and sends it no more by itself:"
            " the receiver did as it was asked",
        ),
    ],
)
def test_an_attempt_ends_in_its_outcome_and_in_what_a_dispatcher_would_do(
    tocsin: Tocsin, account: Path, receiver: Receiver, status: int, headers: dict[str, str], line: str
) -> None:
    chat(account, receiver.url)
    receiver.answer("/hook", status, headers)
    outcome = tocsin("send", "chat", project=account)
    assert outcome_lines(outcome.out) == [line]
    assert outcome.code == (0 if status < 300 else 1)


def test_a_dispatcher_tells_the_same_of_the_message_that_it_sends(
    tocsin: Tocsin, account: Path, receiver: Receiver, running: RunningDispatcher
) -> None:
    chat(account, receiver.url)
    receiver.answer("/hook", 429, {"Retry-After": "7"})
    assert tocsin("sync", "--target", "local", "--yes", project=account).code == 0
    outcome = tocsin("send", "chat", "--target", "local", project=account)
    assert outcome.code == 1
    assert outcome_lines(outcome.out) == ["busy: a dispatcher holds the integration for 7s; no attempt is lost"]


@pytest.mark.parametrize("target", [(), ("--target", "local")])
def test_a_message_whose_failing_step_may_fail_is_delivered(
    tocsin: Tocsin, account: Path, receiver: Receiver, running: RunningDispatcher, target: tuple[str, ...]
) -> None:
    chat(account, receiver.url, on_failure="continue")
    receiver.answer("/hook", 400)
    assert tocsin("sync", "--target", "local", "--yes", project=account).code == 0
    outcome = tocsin("send", "chat", *target, project=account)
    assert outcome_lines(outcome.out) == ["refused: the step may fail: the message goes on, with a remark"]
    assert (outcome.code, outcome.out.splitlines()[-1]) == (0, "Delivered.")


def test_json_has_every_attempt_with_both_sides(
    tocsin: Tocsin, account: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tocsin.commands.send._wait", lambda _: None)
    chat(account, receiver.url, retry={"attempts": 2, "wait": "1s"})
    answers = [Answer(500, body=b"oh"), Answer(429, [("Retry-After", "7")])]
    receiver.respond("/hook", lambda _: answers.pop(0))
    outcome = tocsin("send", "chat", "--format", "json", project=account)
    assert (outcome.code, outcome.err) == (1, "")
    sent = json.loads(outcome.out)
    first, last = sent["attempts"]
    assert (sent["version"], sent["delivered"]) == (1, False)
    assert (first["request"]["method"], first["request"]["url"]) == ("POST", f"{receiver.url}/hook")
    assert (first["response"]["status"], first["response"]["body"]) == (500, "oh")
    told = ("outcome", "hold_seconds", "then", "follows")
    assert [first[name] for name in told] == ["down", None, "retry", "the step's `retry` tries it again"]
    assert [last[name] for name in told] == [
        "busy",
        7,
        "stop",
        "a dispatcher holds the integration for 7s; no attempt is lost",
    ]
    assert first["failures"] == ["answered 500 Internal Server Error"]
    assert first["timings"]["total"] == first["response"]["duration_ms"]
    assert [first["timings"][name] is None for name in ("lookup", "connect", "tls", "first_byte")] == [
        True,  # of what this machine sends it is part of connecting
        False,
        True,
        False,
    ]
    assert last["timings"]["connect"] is None  # the connection was kept


def test_json_of_a_delivered_message(tocsin: Tocsin, account: Path, receiver: Receiver) -> None:
    chat(account, receiver.url)
    outcome = tocsin("send", "chat", "--format", "json", project=account)
    (attempt,) = json.loads(outcome.out)["attempts"]
    assert (outcome.code, attempt["outcome"], attempt["follows"]) == (0, "delivered", "")


def test_a_dispatcher_of_an_older_version_says_less() -> None:
    shown = StepShown.model_validate({"request": None, "response": None, "failures": ["no"]})
    assert (shown.outcome, shown.hold_seconds, shown.then, shown.timings) == (None, None, None, None)


@pytest.mark.parametrize("target", [(), ("--target", "local")])
def test_both_sides_are_shown_with_how_long_their_phases_took(
    tocsin: Tocsin, account: Path, receiver: Receiver, running: RunningDispatcher, target: tuple[str, ...]
) -> None:
    chat(account, receiver.url)
    assert tocsin("sync", "--target", "local", "--yes", project=account).code == 0
    outcome = tocsin("send", "chat", *target, project=account)
    assert re.search(r"^< 200 OK after \d+ ms \(connect \d+, first byte \d+\)$", outcome.out, re.MULTILINE)


def test_where_no_answer_came_it_is_said_what_was_waited_for(tocsin: Tocsin, account: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        chat(account, f"http://127.0.0.1:{closed.getsockname()[1]}")
        outcome = tocsin("send", "chat", project=account)
    assert re.search(r"^< nothing after \d+ ms \(connect \d+\)$", outcome.out, re.MULTILINE)


def asked(url: str, timeout: timedelta | None = None) -> FaultKind:
    """Why a URL gives no answer."""
    request = RenderedRequest("GET", MaskedText.of(url), (), None, timeout=timeout)
    with http_client() as client, pytest.raises(ReceiverUnreachableError) as raised:
        answer_of(client, request)
    return raised.value.fault


@contextmanager
def answering(answer: bytes) -> Iterator[str]:
    """Serve one connection with these bytes; yield host and port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"127.0.0.1:{server.getsockname()[1]}"
        finally:
            thread.join()


def test_a_host_that_is_not_there_is_told_from_one_that_speaks_no_tls_or_no_http() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert asked(f"http://127.0.0.1:{port}/") == "connect"
    with answering(b"HTTP/1.1 400 Bad Request\r\n\r\n") as place:
        assert asked(f"https://{place}/") == "tls"
    with answering(b"") as place:
        assert asked(f"http://{place}/") == "protocol"
    with answering(b"SSH-2.0-OpenSSH_9.2\r\n") as place:
        assert asked(f"http://{place}/") == "protocol"
    assert asked("ftp://127.0.0.1/") == "request"


def test_a_receiver_that_does_not_answer_in_time_is_late() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert asked(f"http://127.0.0.1:{silent.getsockname()[1]}/", timeout=timedelta(milliseconds=50)) == "timeout"


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (httpx.ConnectTimeout("late"), "timeout"),
        (httpx.PoolTimeout("late"), "timeout"),
        (httpx.ConnectError("[Errno 111] Connection refused"), "connect"),
        (caused(httpx.ConnectError("bad"), ssl.SSLCertVerificationError(1, "certificate verify failed")), "tls"),
        (caused(httpx.ReadError(str(CLIENT_CERTIFICATE)), CLIENT_CERTIFICATE), "certificate"),
        (httpx.ReadError("[Errno 104] Connection reset by peer"), "protocol"),
        (httpx.RemoteProtocolError("Server disconnected"), "protocol"),
        (httpx.DecodingError("no gzip"), "protocol"),
        (httpx.InvalidURL("no host"), "request"),
        (httpx.UnsupportedProtocol("ftp"), "request"),
        (httpx.LocalProtocolError("Illegal header value"), "request"),
        (UnicodeError("label too long"), "request"),
    ],
)
def test_errors_of_the_client_are_faults(error: Exception, fault: FaultKind) -> None:
    assert fault_of(error) == fault


def test_a_receiver_that_gives_no_answer_has_an_outcome_too(tocsin: Tocsin, account: Path) -> None:
    chat(account, "http://127.0.0.1:9")
    outcome = tocsin("send", "chat", project=account)
    assert outcome.code == 1
    assert outcome_lines(outcome.out) == [f"down: {DOWN}"]
