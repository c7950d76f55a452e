"""A limit on what a request's body may weigh and how long it may take, held while it is read."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tocsin_dispatcher.api.errors import ApiError

KIB = 1024
MIB = 1024 * KIB


@dataclass(frozen=True, slots=True)
class Body:
    """What a body may weigh, in bytes, and take, in seconds."""

    size: int
    seconds: float

    @property
    def size_text(self) -> str:
        """The size as people read it."""
        return f"{self.size // MIB} MiB" if self.size >= MIB else f"{self.size // KIB} KiB"


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """Limits by route: those of a path, or else of a beginning of it, or else the usual one."""

    usual: Body
    paths: Mapping[str, Body] = field(default_factory=dict)
    below: Mapping[str, Body] = field(default_factory=dict)

    def of(self, path: str) -> Body:
        """Return the limit of a path."""
        limit = self.paths.get(path)
        if limit is None:
            limit = next((self.below[each] for each in self.below if path.startswith(each)), self.usual)
        return limit


class BodyLimit:
    """Refuses bodies that are too large with 413, also those that don't say how large they are, and slow ones with 408."""

    def __init__(self, app: ASGIApp, limits: BodyLimits) -> None:
        """Take the limits."""
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what is read."""
        if scope["type"] != "http" or not _has_body(scope):
            await self._app(scope, receive, send)
            return
        limit = self._limits.of(scope["path"])
        until = asyncio.get_running_loop().time() + limit.seconds
        read, ended = 0, False

        async def counted() -> Message:
            nonlocal read, ended
            if ended:
                return await receive()
            try:
                async with asyncio.timeout_at(until):
                    message = await receive()
            except TimeoutError:
                text = f"the body did not come within {limit.seconds:.0f} s: nothing was done"
                raise ApiError(408, "timeout", text, headers={"Connection": "close"}) from None
            read += len(message.get("body", b""))
            ended = not message.get("more_body", False)
            if read > limit.size:
                raise ApiError(413, "too_large", f"the body is larger than {limit.size_text}: send less at a time")
            return message

        await self._app(scope, counted, send)


def _has_body(scope: Scope) -> bool:
    return any(name in (b"content-length", b"transfer-encoding") for name, _ in scope["headers"])
