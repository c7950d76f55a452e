"""The egress guard: where the dispatcher may send to.

Definitions name the receivers, so whoever may sync could make the dispatcher reach into its own network. It
refuses unless its operator opened the address or the host. What is judged is the address that is dialled.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import ip_network
from typing import Any

from tocsin_dispatcher.errors import DispatcherError
from tocsin_dispatcher.sending.addresses import Address, Network, Range, faces, literal, special

HOST = re.compile(
    r"(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*"
)

AddressInfo = tuple[int, int, int, str, tuple[Any, ...]]
"""An address as `socket.getaddrinfo` returns it."""
Resolve = Callable[[str, int], Awaitable[Sequence[AddressInfo]]]
"""Looks up the addresses of a host and port."""


class EgressRefusedError(DispatcherError):  # a decision, not a mishap
    """The egress guard doesn't let a request out. The text says why and which option opens it."""


class EgressPolicy:
    """Which addresses may be dialled: every ordinary one, and what `allow` opens.

    `allow` holds networks (`10.0.0.0/8`), addresses and host names; a host name opens whatever that name
    resolves to. Raises ValueError for an entry that is none of these.
    """

    def __init__(self, allow: Sequence[str] = ()) -> None:
        self._networks: list[Network] = []
        self._hosts: set[str] = set()
        for entry in allow:
            network = _network(entry)
            if network is not None:
                self._networks.append(network)
            else:
                self._hosts.add(_folded(entry))

    def refusal(self, host: str, address: str) -> str | None:
        """Say why `address`, to which `host` led, may not be dialled; None where it may."""
        if _folded(host) in self._hosts:
            return None
        dialled = literal(address)
        if dialled is None:
            return f"{host} leads to {address}, which is no Internet address"
        closed = next((each for face in faces(dialled) if (each := self._closed(face)) is not None), None)
        if closed is None:
            return None
        name = host if literal(host) is None else None
        what = (
            f"{address} is {closed.kind} address" if name is None else f"{name} is at {address}, {closed.kind} address"
        )
        option = f"--allow-egress {closed.network}" + (f" or --allow-egress {name}" if name is not None else "")
        return f"{what}, where the dispatcher sends nothing; to open it, start the dispatcher with {option}"

    def open_addresses(self, host: str, found: Sequence[AddressInfo]) -> Sequence[AddressInfo]:
        """Return those of a host's addresses that may be dialled: just these are. Raises EgressRefusedError where none may."""
        refusals = [self.refusal(host, str(address[0])) for *_, address in found]
        kept = [each for each, refusal in zip(found, refusals, strict=True) if refusal is None]
        if not kept and refusals:
            raise EgressRefusedError(next(each for each in refusals if each is not None))
        return kept

    def check_literal(self, host: str) -> None:
        """Judge a host that spells an address, which no resolver gets to see; raises EgressRefusedError."""
        address = literal(host)
        refusal = self.refusal(host, str(address)) if address is not None else None
        if refusal is not None:
            raise EgressRefusedError(refusal)

    def check_unresolved(self, host: str) -> None:
        """Judge a host that a proxy looks up: an address in any spelling, and `localhost`, which is the proxy's own (RFC 6761).

        Of other names only the proxy knows where they lead. Raises EgressRefusedError.
        """
        self.check_literal(host)
        if _folded(host).rpartition(".")[2] == "localhost" and (refusal := self.refusal(host, "127.0.0.1")) is not None:
            raise EgressRefusedError(refusal)

    def _closed(self, address: Address) -> Range | None:
        """Return the special range that keeps an address closed; the address alone where it is too wide."""
        if any(network.version == address.version and address in network for network in self._networks):
            return None
        found = special(address)
        return found if found is None or found.network.prefixlen > 3 else Range(ip_network(address.packed), found.kind)


def _network(entry: str) -> Network | None:
    address, slash, length = entry.strip().partition("/")
    spelled = literal(address)
    if spelled is not None and not slash:
        return ip_network(spelled.packed)
    if slash:
        try:
            return ip_network(f"{address.strip('[]')}/{length}", strict=False)
        except ValueError as error:
            raise ValueError(f"`{entry}` is no network: expected one such as 10.0.0.0/8 or fd00::/8") from error
    if HOST.fullmatch(_folded(entry)) is None:
        raise ValueError(f"`{entry}` is neither a network such as 10.0.0.0/8 nor a host name without scheme and port")
    return None


def _folded(host: str) -> str:
    return host.strip().rstrip(".").lower()
