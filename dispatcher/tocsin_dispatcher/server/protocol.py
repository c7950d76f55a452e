"""HTTP/1.1 as uvicorn and httptools speak it, with limits on what may come before anybody knows who it is.

uvicorn bounds neither the head of a request, nor how long it takes, nor requests that are sent ahead of their answers,
nor how long an answer may wait to be read; `limit_concurrency` has its 503 for /healthz too.
"""

import asyncio
import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Literal

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from tocsin_dispatcher.server.connections import Connections

KIB = 1024
HEAD_BYTES = 64 * KIB
HEAD_SECONDS = 10.0
HEAD_FIELDS = 100
"""As Apache's LimitRequestFields: a field of four bytes takes fifty times as many once it is read."""
AHEAD = 16
"""Requests that a connection may send before the first of them is answered."""
RESERVE_SECONDS = 2.0
"""How long one of the reserve may take over its head."""
LINGER_SECONDS = 1.0
"""How long a connection that was refused is kept for its client to read why."""
REST_SECONDS = 5.0
"""For the rest of a body that was answered before it was read; uvicorn's own limit on idle connections."""
UNREAD_SECONDS = 30.0
"""How long a client may read nothing of its answer."""
HEALTH = b"GET /healthz "

Phase = Literal["idle", "head", "body", "answer"]


class LimitedProtocol(HttpToolsProtocol):
    """One connection. It is counted, and ended where it is too slow or too much."""

    def __init__(self, counted: Connections, **uvicorns: Any) -> None:
        """Take where connections are counted, and what uvicorn gives each."""
        super().__init__(**uvicorns)
        self._counted = counted
        self._in_reserve = False
        self._first: bytes | None = b""
        """What came in the reserve, until that shows that health is asked for."""
        self._phase: Phase = "head"
        self._since = 0.0
        """When the phase began, by the loop's time."""
        self._begun = 0
        """Requests that have begun."""
        self._in_message = False
        self._head_bytes = 0
        self._refusal: bytes | None = None
        """What a request that is refused while it is read is answered with."""
        self._ended = False
        self._unread = 0
        self._unread_since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Count it."""
        super().connection_made(transport)
        self._since = self.loop.time()
        host = self.client[0] if self.client is not None else None
        self._in_reserve = not self._counted.enter(self, host)

    def connection_lost(self, exc: Exception | None) -> None:
        """Count it no more."""
        self._counted.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, in pieces of a head's size at the most."""
        if self._ended:
            return
        if self._in_reserve and self._first is not None:
            self._first = data = self._first + data
            if not data.startswith(HEALTH):
                if not HEALTH.startswith(data):
                    self.refuse()
                return
            self._first = None
        if len(data) <= HEAD_BYTES:
            self._read(data)
            return
        for start in range(0, len(data), HEAD_BYTES):
            if not self._ended and not self.transport.is_closing():
                self._read(data[start : start + HEAD_BYTES])

    def _read(self, data: bytes) -> None:
        if self._phase == "idle":
            self._begin("head")
            self._head_bytes = 0
        begun, expected = self._begun, 0 if self._in_message else 1
        super().data_received(data)
        if self._phase == "head" and not self._ended and not self.transport.is_closing():
            within = self._begun - begun > expected  # behind the end of another
            self._head_bytes = 0 if within else self._head_bytes + len(data)
            if self._head_bytes > HEAD_BYTES or len(self.headers or ()) > HEAD_FIELDS:
                self._end(_TOO_LARGE)

    def send_400_response(self, msg: str) -> None:
        """Answer what couldn't be read, or was refused meanwhile."""
        if self._refusal is None:
            super().send_400_response(msg)
        else:
            self._end(self._refusal)

    def on_message_begin(self) -> None:
        """Take a request, unless too many wait already."""
        if len(self.pipeline) >= AHEAD:
            self._refusal = _TOO_MANY_AHEAD
            raise ValueError("too many requests ahead of their answers")
        self._begun += 1
        self._in_message = True
        if self._phase != "head":
            self._begin("head")
            self._head_bytes = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Refuse a head with too much in it."""
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if len(self.headers) > HEAD_FIELDS or size > HEAD_BYTES:  # its end came with what passed the limit
            self._refusal = _TOO_LARGE
            raise ValueError("too much in the head of a request")
        self._phase = "body"
        super().on_headers_complete()
        if self._in_reserve:
            self.cycle.keep_alive = False

    def _unsupported_upgrade_warning(self) -> None:
        """Write nothing: whoever reaches the port could fill the log with uvicorn's advice on what to install."""

    def on_message_complete(self) -> None:
        """Note that the whole request is there."""
        super().on_message_complete()
        self._in_message = False
        self._phase = "idle" if self.cycle.response_complete else "answer"

    def on_response_complete(self) -> None:
        """Give what is left of the request a little time, or let the connection rest."""
        if self._phase == "answer" and not self.pipeline:
            self._phase = "idle"
        elif self._phase == "body" and self.cycle.response_complete:
            self._begin("body")
        super().on_response_complete()

    def end_if_late(self, now: float) -> None:
        """Close it, where head, rest of a body or reading the answer take too long."""
        unread = self.transport.get_write_buffer_size()
        if not self._unread or unread < self._unread:
            self._unread_since = now
        self._unread = unread
        if unread and now - self._unread_since > UNREAD_SECONDS:
            self.transport.abort()
        elif self.transport.is_closing():
            return
        elif self._ended and now - self._since > LINGER_SECONDS:
            self.transport.close()
        elif self._in_reserve and now - self._since > RESERVE_SECONDS:
            self.refuse()
        elif self._phase == "head" and not self._ended and now - self._since > HEAD_SECONDS:
            self._end(_TOO_SLOW)
        elif self._phase == "body" and self.cycle.response_complete and now - self._since > REST_SECONDS:
            self.transport.close()

    def refuse(self) -> None:
        """Answer that there are too many connections, and close it; at once where that was answered already."""
        if self._ended:
            self._counted.leave(self)
            self.transport.close()
            return
        self._counted.note_refusal(self.client[0] if self.client is not None else None)
        self._end(_BUSY)

    def _begin(self, phase: Phase) -> None:
        self._phase, self._since = phase, self.loop.time()

    def _end(self, answer: bytes) -> None:
        """Answer and read nothing more, unless an answer is under way: then only the end is left.

        It is closed a moment later: a connection that is closed with something unread is reset, and the answer lost with
        it (RFC 9112, 9.6).
        """
        self._ended = True
        self._since = self.loop.time()
        if self.cycle is None or self.cycle.response_complete:
            self.transport.write(answer)
            self.transport.write_eof()
        else:
            self.transport.close()


def limited(counted: Connections) -> Callable[..., LimitedProtocol]:
    """Return what makes a protocol of each connection, for `uvicorn.Config(http=...)`."""
    return partial(LimitedProtocol, counted)


def _answer(status: int, error: str, message: str, *headers: str) -> bytes:
    body = json.dumps({"error": error, "message": message}).encode("ascii")
    lines: Iterator[str] = iter(
        (
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            "Connection: close",
            *headers,
        )
    )
    return STATUS_LINE[status] + "".join(f"{line}\r\n" for line in lines).encode("ascii") + b"\r\n" + body


_BUSY = _answer(503, "unavailable", "too many connections at once: nothing was done, try again", "Retry-After: 1")
_TOO_LARGE = _answer(
    431, "too_large", f"the head of a request may have {HEAD_FIELDS} fields in {HEAD_BYTES // KIB} KiB at the most"
)
_TOO_SLOW = _answer(408, "timeout", f"the head of a request must come within {HEAD_SECONDS:.0f} s")
_TOO_MANY_AHEAD = _answer(
    400, "bad_request", f"at most {AHEAD} requests may be sent ahead of their answers: wait for some"
)
