"""A test message that was sent, as one JSON object: every request with its response, what came of it, and what follows."""

from collections.abc import Sequence
from typing import Literal, Self

from tocsin.http.exchange import Exchange, ShownRequest, ShownResponse
from tocsin.terminal.json_text import json_result
from tocsin_schema.api.exchanges import Timings
from tocsin_schema.messages.outcomes import OutcomeKind
from tocsin_schema.messages.steps import Then
from tocsin_schema.models.document import Strict

Headers = tuple[tuple[str, str], ...]


class RequestJson(Strict):
    """A request as it was sent. Secrets are asterisks."""

    method: str
    """Its method."""
    url: str
    """Where it went."""
    headers: Headers
    """Names and values."""
    body: str | None
    """Its body; null without one."""
    truncated: bool
    """Whether there was more of it."""

    @classmethod
    def of(cls, request: ShownRequest) -> Self:
        """Return a request as JSON has it."""
        return cls(
            method=request.method,
            url=request.url,
            headers=request.headers,
            body=request.body,
            truncated=request.truncated,
        )


class ResponseJson(Strict):
    """A response as it came. Secrets are asterisks."""

    status: int
    """The status code."""
    reason: str
    """The status description."""
    headers: Headers
    """Names and values."""
    body: str
    """What was read of its body."""
    truncated: bool
    """Whether there was more of it."""
    duration_ms: int
    """Milliseconds to its end."""

    @classmethod
    def of(cls, response: ShownResponse) -> Self:
        """Return a response as JSON has it."""
        return cls(
            status=response.status,
            reason=response.reason,
            headers=response.headers,
            body=response.body,
            truncated=response.truncated,
            duration_ms=response.duration_ms,
        )


class TimingsJson(Strict):
    """How long an exchange took, and each of its phases, in milliseconds; null where there was no such phase."""

    lookup: int | None
    """Waiting for the addresses of a name. A request that this machine made itself counts it as `connect`."""
    connect: int | None
    """Opening a connection: to the receiver, or to a proxy and, for https, through it."""
    tls: int | None
    """The TLS handshake with the receiver."""
    first_byte: int | None
    """From the request on its way to the first byte of its answer."""
    total: int
    """From the beginning to the end of the answer, or to where it broke off."""

    @classmethod
    def of(cls, timings: Timings) -> Self:
        """Return timings as JSON has them."""
        return cls(**timings.model_dump())


class AttemptJson(Strict):
    """One attempt at a step."""

    request: RequestJson | None
    """Null where none could be made."""
    response: ResponseJson | None
    """Null where none came."""
    failures: tuple[str, ...]
    """What went wrong, in words."""
    outcome: OutcomeKind | None
    """What came of it; null: a dispatcher of an older version sent it, and doesn't say."""
    hold_seconds: float | None
    """How long the receiver asks to be left alone; null: it doesn't say."""
    then: Then | None
    """What the steps of the message say after it."""
    follows: str
    """What a dispatcher would do then, in words; empty where the message just goes on."""
    timings: TimingsJson | None
    """How long its phases took; null: nothing was sent, or a dispatcher of an older version doesn't say."""

    @classmethod
    def of(cls, exchange: Exchange) -> Self:
        """Return an attempt as JSON has it."""
        return cls(
            request=None if exchange.request is None else RequestJson.of(exchange.request),
            response=None if exchange.response is None else ResponseJson.of(exchange.response),
            failures=exchange.failures,
            outcome=exchange.outcome,
            hold_seconds=None if exchange.hold is None else exchange.hold.total_seconds(),
            then=exchange.then,
            follows=exchange.follows,
            timings=None if exchange.timings is None else TimingsJson.of(exchange.timings),
        )


class SentJson(Strict):
    """What `tocsin send --format json` prints. `version` changes when a key changes its meaning."""

    version: Literal[1]
    """The version of this form."""
    delivered: bool
    """Whether the message arrived."""
    attempts: tuple[AttemptJson, ...]
    """Every attempt, in order."""


def sent_json(exchanges: Sequence[Exchange], *, delivered: bool) -> str:
    """Return a test message that was sent as text."""
    sent = SentJson(version=1, delivered=delivered, attempts=tuple(map(AttemptJson.of, exchanges)))
    return json_result(sent.model_dump(mode="json"))
