"""The way that a request takes to its receiver: directly or through a proxy, and what TLS is spoken with."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import NamedTuple


class Place(NamedTuple):
    """Where requests go."""

    tls: bool
    host: str
    port: int

    def __str__(self) -> str:
        """Return host and port, as people write them."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Credentials(NamedTuple):
    """Who asks a proxy."""

    username: str
    password: str


async def _nobody() -> None:
    return None


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy: HTTP CONNECT for https, requests in absolute form for http (RFC 9110, 9.3.6; RFC 9112, 3.2.2)."""

    label: str
    """What texts call it, as "the proxy `corp`"."""
    place: Place
    credentials: Callable[[], Awaitable[Credentials | None]] = field(default=_nobody, compare=False, repr=False)
    """Gives who asks it, anew for each connection. May raise MissingSecretError."""
    remedy: str = "set up its user name and password"
    """What to do where it wants credentials and gets none."""

    def __str__(self) -> str:
        """Return what people need to find it."""
        return f"{self.label} ({self.place})"


@dataclass(frozen=True, slots=True)
class Route:
    """The way to a receiver. A connection serves requests of one place and one route only."""

    proxy: Proxy | None = None
    tls: str | None = None
    """What TLS is spoken with, by its name; None: what is usual."""

    def forwards(self, place: Place) -> Proxy | None:
        """Return the proxy that is asked for what is at a place; None where the place itself is, be it through a tunnel."""
        return None if place.tls else self.proxy

    def described(self, place: Place) -> str:
        """Return where a request goes, as texts say it."""
        return str(place) if self.proxy is None else f"{place} (through {self.proxy.label})"


DIRECT = Route()
"""Directly, with the TLS that is usual."""
