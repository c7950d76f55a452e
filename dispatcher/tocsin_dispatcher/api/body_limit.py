"""A limit on what a request's body may weigh, held while it is read."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tocsin_dispatcher.api.errors import ApiError

MIB = 1_048_576


class BodyLimit:
    """Refuses bodies that are too large with 413, also those that don't say how large they are."""

    def __init__(self, app: ASGIApp, limits: dict[str, int], otherwise: int) -> None:
        """Take the limits in bytes by path."""
        self._app = app
        self._limits = limits
        self._otherwise = otherwise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what is read."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._limits.get(scope["path"], self._otherwise)
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > limit:
                raise ApiError(413, "too_large", f"the body is larger than {limit // MIB} MiB: send less at a time")
            return message

        await self._app(scope, counted, send)
