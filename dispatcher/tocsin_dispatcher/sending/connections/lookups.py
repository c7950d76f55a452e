"""Look-ups of names: one at a time for each name, shared by all who want it, and none at the expense of others.

A look-up can't be broken off, and one that hangs keeps its thread. So each counts against the integration that began it: an
integration has few under way, and they take turns.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from tocsin_dispatcher.sending.egress import AddressInfo, Resolve

FOUND_SECONDS = 10.0
"""How long the addresses of a name are good for."""
REFUSED_SECONDS = 5.0
"""How long a name that could not be looked up isn't looked up again."""
EACH = 2
"""Look-ups that an integration may have under way."""
HANGS_SECONDS = 1.0
"""After so long a look-up counts as one that hangs, whatever comes of it: name servers answer in milliseconds."""
IN_ALL = 128
"""Look-ups under way in all. Each has a thread and a socket."""
PROVEN = 32
"""As many of them are kept for names that were found before: a name that hangs was not, or is no more."""
MOST_KNOWN = 4096
"""Names that are remembered."""


@dataclass(frozen=True, slots=True)
class _Known:
    outcome: Sequence[AddressInfo] | Exception
    until: float
    """By the loop's clock."""


@dataclass(eq=False, slots=True)
class _LookUp:
    """One look-up, wanted or under way."""

    host: str
    port: int
    outcome: asyncio.Future[Sequence[AddressInfo] | Exception]
    """Holds errors as values: it may be that nobody waits for it any more."""
    waiting: int = 0
    begun: bool = False


@dataclass(slots=True)
class _Account:
    """The look-ups of an integration."""

    wanted: dict[_LookUp, None] = field(default_factory=dict)
    under_way: int = 0

    def next(self) -> _LookUp | None:
        """Return the next that is still to begin, if one may."""
        for each in list(self.wanted):
            if not each.begun and each.waiting:
                return each if self.under_way < EACH else None
            del self.wanted[each]
        return None


class LookUps:
    """Addresses of names, asked for and remembered."""

    def __init__(self, resolve: Resolve) -> None:
        """Take what looks names up."""
        self._resolve = resolve
        self._known: dict[str, _Known] = {}
        self._proven: dict[str, None] = {}
        """Names that were found and have not hung since, the latest last."""
        self._wanted: dict[str, _LookUp] = {}
        self._accounts: dict[str, _Account] = {}
        """By integration, whose turn comes first at the head."""
        self._under_way: set[asyncio.Task[None]] = set()

    async def addresses(self, host: str, port: int, integration: str = "") -> Sequence[AddressInfo]:
        """Return the addresses of a host for a port; what an integration waits for is begun on its account.

        Raises what `resolve` raises, socket.gaierror above all.
        """
        name = host.lower()
        outcome = self._remembered(name)
        if outcome is None:
            outcome = await self._wait(self._look_up_of(name, port), integration)
        if isinstance(outcome, Exception):
            raise outcome.with_traceback(None)
        return [
            (family, kind, protocol, name, (address[0], port, *address[2:]))
            for family, kind, protocol, name, address in outcome
        ]

    async def close(self) -> None:
        """Begin no more, and wait for none."""
        self._accounts.clear()
        for look_up in self._wanted.values():
            look_up.outcome.cancel()
        tasks = list(self._under_way)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _remembered(self, name: str) -> Sequence[AddressInfo] | Exception | None:
        known = self._known.get(name)
        return known.outcome if known is not None and known.until > asyncio.get_running_loop().time() else None

    def _look_up_of(self, name: str, port: int) -> _LookUp:
        look_up = self._wanted.get(name)
        if look_up is None:
            look_up = self._wanted[name] = _LookUp(name, port, asyncio.get_running_loop().create_future())
        return look_up

    async def _wait(self, look_up: _LookUp, integration: str) -> Sequence[AddressInfo] | Exception:
        look_up.waiting += 1
        if not look_up.begun:  # also where another integration waits for it: that one's turn may be far off
            self._accounts.setdefault(integration, _Account()).wanted[look_up] = None
            self._begin()
        try:
            return await asyncio.shield(look_up.outcome)
        finally:
            look_up.waiting -= 1
            if not look_up.waiting and not look_up.begun:
                del self._wanted[look_up.host]

    def _begin(self) -> None:
        """Begin what may begin, integrations in turn."""
        while self._begin_one():
            pass

    def _begin_one(self) -> bool:
        for integration, account in list(self._accounts.items()):
            look_up = account.next()
            if look_up is not None and self._has_room(look_up.host):
                del account.wanted[look_up]
                self._accounts[integration] = self._accounts.pop(integration)
                self._start(look_up, account)
                return True
            if not account.wanted and not account.under_way:
                del self._accounts[integration]
        return False

    def _has_room(self, name: str) -> bool:
        return len(self._under_way) < (IN_ALL if name in self._proven else IN_ALL - PROVEN)

    def _start(self, look_up: _LookUp, account: _Account) -> None:
        look_up.begun = True
        account.under_way += 1
        task = asyncio.create_task(self._look_up(look_up, account), name=f"look-up of {look_up.host}")
        self._under_way.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._begin()

    async def _look_up(self, look_up: _LookUp, account: _Account) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            outcome: Sequence[AddressInfo] | Exception = await self._resolve(look_up.host, look_up.port)
        except Exception as error:
            outcome = error
        finally:
            account.under_way -= 1
            del self._wanted[look_up.host]
        self._remember(look_up.host, outcome, began, loop.time())
        look_up.outcome.set_result(outcome)

    def _remember(self, name: str, outcome: Sequence[AddressInfo] | Exception, began: float, now: float) -> None:
        found, hung = not isinstance(outcome, Exception), now - began > HANGS_SECONDS
        if found or hung:
            self._proven.pop(name, None)
        if found and not hung:
            self._proven[name] = None
        self._known.pop(name, None)
        self._known[name] = _Known(outcome, now + (FOUND_SECONDS if found else REFUSED_SECONDS))
        for kept in (self._known, self._proven):
            if len(kept) > MOST_KNOWN:
                del kept[next(iter(kept))]
