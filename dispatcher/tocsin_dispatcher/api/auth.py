"""Who may do what: bearer tokens with scopes."""

import hmac
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as AsgiScope

from tocsin_dispatcher.api.errors import ApiError, error_answer
from tocsin_dispatcher.errors import RefusedError
from tocsin_dispatcher.scopes import SCOPES, Scope
from tocsin_dispatcher.service.lifecycle import Dispatcher
from tocsin_dispatcher.service.rate_limits import client_network
from tocsin_dispatcher.store.origin import origin
from tocsin_dispatcher.store.tokens import find_token, note_use, token_hash
from tocsin_schema.api.errors import ForbiddenBody

OPEN = frozenset({"/", "/healthz", "/readyz"})
PAGES = "/ui/"
"""What is served without a token: health, and the way to the pages, which ask for one themselves."""

bearer = HTTPBearer(auto_error=False, description="A token made by `tocsin-dispatcher token create`.")


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever makes a request, by the name of the token."""

    name: str
    scopes: tuple[Scope, ...]


class TokenCheck:
    """Lets in whoever has a token; the others are answered before anything of their request is read."""

    def __init__(self, app: ASGIApp, dispatcher: Dispatcher) -> None:
        """Take what keeps the tokens."""
        self._app = app
        self._dispatcher = dispatcher

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Find the caller."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        client = scope.get("client")
        before = origin.set(client[0] if client is not None else "unknown")
        try:
            if scope["path"] not in OPEN and not scope["path"].startswith(PAGES):
                authorization = Headers(scope=scope).get("authorization", "")
                scope.setdefault("state", {})["caller"] = await _caller(self._dispatcher, authorization)
        except (RefusedError, SQLAlchemyError) as error:
            await error_answer(error)(scope, receive, send)
        else:
            await self._app(scope, receive, send)
        finally:
            origin.reset(before)


async def _caller(dispatcher: Dispatcher, authorization: str) -> Caller:
    scheme, _, text = authorization.partition(" ")
    if scheme.lower() != "bearer" or not text:
        raise _unauthorized("this needs a token: send the header Authorization: Bearer TOKEN")
    return await caller_of(dispatcher, text)


async def caller_of(dispatcher: Dispatcher, text: str) -> Caller:
    """Return whose token this is.

    Raises ApiError: 401 where it opens nothing, 429 where it was used too often, or too many others were guessed from
    the same address.
    """
    limits, hashed = dispatcher.rate_limits, token_hash(text)
    if limits.knows(hashed):
        caller = await _found(dispatcher, text, hashed)
    else:
        address = client_network(origin.get())
        if wait := await limits.guesses.wait(address):
            dispatcher.metrics.refused.labels("sign_ins").inc()
            raise _too_many(f"too many unknown tokens came from this address: wait {wait} s", wait)
        with limits.guesses.under_way(address):
            caller = await _found(dispatcher, text, hashed)
    limits.remember(hashed)
    if limits.tokens is not None and (wait := limits.tokens.take(caller.name)):
        dispatcher.metrics.refused.labels("rate").inc()
        raise _too_many(
            f"the token `{caller.name}` may make {limits.tokens.limit} requests a second: wait {wait} s", wait
        )
    return caller


async def _found(dispatcher: Dispatcher, text: str, hashed: str) -> Caller:
    expected = dispatcher.bootstrap_token_hash
    if expected is not None and hmac.compare_digest(expected, hashed):
        return Caller("bootstrap", SCOPES)
    return await _of_database(dispatcher, text)


async def _of_database(dispatcher: Dispatcher, text: str) -> Caller:
    async with dispatcher.database.read() as connection:
        token = await find_token(connection, text)
    now = dispatcher.clock.now()
    refusal = None if token is None else token.refusal(now)
    if token is None or refusal is not None:
        if token is None:
            dispatcher.rate_limits.sign_ins.count(client_network(origin.get()))
        what = "this token is unknown" if token is None else f"the token `{token.name}` {refusal}"
        raise _unauthorized(f"{what}: make a new one with tocsin-dispatcher token create")
    if token.use_is_news(now):
        with suppress(SQLAlchemyError):  # who only reads is served although nothing can be written
            async with dispatcher.database.write() as connection:
                await note_use(connection, token, now)
    return Caller(token.name, token.scopes)


def _dispatcher(request: Request) -> Dispatcher:
    dispatcher: Dispatcher = request.app.state.dispatcher
    return dispatcher


Dispatching = Annotated[Dispatcher, Depends(_dispatcher)]


@dataclass(frozen=True, slots=True)
class ScopeCheck:
    """Lets callers with a scope through: 403 for the others."""

    scope: Scope

    def caller(self, request: Request) -> Caller:
        """Return who makes a request; raises ApiError where the token lacks the scope."""
        caller: Caller = request.state.caller
        if self.scope not in caller.scopes:
            message = f"the token `{caller.name}` lacks the scope `{self.scope}`"
            raise ApiError.of(403, ForbiddenBody(error="forbidden", message=message, scope=self.scope))
        return caller

    async def __call__(self, request: Request, shown: Annotated[object, Depends(bearer)]) -> Caller:
        """Return who makes a request, as a dependency of an endpoint."""
        return self.caller(request)


Reader = Annotated[Caller, Depends(ScopeCheck("read"))]
Ingester = Annotated[Caller, Depends(ScopeCheck("ingest"))]
Syncer = Annotated[Caller, Depends(ScopeCheck("sync"))]
Operator = Annotated[Caller, Depends(ScopeCheck("operate"))]


def _unauthorized(message: str) -> ApiError:
    return ApiError(401, "unauthorized", message, headers={"WWW-Authenticate": "Bearer"})


def _too_many(message: str, wait: int) -> ApiError:
    return ApiError(429, "too_many_requests", message, headers={"Retry-After": str(wait)})
