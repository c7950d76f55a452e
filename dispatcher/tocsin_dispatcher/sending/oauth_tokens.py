"""Tokens of OAuth 2.0: got from their endpoint once, shared by all who need the same one, renewed before they end.

They are in the memory of this process alone. What one is for is said by the request that gets it: equal requests,
secrets included, share a token. For one of them an integration has no second request under way at once, and its messages share what
came of it, a failure too: an endpoint that is down is not asked by each message. Those of another integration ask for themselves, since
what the first waits for, as a look-up behind others of its own, need not hold them up.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tocsin_dispatcher.sending.faults import Fault
from tocsin_schema.messages.masking import Masking
from tocsin_schema.messages.oauth2 import NoTokenError, Token, token_of
from tocsin_schema.messages.outcomes import FaultKind, of_fault
from tocsin_schema.messages.request import RenderedRequest
from tocsin_schema.messages.responses import Response

UNSTATED_LIFE = 3600.0
"""Seconds that a token is kept whose lifetime isn't said, or not clearly; a receiver's 401 ends it sooner."""
EARLY = 0.1
"""The part of its life before whose end a token is renewed, so that it doesn't end on its way."""
EARLIEST = 60.0
"""Seconds before its end that a token is renewed at the earliest."""
MOST_KEPT = 1000


@dataclass(frozen=True, slots=True)
class _Kept:
    token: Token
    until: float
    """By the monotonic clock."""


class OAuthTokens:
    """The tokens of a process."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        """Take a clock in seconds."""
        self._monotonic = monotonic
        self._kept: dict[RenderedRequest, _Kept] = {}
        self._asking: dict[tuple[RenderedRequest, str], asyncio.Task[Token | Fault]] = {}
        """By what is asked for, and the integration for whose messages."""

    async def get(
        self, request: RenderedRequest, ask: Callable[[], Awaitable[Token | Fault]], until: float, integration: str = ""
    ) -> Token | Fault:
        """Return the token that `request` is for, or why there is none.

        Where none is kept `ask` gets one, unless another of the integration's messages is at it: that is waited for, no longer than `until`
        by the loop's clock. `ask` has to end by itself.
        """
        kept = self._kept.get(request)
        if kept is not None and kept.until > self._monotonic():
            return kept.token
        asked = request, integration
        task = self._asking.get(asked)
        if task is None:
            task = asyncio.create_task(self._ask(asked, ask), name="oauth token")
            self._asking[asked] = task
            return await asyncio.shield(task)
        try:
            async with asyncio.timeout_at(until):
                return await asyncio.shield(task)
        except TimeoutError:
            return Fault("token", "the token endpoint gave no token in time: another message is waiting for it too")

    def forget(self, request: RenderedRequest, token: Token) -> None:
        """Keep a token no longer that its receiver doesn't take; one that has taken its place stays."""
        kept = self._kept.get(request)
        if kept is not None and kept.token.value == token.value:
            del self._kept[request]

    async def close(self) -> None:
        """Forget all of them, and ask for no more."""
        self._kept.clear()
        tasks = list(self._asking.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _ask(
        self, wanted: tuple[RenderedRequest, str], ask: Callable[[], Awaitable[Token | Fault]]
    ) -> Token | Fault:
        asked = self._monotonic()
        try:
            found = await ask()
            if isinstance(found, Token):
                self._keep(wanted[0], found, asked)
            return found
        finally:
            del self._asking[wanted]

    def _keep(self, request: RenderedRequest, token: Token, asked: float) -> None:
        until = asked + _kept_for(token.lifetime)
        now = self._monotonic()
        if until <= now:
            return
        if len(self._kept) >= MOST_KEPT:
            self._kept = {each: kept for each, kept in self._kept.items() if kept.until > now}
        if len(self._kept) < MOST_KEPT:
            self._kept[request] = _Kept(token, until)


def token_or_fault(
    asking: RenderedRequest, response: Response | None, error: str | None, kind: FaultKind | None
) -> Token | Fault:
    """Return the token that came of a request for one, or why there is none, without the request's secrets.

    `response`, `error` and `kind` are those of its exchange.
    """
    if response is None or error is not None:
        refused = kind is not None and of_fault(kind) == "locked_out"
        return Fault("token_refused" if refused else "token", f"no token: {error or 'no answer'}")
    try:
        return token_of(response)
    except NoTokenError as problem:
        text = Masking.of(asking).mask(str(problem))
        return Fault("token_refused" if problem.refused else "token", text)


def _kept_for(lifetime: float | None) -> float:
    """Return for how long a token is kept, in seconds."""
    if lifetime is None:
        return UNSTATED_LIFE
    return lifetime - min(EARLIEST, lifetime * EARLY)
