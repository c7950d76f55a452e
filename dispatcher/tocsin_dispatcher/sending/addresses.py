"""Internet addresses: which are special, which hide another one, and in what spellings they come.

Ranges from the IANA special-purpose address registries (RFC 6890 and its successors); metadata services as
their clouds document them.
"""

import re
import socket
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import NamedTuple

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class Range(NamedTuple):
    """A range of addresses that are no ordinary Internet hosts, and what they are."""

    network: Network
    kind: str


_KINDS = {
    "a cloud metadata": (
        "169.254.169.254/32",
        "100.100.100.200/32",
        "168.63.129.16/32",
        "192.0.0.192/32",
        "fd00:ec2::254/128",
        "fd20:ce::254/128",
    ),
    "a loopback": ("127.0.0.0/8", "::1/128"),
    "an unspecified": ("0.0.0.0/8", "::/128"),
    "a private": (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "fc00::/7",
        "fec0::/10",
        "64:ff9b:1::/48",
    ),
    "a link-local": ("169.254.0.0/16", "fe80::/10"),
    "a multicast": ("224.0.0.0/4", "ff00::/8"),
    "a reserved": (
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "240.0.0.0/4",
        "100::/64",
        "2001::/23",
        "2001:db8::/32",
        "3fff::/20",
        "::/3",
        "4000::/2",
        "8000::/1",
    ),
}
SPECIAL = tuple(Range(ip_network(network), kind) for kind, networks in _KINDS.items() for network in networks)
"""Every special range; where two hold an address, the first says what it is. IPv6 hosts live in 2000::/3."""

_MAPPED = IPv6Network("::ffff:0:0/96")
_NAT64 = IPv6Network("64:ff9b::/96")
_LAST_32_BITS = (IPv6Network("::/96"), IPv6Network("::ffff:0:0:0/96"), _MAPPED, _NAT64)
_ISATAP = (0x00005EFE, 0x02005EFE)


def special(address: Address) -> Range | None:
    """Return the first special range that holds this address, None for an ordinary host's."""
    return next(
        (each for each in SPECIAL if each.network.version == address.version and address in each.network),
        None,
    )


def faces(address: Address) -> tuple[Address, ...]:
    """Return every address that dialling this one can reach: itself, and the IPv4 ones that IPv6 embeds.

    IPv4-mapped and NAT64 addresses are their IPv4 address and nothing else.
    """
    if isinstance(address, IPv4Address):
        return (address,)
    number = int(address)
    if address in _MAPPED or address in _NAT64:
        return (IPv4Address(number & 0xFFFFFFFF),)
    hidden: list[IPv4Address] = []
    if any(address in network for network in _LAST_32_BITS) or (number >> 32) & 0xFFFFFFFF in _ISATAP:
        hidden.append(IPv4Address(number & 0xFFFFFFFF))
    if address.sixtofour is not None:
        hidden.append(address.sixtofour)
    if address.teredo is not None:
        hidden.extend(address.teredo)
    return (address, *hidden)


@lru_cache(maxsize=1024)
def literal(host: str) -> Address | None:
    """Return the address that a host spells, None where it is a name.

    Every spelling counts that a C library dials without asking DNS: `127.1`, `0x7f.1`, `2130706433`,
    `0177.0.0.1`, brackets, a zone, dots at the end.
    """
    bare = host.strip().removeprefix("[").removesuffix("]").replace("%25", "%").rstrip(".")
    try:
        return ip_address(bare)
    except ValueError:
        pass
    if re.fullmatch(r"(0[xX])?[0-9a-fA-F]+(\.(0[xX])?[0-9a-fA-F]+){0,3}", bare) is None:
        return None
    try:
        return IPv4Address(socket.inet_aton(bare))
    except OSError:
        return None
