"""Sending one request over HTTP, within limits of time, size and place."""

import asyncio
import io
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import version
from types import TracebackType
from typing import Self
from urllib.parse import quote, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver
from multidict import CIMultiDict
from yarl import URL

from tocsin_dispatcher.sending.addresses import literal
from tocsin_dispatcher.sending.body import BoundedBody
from tocsin_dispatcher.sending.egress import EgressPolicy, GuardedResolver
from tocsin_dispatcher.sending.faults import Fault, FaultKind, deadline_fault, fault_of
from tocsin_dispatcher.sending.stored import LIMIT, StoredRequest, StoredResponse
from tocsin_schema.render.masking import Masking, basic_token
from tocsin_schema.render.request import RenderedRequest
from tocsin_schema.responses import Response
from tocsin_schema.template.text import MaskedText

DEADLINE = 30.0
"""Seconds for a request from the first packet to the last byte of its answer."""

FRAMING = frozenset(
    {"connection", "content-length", "expect", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}
)
"""Headers that say how bytes travel on this connection; a definition can't know."""

AUTOMATIC = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
"""Headers that aiohttp would add of its own."""

LARGE = 1 << 20
"""Bytes of a body above which aiohttp wants to read it from a file."""

PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))
"""What a path or query may hold as it is; rendering has encoded what it must."""

USER_AGENT = f"Tocsin/{version('tocsin')}"


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and what came of it. `response` and `error` are both there where an answer broke off."""

    request_masked: StoredRequest
    response: Response | None
    """The response as it came, secrets and all: to be judged, never to be kept."""
    error: str | None
    """Why there is no whole response, in plain words without secrets."""
    error_kind: FaultKind | None
    response_masked: StoredResponse | None = None
    """What may be kept of the response."""
    truncated: bool = False
    """Whether there was more of the body than was read."""


@dataclass
class _Arrival:
    """What has come of a response so far; the deadline may strike at any point."""

    status: int = 0
    reason: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: BoundedBody = field(default_factory=lambda: BoundedBody(0, ""))
    completed: bool = False

    async def read(self, answer: aiohttp.ClientResponse, limit: int) -> None:
        self.headers = tuple((_text(name), _text(value)) for name, value in answer.raw_headers)
        self.body = BoundedBody(limit, answer.headers.get("Content-Encoding", ""))
        self.reason = (answer.reason or "").encode("utf-8", "replace").decode("utf-8")
        self.status = answer.status
        async for chunk in answer.content.iter_any():
            if not self.body.take(chunk):
                answer.close()
                break
        self.completed = True

    def response(self, duration: float) -> Response | None:
        if not self.status:
            return None
        milliseconds = round(duration * 1000)
        return Response(self.status, self.reason, self.headers, self.body.content, milliseconds, self.completed)


class Sender:
    """Sends requests; an async context manager that keeps connections open between them.

    `deadline` is in seconds, `limit` in bytes of a response's body, `monotonic` gives seconds of any origin.
    No redirects, no proxies from the environment, no cookies kept; TLS is verified.
    """

    def __init__(
        self,
        policy: EgressPolicy,
        *,
        deadline: float = DEADLINE,
        limit: int = LIMIT,
        monotonic: Callable[[], float] = time.monotonic,
        resolver: AbstractResolver | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._policy = policy
        self._deadline = deadline
        self._limit = limit
        self._monotonic = monotonic
        self._resolver = resolver
        self._tls = tls
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Open the pool of connections."""
        connector = aiohttp.TCPConnector(
            limit=0,  # who sends how much at once is the caller's to say; waiting here would eat the deadline
            keepalive_timeout=4,  # less than servers keep: a POST on a connection just closed fails
            resolver=GuardedResolver(self._policy, self._resolver or aiohttp.ThreadedResolver()),
            ssl=self._tls if self._tls is not None else True,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),
            skip_auto_headers=AUTOMATIC,
            auto_decompress=False,  # BoundedBody does, within its limit
            trust_env=False,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def send(self, request: RenderedRequest, extra_headers: Mapping[str, str]) -> Exchange:
        """Send a request and give what came of it; `extra_headers` replace those of the same name.

        Nothing that a receiver, a resolver or a URL does raises; RuntimeError outside `async with`.
        """
        if self._session is None:
            raise RuntimeError("a Sender sends inside `async with`")
        headers = _outgoing(request, extra_headers)
        masking = Masking.of(request)
        arrival = _Arrival()
        where = "the receiver"
        fault: Fault | None = None
        started = self._monotonic()
        try:
            async with asyncio.timeout(self._deadline) as allowed:
                url = _url(request.url.value)
                where = f"{url.host}:{url.port}"
                self._policy.check_literal(url.host or "")
                await self._exchange(self._session, request, url, headers, arrival)
        except Exception as error:  # whatever one receiver makes the client do must not stop the others' messages
            late = isinstance(error, TimeoutError) and allowed.expired()
            fault = (
                deadline_fault(where, self._deadline, answering=arrival.status > 0) if late else fault_of(error, where)
            )
        response = arrival.response(self._monotonic() - started)
        truncated = arrival.body.truncated
        return Exchange(
            request_masked=StoredRequest.of(request, headers),
            response=response,
            error=masking.mask(fault.text) if fault is not None else None,
            error_kind=fault.kind if fault is not None else None,
            response_masked=StoredResponse.of(response, masking, truncated=truncated) if response is not None else None,
            truncated=truncated,
        )

    async def _exchange(
        self,
        session: aiohttp.ClientSession,
        request: RenderedRequest,
        url: URL,
        headers: list[tuple[str, MaskedText]],
        arrival: _Arrival,
    ) -> None:
        content = request.content
        sent = CIMultiDict((name, text.value) for name, text in headers)
        middlewares: list[aiohttp.ClientMiddlewareType] = []
        first = _ReleasedBeforeNext()
        if request.auth is not None:
            username, password = request.auth.username.value, request.auth.password.value
            if request.auth.scheme == "basic":
                sent["Authorization"] = f"Basic {basic_token(username, password)}"
            else:
                middlewares = [aiohttp.DigestAuthMiddleware(username, password), first]
        elif url.raw_user is not None and "Authorization" not in sent:
            sent["Authorization"] = f"Basic {basic_token(url.user or '', url.password or '')}"
        try:
            async with session.request(
                request.method,
                url.with_user(None),
                headers=sent,
                data=io.BytesIO(content) if content is not None and len(content) > LARGE else content,
                allow_redirects=False,
                middlewares=middlewares,
            ) as answer:
                await arrival.read(answer, self._limit)
        finally:
            first.release()


class _ReleasedBeforeNext:
    """Gives the connection of a Digest challenge back before the request is sent again."""

    def __init__(self) -> None:
        self._answer: aiohttp.ClientResponse | None = None

    async def __call__(
        self,
        request: aiohttp.ClientRequest,
        handler: Callable[[aiohttp.ClientRequest], Awaitable[aiohttp.ClientResponse]],
    ) -> aiohttp.ClientResponse:
        self.release()
        self._answer = await handler(request)
        return self._answer

    def release(self) -> None:
        if self._answer is not None:
            self._answer.release()


def _outgoing(request: RenderedRequest, extra: Mapping[str, str]) -> list[tuple[str, MaskedText]]:
    """Give the headers that go out, but for Host, Content-Length and the credentials."""
    replaced = {name.lower() for name in extra} | FRAMING | ({"authorization"} if request.auth is not None else set())
    headers = [(name, text) for name, text in request.headers if name.lower() not in replaced]
    headers += [(name, MaskedText.of(value)) for name, value in extra.items()]
    stated = {name.lower() for name, _ in headers}
    defaults = {"User-Agent": USER_AGENT, "Accept": "*/*"}
    return [(name, MaskedText.of(value)) for name, value in defaults.items() if name.lower() not in stated] + headers


@lru_cache(maxsize=1024)
def _url(text: str) -> URL:
    """Read a URL. Its path and query go out as they are, percent-encoding and all.

    An address in an odd spelling is rewritten, so that what was judged is what is dialled.
    """
    read = URL(text)
    if read.scheme not in ("http", "https") or not read.raw_host:
        raise ValueError("expected a URL that begins with http:// or https:// and names a host")
    address = literal(read.raw_host)
    host = read.raw_host if address is None or "%" in read.raw_host else str(address)
    parts = urlsplit(text)
    return URL.build(
        scheme=read.scheme,
        user=read.raw_user,
        password=read.raw_password,
        host=f"[{host}]" if ":" in host else host,
        port=read.explicit_port,
        path=quote(parts.path, safe=PRINTABLE) or "/",
        query_string=quote(parts.query, safe=PRINTABLE),
        encoded=True,
    )


def _text(header: bytes) -> str:
    return header.decode("utf-8", "replace")
