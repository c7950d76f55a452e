"""A receiver as this machine reaches it: one request, one answer, within limits of time and size."""

import time
from dataclasses import dataclass, replace

import httpx

from tocsin import __version__
from tocsin.http.connection_errors import fault_of, reason_of
from tocsin.http.stopwatch import Stopwatch
from tocsin_schema.api.exchanges import Timings
from tocsin_schema.messages.masking import Masking
from tocsin_schema.messages.outcomes import FaultKind
from tocsin_schema.messages.redirects import NotFollowedError, following
from tocsin_schema.messages.request import RenderedAuth, RenderedRequest
from tocsin_schema.messages.responses import Response

DEADLINE = 30.0
"""Seconds that a receiver has for its whole answer, where its step doesn't say."""

READ_BYTES = 64 * 1024
"""How much of a body is read."""


class ReceiverUnreachableError(Exception):
    """The receiver gave no answer. The text says why, and may hold secrets of the request."""

    def __init__(self, message: str, fault: FaultKind) -> None:
        """Say why, in words and in one."""
        super().__init__(message)
        self.fault = fault
        self.timings: Timings | None = None
        """How long the phases of the last request took."""
        self.method: str | None = None
        """The method of the last request."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response, secrets and all, and whether there was more of its body than was read."""

    response: Response
    truncated: bool
    timings: Timings
    """How long the phases of the last request took."""
    not_followed: str | None = None
    """Why a redirect that was to be followed was not, without secrets."""
    method: str | None = None
    """The method of the last request."""


def http_client() -> httpx.Client:
    """Return a client that does what the dispatcher's does: redirects by our own rules, no proxies, no cookies kept."""
    return httpx.Client(follow_redirects=False, trust_env=False, timeout=DEADLINE)


def answer_of(client: httpx.Client, request: RenderedRequest) -> Answer:
    """Send a request, follow redirects where it says so, and return the last answer.

    Raises ReceiverUnreachableError where none comes.
    """
    masking, followed = Masking.of(request), 0
    seconds = DEADLINE if request.timeout is None else request.timeout.total_seconds()
    until = time.monotonic() + seconds
    while True:
        try:
            answer = replace(_answer(client, request, until, seconds), method=request.method)
        except ReceiverUnreachableError as error:
            error.method = request.method
            raise
        try:
            follows = following(request, answer.response, followed, masking) if answer.response.completed else None
        except NotFollowedError as error:
            return replace(answer, not_followed=str(error))
        if follows is None:
            return answer
        request, followed = follows, followed + 1


def _answer(client: httpx.Client, request: RenderedRequest, until: float, seconds: float) -> Answer:
    watch = Stopwatch(time.monotonic)
    client.cookies.clear()
    try:
        with client.stream(
            request.method,
            request.url.value,
            headers=_headers(request),
            content=request.content,
            auth=_auth(request.auth) if request.auth is not None else httpx.USE_CLIENT_DEFAULT,
            timeout=max(until - watch.began, 0.001),
            extensions={"trace": watch.trace},
        ) as answer:
            return _read(answer, watch, until)
    except httpx.TimeoutException as error:
        unreachable = ReceiverUnreachableError(f"the receiver gave no answer within {seconds:g} s", "timeout")
        unreachable.timings = watch.read()
        raise unreachable from error
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        unreachable = ReceiverUnreachableError(f"can't reach the receiver: {reason_of(error)}", fault_of(error))
        unreachable.timings = watch.read()
        raise unreachable from error


def _headers(request: RenderedRequest) -> httpx.Headers:
    stated = [(name.encode(), text.value.encode("utf-8", "replace")) for name, text in request.headers]
    if any(name.lower() == b"user-agent" for name, _ in stated):
        return httpx.Headers(stated)
    return httpx.Headers([(b"User-Agent", f"Tocsin/{__version__}".encode()), *stated])


def _auth(auth: RenderedAuth) -> httpx.Auth:
    scheme = httpx.BasicAuth if auth.scheme == "basic" else httpx.DigestAuth
    return scheme(auth.username.value, auth.password.value)


def _read(answer: httpx.Response, watch: Stopwatch, until: float) -> Answer:
    """Read at most READ_BYTES; a receiver that drips, breaks off or never ends does not hold us."""
    body = bytearray()
    completed = True
    try:
        for chunk in answer.iter_bytes():
            body += chunk
            completed = time.monotonic() <= until
            if len(body) > READ_BYTES or not completed:
                break
    except httpx.HTTPError:
        completed = False
    timings = watch.read()
    response = Response(
        status=answer.status_code,
        reason=answer.reason_phrase,
        headers=tuple(answer.headers.multi_items()),
        body=bytes(body[:READ_BYTES]),
        duration_ms=timings.total,
        completed=completed,
    )
    return Answer(response, truncated=len(body) > READ_BYTES, timings=timings)
