"""The hosts that a proxy isn't asked for, as `NO_PROXY` lists them.

As curl reads them (7.88.1 in November 2026, and its `lib/noproxy.c` since): `example.com` and `.example.com` are
the host and all below it, an address is that address, `10.0.0.0/8` a network, and `*` alone is everything. Nothing is
looked up: a name isn't compared with networks. curl means IPv6 networks, and failed at those that it was tried with; here they count, in
brackets too.
"""

import re
from collections.abc import Iterable
from ipaddress import ip_address, ip_network

from tocsin_dispatcher.sending.addresses import Address, Network

SEPARATORS = re.compile(r"[, \t]+")
EVERYTHING = "*"
NAME = re.compile(r"[A-Za-z0-9_.-]+")


class NoProxy:
    """A list of hosts, domains and networks."""

    def __init__(self, entries: Iterable[str] = ()) -> None:
        """Take its entries. One that is no host, domain or network covers nothing: see `problem`."""
        listed = [each.strip() for each in entries if each.strip()]
        self._everything = listed == [EVERYTHING]
        self._networks: list[Network] = []
        self._domains: list[str] = []
        for entry in listed:
            network = _network(entry)
            if network is not None:
                self._networks.append(network)
            else:
                self._domains.append(_folded(entry).removeprefix("."))

    def covers(self, host: str) -> bool:
        """Whether a host is asked directly; `host` is a name, or an address in its usual spelling."""
        if self._everything:
            return True
        try:
            address: Address = ip_address(host)
        except ValueError:
            name = _folded(host)
            return any(name == each or name.endswith(f".{each}") for each in self._domains if each)
        return any(address.version == each.version and address in each for each in self._networks)


def entries_of(text: str) -> list[str]:
    """Return the entries of a variable's value: commas and blanks part them."""
    return [each for each in SEPARATORS.split(text) if each]


def problem(entry: str, *, alone: bool) -> str | None:
    """Say why an entry covers nothing, None for one that does; `alone`: whether the list has no other."""
    if entry == EVERYTHING:
        return None if alone else "`*` counts where it stands alone"
    if _network(entry) is not None:
        return None
    if "*" in entry:
        return f"`{entry}` holds a `*`: a domain such as `.example.com` covers all that is below it"
    if NAME.fullmatch(entry) is None or not entry.strip(".") or ".." in entry:
        return f"`{entry}` is no host, domain or network: expected such as `.example.com` or `10.0.0.0/8`, without scheme and port"
    return None


def _network(entry: str) -> Network | None:
    bare = entry.replace("[", "", 1).replace("]", "", 1) if entry.startswith("[") else entry
    try:
        return ip_network(bare, strict=False)
    except ValueError:
        return None


def _folded(host: str) -> str:
    return host.removesuffix(".").lower()
