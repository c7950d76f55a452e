"""How often something may be done: requests with one token, and sign-ins that fail from one address."""

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil
from time import monotonic

KEYS = 10_000
"""How many tokens and addresses are remembered; of more, those that were heard of last."""
FAILED_SIGN_INS = 20
SIGN_IN_PERIOD = 60.0
"""Seconds."""


class RateLimit:
    """No more than so many in any period, for each key: the times of the last ones are kept."""

    def __init__(self, limit: int, period: float, now: Callable[[], float] = monotonic, keys: int = KEYS) -> None:
        """Take the limit, its period in seconds, and a clock that nobody sets."""
        self.limit = limit
        self._period = period
        self._now = now
        self._keys = keys
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def wait(self, key: str) -> int:
        """Return the whole seconds until one more may be done; 0 where it may be done now."""
        times = self._times.get(key)
        if times is None or len(times) < self.limit:
            return 0
        return max(0, ceil(times[0] + self._period - self._now()))

    def left(self, key: str) -> int:
        """Return how many more may be done now."""
        since = self._now() - self._period
        return self.limit - sum(each > since for each in self._times.get(key, ()))

    def count(self, key: str) -> None:
        """Note that one was done."""
        times = self._times.get(key)
        if times is None:
            times = self._times[key] = deque(maxlen=self.limit)
            if len(self._times) > self._keys:
                self._times.popitem(last=False)
        else:
            self._times.move_to_end(key)
        times.append(self._now())

    def take(self, key: str) -> int:
        """Do one: return 0, or how many seconds to wait, and then it isn't counted."""
        wait = self.wait(key)
        if not wait:
            self.count(key)
        return wait


class Guesses:
    """Look-ups of tokens that nobody knows yet: an address has no more of them under way than it may still get wrong."""

    def __init__(self, wrong: RateLimit) -> None:
        """Take the limit on those that are wrong, which whoever looks up counts."""
        self._wrong = wrong
        self._under_way: Counter[str] = Counter()
        self._waiting: dict[str, list[asyncio.Future[None]]] = {}

    async def wait(self, address: str) -> int:
        """Return 0 once one may begin, or the whole seconds until then where too many were wrong."""
        while not (seconds := self._wrong.wait(address)) and self._under_way[address] >= self._wrong.left(address):
            ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.setdefault(address, []).append(ended)
            await ended
        return seconds

    @contextmanager
    def under_way(self, address: str) -> Iterator[None]:
        """Look one up, after `wait` and before anything else is awaited."""
        self._under_way[address] += 1
        try:
            yield
        finally:
            self._under_way[address] -= 1
            if not self._under_way[address]:
                del self._under_way[address]
            for each in self._waiting.pop(address, ()):
                if not each.done():
                    each.set_result(None)


class RateLimits:
    """The limits of one process."""

    def __init__(self, token_rate: int | None, now: Callable[[], float] = monotonic) -> None:
        """Take how many requests a second a token may make; None: any number."""
        self.tokens = None if token_rate is None else RateLimit(token_rate, 1.0, now)
        self.sign_ins = RateLimit(FAILED_SIGN_INS, SIGN_IN_PERIOD, now)
        self.guesses = Guesses(self.sign_ins)
        self._known: OrderedDict[str, None] = OrderedDict()

    def knows(self, token_hash: str) -> bool:
        """Whether this token has opened something lately: it is nobody's guess, whatever others do at its address."""
        return token_hash in self._known

    def remember(self, token_hash: str) -> None:
        """Note that a token opened something."""
        if token_hash in self._known:
            self._known.move_to_end(token_hash)
            return
        self._known[token_hash] = None
        if len(self._known) > KEYS:
            self._known.popitem(last=False)


def client_network(host: str) -> str:
    """Return what counts as one address: of IPv6 the /64, which one client has for itself (RFC 6177)."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return str(address)
    return str(address.ipv4_mapped or ip_network((address, 64), strict=False))
