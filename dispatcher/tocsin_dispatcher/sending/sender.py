"""Sending one request over HTTP, within limits of time, size and place."""

import asyncio
import re
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from secrets import token_hex
from types import TracebackType
from typing import Literal, NamedTuple, Self

from tocsin_dispatcher.sending import digest
from tocsin_dispatcher.sending.connections.lookups import LookUps
from tocsin_dispatcher.sending.connections.pool import Connections
from tocsin_dispatcher.sending.connections.system_resolver import system_addresses
from tocsin_dispatcher.sending.connections.tls_files import TlsContext, TlsContexts, TlsFiles
from tocsin_dispatcher.sending.egress import EgressPolicy, Resolve
from tocsin_dispatcher.sending.faults import Fault, deadline_fault, fault_of, remarked
from tocsin_dispatcher.sending.forwarding import Forwarding, forwarding
from tocsin_dispatcher.sending.oauth_tokens import OAuthTokens, token_or_fault
from tocsin_dispatcher.sending.route import DIRECT, Target, target_of
from tocsin_dispatcher.sending.routing import Routing
from tocsin_dispatcher.sending.stopwatch import Stopwatch
from tocsin_dispatcher.sending.stored_exchange import LIMIT, stored_request, stored_response
from tocsin_dispatcher.sending.wire import Arrival
from tocsin_schema.api.exchanges import StoredRequest, StoredResponse, Timings
from tocsin_schema.messages.masking import Masking, basic_token
from tocsin_schema.messages.oauth2 import Token, shown_answer, token_request, with_token
from tocsin_schema.messages.outcomes import FaultKind
from tocsin_schema.messages.redirects import NotFollowedError, following
from tocsin_schema.messages.request import RenderedAuth, RenderedRequest
from tocsin_schema.messages.responses import Response
from tocsin_schema.template.masked_text import MaskedText

DEADLINE = 30.0
"""Seconds for a request from the first packet to the last byte of its answer, where its step doesn't say."""

FRAMING = frozenset(
    {"connection", "content-length", "expect", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}
)
"""Headers that say how bytes travel on this connection; a definition can't know."""

WITHOUT_BODY = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})
"""Methods of requests that have no body unless they are given one; others say that theirs is empty."""

BREAK = re.compile(r"[\r\n\0]")
UNAUTHORIZED = 401

ERROR = 1000
"""Characters of an error's text; a receiver may have a hand in it."""

USER_AGENT = f"Tocsin/{version('tocsin')}"


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and what came of it.

    `response` and `error` are both there where an answer broke off, and where one came that could not be followed up: then
    there is no `error_kind`, for the receiver did answer.
    """

    request_masked: StoredRequest
    response: Response | None
    """The response as it came, secrets and all: to be judged, never to be kept."""
    error: str | None
    """Why there is no whole response, or nothing after it, in plain words without secrets."""
    error_kind: FaultKind | None
    """None where a whole response came."""
    response_masked: StoredResponse | None = None
    """What may be kept of the response."""
    truncated: bool = False
    """Whether there was more of the body than was read."""
    before: "tuple[Exchange, ...]" = ()
    """The requests made on the way to this one, in their order."""
    purpose: Literal["token", "redirect"] | None = None
    """What a request on the way was for: a `token` to send with the next, or that it led on by a `redirect`."""
    timings: Timings | None = None
    """How long its phases took; None where nothing was sent."""


class _Terms(NamedTuple):
    """On what terms something is sent."""

    connections: Connections
    integration: str
    seconds: float
    """How long it may take."""
    until: float
    """The moment at which that is over, by the loop's clock."""


class _Line(NamedTuple):
    """The way of one exchange, and what measures it."""

    terms: _Terms
    watch: Stopwatch
    target: Target
    passed_on: Forwarding


class Sender:
    """Sends requests; an async context manager that keeps connections open between them.

    `deadline` is in seconds, `limit` in bytes of a response's body, `monotonic` gives seconds of any origin.
    `routing` says which way requests go, `tls` what TLS is spoken with. Redirects where a request says so, no cookies
    kept; TLS is verified.
    """

    def __init__(
        self,
        policy: EgressPolicy,
        *,
        deadline: float = DEADLINE,
        limit: int = LIMIT,
        monotonic: Callable[[], float] = time.monotonic,
        resolve: Resolve = system_addresses,
        routing: Routing | None = None,
        tls: TlsContexts | ssl.SSLContext | None = None,
    ) -> None:
        self._policy = policy
        self._deadline = deadline
        self._limit = limit
        self._monotonic = monotonic
        self._resolve = resolve
        self.routing = routing or Routing()
        """Which ways there are."""
        self._tls = tls
        self._connections: Connections | None = None
        self._tokens = OAuthTokens(monotonic)

    async def __aenter__(self) -> Self:
        """Begin to keep connections."""
        tls = self._tls or TlsContext(TlsFiles())
        contexts = tls if isinstance(tls, TlsContexts) else TlsContexts(tls)
        self._connections = Connections(self._policy, LookUps(self._resolve), contexts)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every connection, and forget tokens."""
        await self._tokens.close()
        if self._connections is not None:
            await self._connections.close()
            self._connections = None

    async def send(self, request: RenderedRequest, extra_headers: Mapping[str, str], integration: str = "") -> Exchange:
        """Send a request and return what came of it; `extra_headers` replace those of the same name.

        What others may have to wait for as well counts against its `integration`. Nothing that a receiver, a resolver or
        a URL does raises; RuntimeError outside `async with`.
        """
        if self._connections is None:
            raise RuntimeError("a Sender sends inside `async with`")
        seconds = self._deadline if request.timeout is None else request.timeout.total_seconds()
        terms = _Terms(self._connections, integration, seconds, asyncio.get_running_loop().time() + seconds)
        asking = token_request(request)
        if asking is None:
            return await self._following_redirects(terms, request, extra_headers)
        return await self._with_token(terms, request, asking, extra_headers)

    async def _with_token(
        self, terms: _Terms, request: RenderedRequest, asking: RenderedRequest, extra_headers: Mapping[str, str]
    ) -> Exchange:
        """Send a request with its token; one that its receiver doesn't take is got anew, once."""
        made: list[Exchange] = []

        async def ask() -> Token | Fault:
            came = await self._one(terms, asking, asking, {})
            found = token_or_fault(asking, came.response, came.error, came.error_kind)
            made.append(_shown_token_exchange(came, found))
            return found

        token = await self._tokens.get(asking, ask, terms.until, terms.integration)
        if isinstance(token, Fault):
            shown = stored_request(request, _outgoing(request, extra_headers))
            return Exchange(shown, None, token.text, token.kind, before=tuple(made))
        bearing = with_token(request, token)
        exchange = await self._following_redirects(terms, bearing, extra_headers)
        if _lacks_token(request, exchange):
            self._tokens.forget(asking, token)
            token = await self._tokens.get(asking, ask, terms.until, terms.integration)
            if isinstance(token, Fault):
                exchange = replace(exchange, error=f"the token could not be renewed: {token.text}")
            else:
                bearing = with_token(request, token)
                exchange = await self._following_redirects(terms, bearing, extra_headers)
        return replace(exchange, before=(*made, *exchange.before))

    async def _following_redirects(
        self, terms: _Terms, request: RenderedRequest, extra_headers: Mapping[str, str]
    ) -> Exchange:
        original, before = request, tuple[Exchange, ...]()
        while True:
            exchange = await self._one(terms, request, original, extra_headers)
            try:
                follows = _following(request, exchange, len(before), original)
            except NotFollowedError as error:
                return replace(exchange, error=str(error), before=before)
            if follows is None:
                return replace(exchange, before=before) if before else exchange
            request, before = follows, (*before, replace(exchange, purpose="redirect"))

    async def _one(
        self, terms: _Terms, request: RenderedRequest, original: RenderedRequest, extra_headers: Mapping[str, str]
    ) -> Exchange:
        """Send one request and return what came of it, when its time is up at the latest.

        The secrets of `original`, from which redirects have led here, are masked in it too.
        """
        headers = _outgoing(request, extra_headers)
        arrival = Arrival(self._limit, monotonic=self._monotonic)
        where, remark, route, passed_on = "the receiver", None, DIRECT, Forwarding()
        fault: Fault | None = None
        refused: str | None = None
        watch = Stopwatch(self._monotonic)
        try:
            async with asyncio.timeout_at(terms.until) as allowed:
                target = target_of(request.url.value)
                where = str(target.place)
                route = self.routing.route(target.place, request.proxy, request.tls)
                where = route.described(target.place)
                if route.proxy is None:
                    remark = self.routing.unused.remark(target.place)
                    self._policy.check_literal(target.place.host)
                else:
                    self._policy.check_unresolved(target.place.host)
                passed_on = await forwarding(route, target.place)
                await self._exchange(_Line(terms, watch, target, passed_on), request, headers, arrival)
        except digest.NoDigestError as error:
            refused = str(error)
        except Exception as error:  # whatever one receiver makes the client do must not stop the others' messages
            late = isinstance(error, TimeoutError) and allowed.expired()
            phase = "body" if arrival.status else watch.phase
            fault = deadline_fault(where, terms.seconds, phase, route.proxy) if late else fault_of(error, where)
            fault = fault if arrival.status else remarked(fault, remark)
        masking = Masking.of(original, passed_on.secrets)
        timings = watch.read()
        response = _response(arrival, timings.total)
        truncated = arrival.body.truncated
        error_text = fault.text if fault is not None else refused
        return Exchange(
            request_masked=stored_request(request, headers),
            response=response,
            error=masking.mask(error_text)[:ERROR] if error_text is not None else None,
            error_kind=fault.kind if fault is not None else None,
            response_masked=stored_response(response, masking, truncated=truncated) if response is not None else None,
            truncated=truncated,
            timings=timings,
        )

    async def _exchange(
        self,
        line: _Line,
        request: RenderedRequest,
        headers: list[tuple[str, MaskedText]],
        arrival: Arrival,
    ) -> None:
        sent = [(name, text.value) for name, text in headers]
        if request.auth is not None and request.auth.scheme == "basic":
            token = basic_token(request.auth.username.value, request.auth.password.value)
            sent.append(("Authorization", f"Basic {token}"))
        elif request.auth is None and line.target.token and not _states(sent, "authorization"):
            sent.append(("Authorization", f"Basic {line.target.token}"))
        await _ask(line, request, sent, arrival)
        if request.auth is not None and request.auth.scheme == "digest":
            await _answer_digest(line, request, request.auth, sent, arrival)


def _lacks_token(request: RenderedRequest, exchange: Exchange) -> bool:
    """Tell whether a request was not taken for its token: not where redirects had made a GET of it."""
    if exchange.response is None or exchange.error is not None or exchange.response.status != UNAUTHORIZED:
        return False
    return exchange.request_masked.method == request.method


def _shown_token_exchange(exchange: Exchange, found: Token | Fault) -> Exchange:
    """Return a request for a token as it may be kept: without the token, whatever the answer looks like."""
    shown = exchange.response_masked
    if shown is not None:
        masking = Masking([found.value] if isinstance(found, Token) else [])
        headers = tuple((name, masking.mask(value)) for name, value in shown.headers)
        body = masking.mask(shown_answer(shown.body))
        shown = shown.model_copy(update={"headers": headers, "body": body})
    if isinstance(found, Fault):
        return replace(exchange, response_masked=shown, error=found.text, error_kind=found.kind, purpose="token")
    return replace(exchange, response_masked=shown, purpose="token")


def _following(
    request: RenderedRequest, exchange: Exchange, followed: int, original: RenderedRequest
) -> RenderedRequest | None:
    """Return the request that a redirect leads to; None where there is none to follow. Raises NotFollowedError."""
    response = exchange.response
    if response is None or exchange.error is not None or not 300 <= response.status < 400:
        return None
    return following(request, response, followed, Masking.of(original))


async def _ask(line: _Line, request: RenderedRequest, headers: list[tuple[str, str]], arrival: Arrival) -> None:
    content, target, passed_on = request.content, line.target, line.passed_on
    head = _head(
        request.method, passed_on.request_target(target.host, target.path), target, passed_on.headers(headers), content
    )
    connections, watch = line.terms.connections, line.watch
    connection = await connections.to(target.place, passed_on.route, line.terms.integration, watch)
    asked = watch.begin("first_byte")
    try:
        await connection.ask(request.method, head + (content or b""), arrival)
    except Exception:
        passed_on.require_passed_on(arrival)  # proxies that refuse tend to hang up with it
        raise
    finally:
        watch.end("first_byte", asked, arrival.heard_at)
    connections.keep(target.place, connection, passed_on.route)
    passed_on.require_passed_on(arrival)


def _head(method: str, asked: str, target: Target, headers: list[tuple[str, str]], content: bytes | None) -> bytes:
    """Return the request line and the headers; raises ValueError where one of them would start another."""
    lines = [f"{method} {asked} HTTP/1.1"]
    if not _states(headers, "host"):
        lines.append(f"Host: {target.host}")
    lines += [f"{name}: {value}" for name, value in headers]
    if content is not None or method not in WITHOUT_BODY:
        lines.append(f"Content-Length: {len(content or b'')}")
    if any(BREAK.search(line) for line in lines):
        raise ValueError("a header or the method holds a line break")
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "replace")


def _states(headers: list[tuple[str, str]], wanted: str) -> bool:
    return any(name.lower() == wanted for name, _ in headers)


async def _answer_digest(
    line: _Line,
    request: RenderedRequest,
    auth: RenderedAuth,
    sent: list[tuple[str, str]],
    arrival: Arrival,
) -> None:
    """Answer the challenge that has arrived, and one more where its nonce was too old; raises NoDigestError."""
    credentials = digest.Credentials(auth.username.value, auth.password.value)
    for number in range(2):
        lines = [value for name, value in arrival.headers if name.lower() == "www-authenticate"]
        if arrival.status != UNAUTHORIZED or (number > 0 and not digest.stale(lines)):
            return
        asked = digest.Asked(request.method, line.target.path)
        answer = digest.authorization(lines, credentials, asked, token_hex(16))
        arrival.forget()
        await _ask(line, request, [*sent, ("Authorization", answer)], arrival)


def _response(arrival: Arrival, duration_ms: int) -> Response | None:
    if not arrival.status:
        return None
    return Response(
        arrival.status, arrival.reason, arrival.headers, arrival.body.content, duration_ms, arrival.completed
    )


def _outgoing(request: RenderedRequest, extra: Mapping[str, str]) -> list[tuple[str, MaskedText]]:
    """Return the headers that go out, but for Host, Content-Length and the credentials."""
    replaced = {name.lower() for name in extra} | FRAMING | ({"authorization"} if request.auth is not None else set())
    headers = [(name, text) for name, text in request.headers if name.lower() not in replaced]
    headers += [(name, MaskedText.of(value)) for name, value in extra.items()]
    stated = {name.lower() for name, _ in headers}
    defaults = {"User-Agent": USER_AGENT, "Accept": "*/*"}
    return [(name, MaskedText.of(value)) for name, value in defaults.items() if name.lower() not in stated] + headers
