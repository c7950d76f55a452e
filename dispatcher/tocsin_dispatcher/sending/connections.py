"""Connections to receivers: opened to addresses that may be dialled, kept for the next request."""

import asyncio
import ssl
from collections.abc import Sequence
from typing import NamedTuple

import aiohappyeyeballs

from tocsin_dispatcher.errors import DispatcherError
from tocsin_dispatcher.sending.egress import AddressInfo, Resolve
from tocsin_dispatcher.sending.wire import Connection

KEEP_SECONDS = 4.0
"""How long an idle connection is kept: less than servers do, since a POST on a connection just closed fails."""
NEXT_ADDRESS_SECONDS = 0.25
"""How long an address may take before the next one of its name is tried beside it (RFC 8305)."""
ADDRESS_SECONDS = 10.0
"""How long the addresses of a name are good for."""


class UnreachableError(DispatcherError):
    """No connection came about. The cause is an OSError."""


class Place(NamedTuple):
    """Where requests go."""

    tls: bool
    host: str
    port: int


class Connections:
    """The connections of a sender, those that are idle kept for a while."""

    def __init__(self, resolve: Resolve, tls: ssl.SSLContext) -> None:
        """Take what gives the addresses of a host that may be dialled, and how TLS is spoken."""
        self._resolve = resolve
        self._tls = tls
        self._idle: dict[Place, list[Connection]] = {}
        self._addresses: dict[Place, tuple[float, Sequence[AddressInfo]]] = {}
        """Until when they are good, by the loop's clock."""
        self._tidying: asyncio.TimerHandle | None = None

    async def to(self, place: Place) -> Connection:
        """Return a connection that is open. Raises EgressRefusedError, UnreachableError, socket.gaierror and ssl.SSLError."""
        idle, oldest = self._idle.get(place, []), asyncio.get_running_loop().time() - KEEP_SECONDS
        while idle:
            connection = idle.pop()
            if connection.reusable and connection.idle_since > oldest:
                return connection
            connection.close()
        return await self._open(place)

    def keep(self, place: Place, connection: Connection) -> None:
        """Take back a connection whose answer is over."""
        if not connection.reusable:
            return
        loop = asyncio.get_running_loop()
        connection.idle_since = loop.time()
        self._idle.setdefault(place, []).append(connection)
        if self._tidying is None:
            self._tidying = loop.call_later(KEEP_SECONDS, self._tidy)

    async def close(self) -> None:
        """Close all that are idle."""
        if self._tidying is not None:
            self._tidying.cancel()
        for connection in (each for kept in self._idle.values() for each in kept):
            connection.close()
        self._idle.clear()
        await asyncio.sleep(0)  # they are closed in the loop's next round

    def _tidy(self) -> None:
        loop = asyncio.get_running_loop()
        oldest = loop.time() - KEEP_SECONDS
        for place, kept in list(self._idle.items()):
            for connection in kept:
                if connection.idle_since <= oldest:
                    connection.close()
            self._idle[place] = [connection for connection in kept if connection.reusable]
            if not self._idle[place]:
                del self._idle[place]
        self._tidying = loop.call_later(KEEP_SECONDS / 4, self._tidy) if self._idle else None

    async def _open(self, place: Place) -> Connection:
        addresses = await self._addresses_of(place)
        loop = asyncio.get_running_loop()
        try:
            socket = await aiohappyeyeballs.start_connection(
                addresses, happy_eyeballs_delay=NEXT_ADDRESS_SECONDS, interleave=1
            )
            _, connection = await loop.create_connection(
                Connection,
                sock=socket,
                ssl=self._tls if place.tls else None,
                server_hostname=place.host.rstrip(".") if place.tls else None,
            )
        except ssl.SSLError:
            raise
        except OSError as error:
            raise UnreachableError from error
        return connection

    async def _addresses_of(self, place: Place) -> Sequence[AddressInfo]:
        now = asyncio.get_running_loop().time()
        until, addresses = self._addresses.get(place, (now, []))
        if until <= now:
            addresses = await self._resolve(place.host, place.port)
            self._addresses = {known: each for known, each in self._addresses.items() if each[0] > now}
            self._addresses[place] = (now + ADDRESS_SECONDS, addresses)
        return addresses
