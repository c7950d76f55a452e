"""HTTP/1.1 on the wire: on a connection one request after the other, and of each answer as much as is wanted.

llhttp reads the answers, through httptools. What is ours is what surrounds it: when an answer is over, and whether
another request may follow. What it promises: docs/http-client.md.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

import httptools

from tocsin_dispatcher.errors import DispatcherError
from tocsin_dispatcher.sending.bounded_body import BoundedBody
from tocsin_dispatcher.sending.framing import NotHttpError, head_size, plain

HEAD_LIMIT = 256 * 1024
"""Bytes of an answer's head and of what comes before it: as much as browsers and curl take."""
ROUND_BODY = 16
"""Times the limit of a body that may come in for it, chunk sizes and trailers included: chunks of one byte take six."""
INTERIM = frozenset({100, *range(102, 200)})
"""Statuses of what comes before the answer; 101 is one."""


class ConnectionClosedError(DispatcherError):
    """The connection was closed before an answer came."""


class BrokenAnswerError(DispatcherError):
    """The connection was closed in the middle of an answer."""


@dataclass
class Arrival:
    """What has come of an answer so far; the deadline may strike at any point."""

    limit: int
    """Bytes of the body that are taken."""
    status: int = 0
    reason: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: BoundedBody = field(default_factory=lambda: BoundedBody(0, ""))
    completed: bool = False
    monotonic: Callable[[], float] = time.monotonic
    """A clock in seconds."""
    heard_at: float | None = None
    """When the first byte came, by that clock."""

    def begin(self, status: int, reason: bytes, headers: list[tuple[bytes, bytes]]) -> None:
        """Take the head."""
        self.headers = tuple((_text(name).rstrip(), _text(value)) for name, value in headers)
        self.body = BoundedBody(self.limit, self.header("content-encoding"))
        self.reason = _text(reason)
        self.status = status

    def forget(self) -> None:
        """Begin anew: another request is to be made."""
        self.status, self.completed, self.heard_at = 0, False, None

    def header(self, name: str) -> str:
        """Return the value of a header by its name in lower case, "" without one."""
        return next((value for each, value in self.headers if each.lower() == name), "")

    @property
    def ends_with_connection(self) -> bool:
        """Whether nothing but the end of the connection tells where the body ends (RFC 9112, section 6.3)."""
        codings = [value for name, value in self.headers if name.lower() == "transfer-encoding"]
        if codings:
            return not codings[-1].lower().rstrip().endswith("chunked")
        return not self.header("content-length")


class Connection(asyncio.Protocol):
    """One connection, for one request at a time."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._parser.set_dangerous_leniencies(  # as browsers take them
            lenient_headers=True, lenient_optional_cr_before_lf=True, lenient_spaces_after_chunk_size=True
        )
        self._over: asyncio.Future[None] | None = None
        self._lost: Exception | None = None
        self.reusable = False
        """Whether another request may follow."""
        self.idle_since = 0.0

    async def ask(self, method: str, request: bytes, arrival: Arrival) -> None:
        """Send a request and take its answer, as much as is wanted.

        Raises NotHttpError, ConnectionClosedError, BrokenAnswerError, and OSError where the connection breaks. Once it was
        broken off, in whatever way, the connection is closed.
        """
        self._arrival, self._method = arrival, method
        self._status, self._headers, self._in_head = b"", list[tuple[bytes, bytes]](), True
        self._head, self._head_size, self._body_size, self._last = bytearray(), 0, 0, False
        self.reusable = False
        self._over = asyncio.get_running_loop().create_future()
        try:
            if self._lost is not None:
                raise self._lost
            if not self._transport.is_closing():  # else it is lost in a moment, and says why
                self._transport.write(request)
            await self._over
        finally:
            self._over = None
            if not self.reusable:
                self.close()

    def close(self) -> None:
        """Close at once."""
        self.reusable = False
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport (asyncio calls this)."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass

    def connection_lost(self, exc: Exception | None) -> None:
        """End the answer under way: whole where the connection's end is its end (asyncio calls this)."""
        self.reusable = False
        self._lost = exc or ConnectionClosedError()
        if self._over is None:
            return
        if self._in_head:
            if exc is None and self._head:
                self._feed(bytes(self._head))
            self._end(self._lost)
        elif exc is None and self._arrival.ends_with_connection:
            self._complete()
        else:
            self._end(BrokenAnswerError())

    def data_received(self, data: bytes) -> None:
        """Have the parser read what came in, a head once it is whole (asyncio calls this)."""
        if self._over is None:
            self._unasked(data)
            return
        if self._arrival.heard_at is None:
            self._arrival.heard_at = self._arrival.monotonic()
        while data and self._in_head and not self._is_over:
            data = self._take_head(data)
        if not data:
            return
        if self._is_over:
            self._unasked(data)
            return
        self._feed(data)
        self._body_size += len(data)
        if self._body_size > ROUND_BODY * self._arrival.limit + HEAD_LIMIT:
            self._end(NotHttpError("what surrounds the parts of its body has no end"))

    def on_message_begin(self) -> None:
        """Refuse an answer that follows the one asked for (the parser calls this)."""
        if self._is_over:
            self.reusable = False
            raise NotHttpError("nobody asked for a second answer")  # the parser stops here

    def on_status(self, text: bytes) -> None:
        """Take a part of the status line's words (the parser calls this)."""
        self._status += text

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header (the parser calls this)."""
        if self._in_head:  # else it is a trailer
            self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Begin the answer, now that its head is whole (the parser calls this)."""
        status = self._parser.get_status_code()
        if status in INTERIM:
            return
        self._in_head = False
        self._arrival.begin(status, self._status, self._headers)
        if self._method == "HEAD":  # has no body, whatever its head says
            self._complete()

    def on_body(self, chunk: bytes) -> None:
        """Take a part of the body, as much as is kept (the parser calls this)."""
        if not self._is_over and not self._arrival.body.take(chunk):
            self._complete()

    def on_message_complete(self) -> None:
        """End the answer (the parser calls this)."""
        if self._in_head:  # an interim answer
            self._status, self._headers = b"", []
        elif not self._is_over:
            self.reusable = self._parser.should_keep_alive() and not self._last
            self._complete()

    def _unasked(self, data: bytes) -> None:
        """Trust the connection no more, unless it is an empty line that followed the body, as some servers have it."""
        if data.strip(b"\r\n"):
            self.reusable = False
            if self._over is None:
                self.close()

    def _take_head(self, data: bytes) -> bytes:
        """Have the parser read the head if it is whole, and return what follows it."""
        searched = len(self._head)
        self._head += data
        try:
            size = head_size(self._head, searched)
            self._bound_head(size or len(self._head))
            if size is None:
                return b""
            head, rest = bytes(self._head[:size]), bytes(self._head[size:])
            self._head.clear()
            self._head_size += size
            content, last = plain(head)
        except NotHttpError as error:
            self._end(error)
            return b""
        self._last = self._last or last
        self._feed(content)
        return rest

    def _bound_head(self, more: int) -> None:
        if self._head_size + more > HEAD_LIMIT:
            raise NotHttpError(f"its head is longer than {HEAD_LIMIT // 1024} KiB")

    def _feed(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.reusable = False
            self._complete()
        except httptools.HttpParserError as error:
            self.reusable = False
            self._end(NotHttpError(str(error)))

    @property
    def _is_over(self) -> bool:
        return self._over is None or self._over.done()

    def _complete(self) -> None:
        self._arrival.completed = True
        self._end(None)

    def _end(self, error: Exception | None) -> None:
        if self._over is None or self._over.done():
            return
        if error is None:
            self._over.set_result(None)
        else:
            self._over.set_exception(error)


def _text(header: bytes) -> str:
    return header.decode("utf-8", "replace")
