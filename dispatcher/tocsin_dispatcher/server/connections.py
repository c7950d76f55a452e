"""Connections of a dispatcher's port: how many there may be at once, in all and from one address, and for how long.

Those beyond wait in a small room of their own, where health is answered and nothing else; when that is full too, the
one that has been there longest leaves it. So whoever asks for health is heard, however many others wait.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from time import monotonic
from typing import Protocol

import structlog

from tocsin_dispatcher.service.rate_limits import client_network

log = structlog.get_logger(__name__)

MAX_CONNECTIONS = 500
MAX_CONNECTIONS_PER_ADDRESS = 100
RESERVE = 32
"""Connections beyond the limits that may wait for their first line."""
LOOK_EVERY = 0.5
"""Seconds between looks at what is late."""
TELL_EVERY = 60.0
"""Seconds between log lines on connections that were refused."""


class Connection(Protocol):
    """A connection as it is counted."""

    def end_if_late(self, now: float) -> None:
        """Close it, where it has taken too long at `now`, the event loop's time."""
        ...

    def refuse(self) -> None:
        """Answer that there are too many, and close it."""
        ...


@dataclass(frozen=True, slots=True)
class TrustedProxies:
    """Reverse proxies, whose connections are those of many clients: `FORWARDED_ALLOW_IPS`, as uvicorn reads it."""

    everyone: bool = False
    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    @classmethod
    def of(cls, text: str) -> "TrustedProxies":
        """Return those that are named, addresses and networks with commas between them; `*` is everyone."""
        networks = []
        for part in text.split(","):
            with suppress(ValueError):  # a socket's path, or a word that uvicorn compares as it is
                networks.append(ip_network(part.strip(), strict=False))
        return cls("*" in {part.strip() for part in text.split(",")}, tuple(networks))

    def __contains__(self, address: str) -> bool:
        """Whether an address is one of them."""
        if self.everyone or not self.networks:
            return self.everyone
        try:
            found = ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self.networks)


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """How many connections there may be."""

    connections: int = MAX_CONNECTIONS
    per_address: int = MAX_CONNECTIONS_PER_ADDRESS
    proxies: TrustedProxies = field(default_factory=TrustedProxies)
    """Whose connections count only among all."""


class Connections:
    """The connections that are open."""

    def __init__(self, limits: ConnectionLimits, refused: Callable[[], None] = lambda: None) -> None:
        """Take the limits, and what is told of each connection that is refused."""
        self._limits = limits
        self._refused = refused
        self._addresses: dict[Connection, str | None] = {}
        self._per_address: Counter[str] = Counter()
        self._reserve: dict[Connection, None] = {}
        self._looking: asyncio.TimerHandle | None = None
        self._untold, self._told_at = 0, float("-inf")

    def enter(self, connection: Connection, host: str | None) -> bool:
        """Count a connection from a host; False where it is one too many and waits for health alone."""
        self._look_later()
        limits, address = self._limits, None
        if host is not None and host not in limits.proxies:
            address = client_network(host)
        if len(self._addresses) < limits.connections and self._per_address[address or ""] < limits.per_address:
            self._addresses[connection] = address
            if address is not None:
                self._per_address[address] += 1
            return True
        self._reserve[connection] = None
        if len(self._reserve) > RESERVE:
            next(iter(self._reserve)).refuse()
        return False

    def leave(self, connection: Connection) -> None:
        """Forget a connection, if it is counted still."""
        self._reserve.pop(connection, None)
        address = self._addresses.pop(connection, None)
        if address is not None:
            self._per_address[address] -= 1
            if not self._per_address[address]:
                del self._per_address[address]

    def note_refusal(self, host: str | None) -> None:
        """Count a connection that was refused."""
        self._refused()
        self._untold += 1
        self._tell(host)

    def end_late(self, now: float) -> None:
        """Close what has taken too long at `now`, the event loop's time."""
        for connection in (*self._addresses, *self._reserve):
            connection.end_if_late(now)

    def _tell(self, host: str | None = None) -> None:
        """Say in the log how many were refused, once in a while."""
        if self._untold and monotonic() - self._told_at >= TELL_EVERY:
            log.warning(
                "connections refused: there are too many at once",
                refused=self._untold,
                last_from=host,
                max_connections=self._limits.connections,
                max_connections_per_address=self._limits.per_address,
            )
            self._untold, self._told_at = 0, monotonic()

    def _look_later(self) -> None:
        if self._looking is None:
            self._looking = asyncio.get_running_loop().call_later(LOOK_EVERY, self._look)

    def _look(self) -> None:
        self._looking = None
        self.end_late(asyncio.get_running_loop().time())
        self._tell()
        if self._addresses or self._reserve or self._untold:
            self._look_later()
