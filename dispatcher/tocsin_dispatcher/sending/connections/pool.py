"""Connections to receivers: opened to addresses that may be dialled, kept for the next request."""

import asyncio
import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TypeVar

import aiohappyeyeballs

from tocsin_dispatcher.errors import DispatcherError
from tocsin_dispatcher.sending.addresses import literal
from tocsin_dispatcher.sending.connections.lookups import LookUps
from tocsin_dispatcher.sending.connections.open_files import most_connections
from tocsin_dispatcher.sending.connections.system_resolver import literal_addresses
from tocsin_dispatcher.sending.connections.tls_files import TlsContexts
from tocsin_dispatcher.sending.connections.tunnel import ProxyError, Tunnel, credentials_for
from tocsin_dispatcher.sending.egress import AddressInfo, EgressPolicy, EgressRefusedError
from tocsin_dispatcher.sending.route import DIRECT, Place, Proxy, Route
from tocsin_dispatcher.sending.stopwatch import Stopwatch
from tocsin_dispatcher.sending.wire import Connection

KEEP_SECONDS = 4.0
"""How long an idle connection is kept: less than servers do, since a POST on a connection just closed fails."""
NEXT_ADDRESS_SECONDS = 0.25
"""How long an address may take before the next one of its name is tried beside it (RFC 8305)."""

Protocol = TypeVar("Protocol", bound=asyncio.Protocol)


class UnreachableError(DispatcherError):
    """No connection came about. The cause is an OSError."""


Line = tuple[Place, Route]
"""What requests must have in common to follow one another on a connection."""


class Connections:
    """The connections of a sender, those that are idle kept for a while."""

    def __init__(self, policy: EgressPolicy, lookups: LookUps, tls: TlsContexts) -> None:
        """Take which addresses may be dialled, what knows those of a host, and how TLS is spoken."""
        self._policy = policy
        self._lookups = lookups
        self._tls = tls
        self._idle: dict[Line, list[Connection]] = {}
        self._idle_in_all = 0
        self._most_idle = most_connections() // 4
        self._tidying: asyncio.TimerHandle | None = None

    async def to(self, place: Place, route: Route, integration: str, watch: Stopwatch) -> Connection:
        """Return a connection that is open: to the place, or to the proxy where `route.forwards(place)`.

        What has to be waited for counts against the `integration`, and is measured by `watch`.
        Raises EgressRefusedError, UnreachableError, ProxyError, ProxyAuthError, socket.gaierror and ssl.SSLError.
        """
        idle, oldest = self._idle.get((place, route), []), asyncio.get_running_loop().time() - KEEP_SECONDS
        while idle:
            connection = idle.pop()
            self._idle_in_all -= 1
            if connection.reusable and connection.idle_since > oldest:
                return connection
            connection.close()
        return await _Opening(self._policy, self._lookups, self._tls, integration, watch).open(place, route)

    def keep(self, place: Place, connection: Connection, route: Route = DIRECT) -> None:
        """Take back a connection whose answer is over.

        One to a proxy that passes requests on serves no second request: of proxies in use, one hangs up without saying so
        (tinyproxy 1.11), and another sends what follows to the receiver of the first (proxy-py 2.4).
        """
        if not connection.reusable:
            return
        if route.forwards(place) is not None or self._idle_in_all >= self._most_idle:
            connection.close()
            return
        loop = asyncio.get_running_loop()
        connection.idle_since = loop.time()
        self._idle.setdefault((place, route), []).append(connection)
        self._idle_in_all += 1
        if self._tidying is None:
            self._tidying = loop.call_later(KEEP_SECONDS, self._tidy)

    async def close(self) -> None:
        """Close all that are idle."""
        if self._tidying is not None:
            self._tidying.cancel()
        for connection in (each for kept in self._idle.values() for each in kept):
            connection.close()
        self._idle.clear()
        await self._lookups.close()
        await asyncio.sleep(0)  # they are closed in the loop's next round

    def _tidy(self) -> None:
        loop = asyncio.get_running_loop()
        oldest = loop.time() - KEEP_SECONDS
        for line, kept in list(self._idle.items()):
            for connection in kept:
                if connection.idle_since <= oldest:
                    connection.close()
            self._idle[line] = [connection for connection in kept if connection.reusable]
            if not self._idle[line]:
                del self._idle[line]
        self._idle_in_all = sum(map(len, self._idle.values()))
        self._tidying = loop.call_later(KEEP_SECONDS / 4, self._tidy) if self._idle else None


@dataclass(frozen=True, slots=True)
class _Opening:
    """The opening of a connection: what it needs, on whose account it is, and what measures it."""

    policy: EgressPolicy
    lookups: LookUps
    tls: TlsContexts
    integration: str
    watch: Stopwatch

    async def open(self, place: Place, route: Route) -> Connection:
        """Return a connection to a place; raises as `Connections.to`."""
        context = await self.tls.of(route.tls) if place.tls else None
        if route.proxy is None:
            dialled = await self._dial(place)
            with self.watch.measure("tls") if context is not None else nullcontext():
                return await _speak(Connection, dialled, place, context)
        if context is None:
            return await self._to_proxy(Connection, route.proxy)
        proxy, credentials = route.proxy, await credentials_for(route.proxy)
        tunnel = await self._to_proxy(lambda: Tunnel(proxy), proxy)
        try:
            with self.watch.measure("connect"):
                await tunnel.open(place, credentials)
            with self.watch.measure("tls"):
                return await _speak_tls_through(tunnel.transport, place, context)
        except BaseException:
            tunnel.close()
            raise

    async def _to_proxy(self, protocol: Callable[[], Protocol], proxy: Proxy) -> Protocol:
        """Return a connection to a proxy; the TLS that is spoken with that is part of connecting."""
        try:
            context = await self.tls.of(None) if proxy.place.tls else None
            dialled = await self._dial(proxy.place)
            with self.watch.measure("connect"):
                return await _speak(protocol, dialled, proxy.place, context)
        except EgressRefusedError as error:
            raise EgressRefusedError(f"{proxy.label}: {error}") from None
        except socket.gaierror as error:
            raise ProxyError(f"can't find the host of {proxy}: {error.strerror}") from None
        except ssl.SSLCertVerificationError as error:
            raise ProxyError(f"the TLS certificate of {proxy} isn't trusted: {error.verify_message}") from None
        except ssl.SSLError as error:
            raise ProxyError(f"can't speak TLS with {proxy}: {error.strerror or error}") from None
        except UnreachableError as error:
            raise ProxyError(f"can't connect to {proxy}: {_reason(error.__cause__ or error)}") from None

    async def _dial(self, place: Place) -> socket.socket:
        addresses = self.policy.open_addresses(place.host, await self._addresses(place))
        try:
            with self.watch.measure("connect"):
                return await aiohappyeyeballs.start_connection(
                    addresses, happy_eyeballs_delay=NEXT_ADDRESS_SECONDS, interleave=1
                )
        except OSError as error:
            raise UnreachableError from error

    async def _addresses(self, place: Place) -> Sequence[AddressInfo]:
        if literal(place.host) is not None:
            return literal_addresses(place.host, place.port)
        with self.watch.measure("lookup"):
            return await self.lookups.addresses(place.host, place.port, self.integration)


async def _speak(
    protocol: Callable[[], Protocol], dialled: socket.socket, place: Place, context: ssl.SSLContext | None
) -> Protocol:
    """Return a connection on a socket that is connected to a place, with TLS where there is a context for it."""
    try:
        _, connection = await asyncio.get_running_loop().create_connection(
            protocol, sock=dialled, ssl=context, server_hostname=_server_name(place) if context else None
        )
    except ssl.SSLError:
        raise
    except OSError as error:
        raise UnreachableError from error
    return connection


async def _speak_tls_through(transport: asyncio.Transport, place: Place, context: ssl.SSLContext) -> Connection:
    """Return a connection that speaks TLS with what is at the other end of a tunnel."""
    connection = Connection()
    try:
        spoken = await asyncio.get_running_loop().start_tls(
            transport, connection, context, server_hostname=_server_name(place)
        )
    except ssl.SSLError:
        raise
    except OSError as error:
        raise UnreachableError from error
    if spoken is None:  # asyncio's way to say that it was closed meanwhile
        raise UnreachableError from ConnectionResetError("the tunnel was closed")
    connection.connection_made(spoken)
    return connection


def _server_name(place: Place) -> str:
    return place.host.rstrip(".")


def _reason(error: BaseException) -> str:
    reason = error.strerror if isinstance(error, OSError) else None
    return (reason or str(error)).strip() or type(error).__name__
