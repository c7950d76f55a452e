"""Which way a request takes: as its integration says, else as is usual here."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tocsin_dispatcher.errors import DispatcherError
from tocsin_dispatcher.sending.no_proxy import NoProxy
from tocsin_dispatcher.sending.route import Place, Proxy, Route
from tocsin_schema.models.integration import DIRECTLY
from tocsin_schema.text.suggest import did_you_mean, listed


class UnknownProxyError(DispatcherError):
    """A request names a proxy that isn't there, any more or in this process. The text says which there are."""


class UnknownTlsError(DispatcherError):
    """A request names TLS settings that aren't there, any more or in this process. The text says which there are."""


@dataclass(frozen=True, slots=True)
class Usual:
    """The proxies of requests whose integration names none."""

    http: Proxy | None = None
    """For `http://`."""
    https: Proxy | None = None
    """For `https://`."""
    without: NoProxy = field(default_factory=NoProxy)
    """What is asked directly all the same."""

    def proxy(self, place: Place) -> Proxy | None:
        """Return the proxy of a place."""
        found = self.https if place.tls else self.http
        return None if found is None or self.without.covers(place.host) else found


@dataclass(frozen=True, slots=True)
class Unused:
    """Variables of the environment that name proxies, where nothing uses them."""

    http: str | None = None
    https: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Return those that there are."""
        return tuple(each for each in (self.https, self.http) if each is not None)

    def remark(self, place: Place) -> str | None:
        """Return what a failed connection to a place is told with; None where the environment names no proxy for it."""
        name = self.https if place.tls else self.http
        if name is None:
            return None
        return f"the environment's {name} was not used: the setting `proxy_from_environment` says whether it counts"


@dataclass(frozen=True, slots=True)
class Routing:
    """What the operator has set up."""

    proxies: Mapping[str, Proxy] = field(default_factory=dict)
    tls: frozenset[str] = frozenset()
    """The names of TLS settings."""
    usual: Usual = field(default_factory=Usual)
    unused: Unused = field(default_factory=Unused)
    vault_items: frozenset[str] = frozenset()
    """The vault items that hold the proxies' passwords."""

    def route(self, place: Place, proxy: str | None, tls: str | None) -> Route:
        """Return the way to a place; `proxy` and `tls` are what an integration names. Raises UnknownProxyError and UnknownTlsError."""
        for problem in (self.unknown_tls(tls), self.unknown_proxy(proxy)):
            if problem is not None:
                raise problem
        if proxy is None:
            return Route(self.usual.proxy(place), tls)
        return Route(None if proxy == DIRECTLY else self.proxies[proxy], tls)

    def unknown_proxy(self, name: str | None) -> UnknownProxyError | None:
        """Return what is wrong with a proxy's name, None for one that there is."""
        if name is None or name == DIRECTLY or name in self.proxies:
            return None
        return UnknownProxyError(_unknown("proxy", name, self.proxies))

    def unknown_tls(self, name: str | None) -> UnknownTlsError | None:
        """Return what is wrong with the name of TLS settings, None for one that there is."""
        if name is None or name in self.tls:
            return None
        return UnknownTlsError(_unknown("TLS settings", name, self.tls))


def _unknown(what: str, name: str, known: Mapping[str, Proxy] | frozenset[str]) -> str:
    names = sorted(known)
    there = f"it has {listed(names)}" if names else "it has none"
    hint = did_you_mean(name, names)
    return f"this dispatcher has no {what} `{name}`: {there}" + (
        f"; {hint}" if hint is not None and len(names) > 1 else ""
    )
