"""A connection without a network: what a receiver writes is given to it piece by piece, and no clock runs."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from tocsin_dispatcher.sending.stored_exchange import LIMIT
from tocsin_dispatcher.sending.wire import Arrival, Connection


class FakeTransport(asyncio.Transport):
    """Takes what is written, and tells its connection when it is closed."""

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self._connection = connection
        self._closing = False
        self.written = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def is_closing(self) -> bool:
        return self._closing

    def abort(self) -> None:
        if not self._closing:
            self._closing = True
            asyncio.get_running_loop().call_soon(self._connection.connection_lost, None)


@dataclass(frozen=True)
class Read:
    """What was read of an answer."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    completed: bool
    truncated: bool
    error: str | None
    """The type of what was raised, and what it says; `waiting` where there would have to come more."""
    reusable: bool


async def read(pieces: Iterable[bytes], *, method: str = "GET", closes: bool = True, limit: int = LIMIT) -> Read:
    """Return what is read of an answer that comes in these pieces, after which the receiver closes the connection or waits."""
    connection, arrival = Connection(), Arrival(limit)
    transport = FakeTransport(connection)
    connection.connection_made(transport)
    asking = asyncio.ensure_future(connection.ask(method, b"?", arrival))
    await asyncio.sleep(0)
    for piece in pieces:
        if asking.done() or transport.is_closing():
            break
        connection.data_received(piece)
    if closes and not transport.is_closing():
        reusable = connection.reusable
        connection.connection_lost(None)
        connection.reusable = reusable
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    error: str | None = None
    if not asking.done():
        error = "waiting"
        asking.cancel()
    try:
        await asking
    except asyncio.CancelledError:
        pass
    except Exception as raised:
        error = f"{type(raised).__name__}: {raised}".removesuffix(": ")
    return Read(
        arrival.status,
        arrival.reason,
        arrival.headers,
        arrival.body.content,
        arrival.completed,
        arrival.body.truncated,
        error,
        connection.reusable,
    )
