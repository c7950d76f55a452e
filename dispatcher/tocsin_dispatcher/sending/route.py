"""The way that a request takes to its receiver: directly or through a proxy, and what TLS is spoken with."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from yarl import URL

from tocsin_dispatcher.sending.addresses import literal
from tocsin_schema.messages.masking import basic_token

PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))
"""What a path or query may hold as it is; rendering has encoded what it must."""


class Place(NamedTuple):
    """Where requests go."""

    tls: bool
    host: str
    port: int

    def __str__(self) -> str:
        """Return host and port, as people write them."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Target(NamedTuple):
    """A URL, as a request needs it."""

    place: Place
    host: str
    """What the header `Host` says."""
    path: str
    """Path and query."""
    token: str
    """Its credentials, as basic authentication sends them; "" without any."""


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


@lru_cache(maxsize=1024)
def target_of(text: str) -> Target:
    """Return what a URL asks for; raises ValueError where it asks for nothing that can be sent to. Its path and query go out as they are, percent-encoding and all.

    An address in an odd spelling is rewritten, so that what was judged is what is dialled.
    """
    read = URL(text)
    if read.scheme not in ("http", "https") or not read.raw_host or read.port is None:
        raise ValueError("expected a URL that begins with http:// or https:// and names a host")
    address = literal(read.raw_host)
    host = read.raw_host if address is None or "%" in read.raw_host else str(address)
    bracketed = f"[{host}]" if ":" in host else host
    parts = urlsplit(text)
    query = quote(parts.query, safe=PRINTABLE)
    return Target(
        place=Place(read.scheme == "https", host, read.port),
        host=bracketed if read.explicit_port is None or read.is_default_port() else f"{bracketed}:{read.port}",
        path=(quote(parts.path, safe=PRINTABLE) or "/") + (f"?{query}" if query else ""),
        token=basic_token(read.user or "", read.password or "") if read.raw_user is not None else "",
    )
