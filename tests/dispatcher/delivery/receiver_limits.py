"""How many requests a receiver takes: by windows, by a bucket, changing, all, none. Times are in seconds, and passed in."""

from collections import deque
from dataclasses import dataclass, field
from math import floor
from random import Random
from typing import Protocol


class Limit(Protocol):
    """What a receiver takes. Times are seconds since the start, in order."""

    def takes(self, at: float) -> bool:
        """Tell whether it takes a request that arrives now."""
        ...

    def wait(self, at: float) -> float:
        """Return how long until it takes another."""
        ...


@dataclass
class FixedWindows:
    """So many in each window, which begin at multiples of its length and a phase."""

    rate: float
    phase: float = 0.0
    length: float = 1.0
    window: int = -1
    taken: int = 0

    def takes(self, at: float) -> bool:
        window = floor((at + self.phase) / self.length)
        if window != self.window:
            self.window, self.taken = window, 0
        if self.taken >= round(self.rate * self.length):
            return False
        self.taken += 1
        return True

    def wait(self, at: float) -> float:
        return (self.window + 1) * self.length - self.phase - at


@dataclass
class SlidingWindow:
    """So many within any second."""

    rate: float
    times: deque[float] = field(default_factory=deque)

    def takes(self, at: float) -> bool:
        while self.times and self.times[0] <= at - 1:
            self.times.popleft()
        if len(self.times) >= self.rate:
            return False
        self.times.append(at)
        return True

    def wait(self, at: float) -> float:
        return self.times[-round(self.rate)] + 1 - at if self.times else 0.0


@dataclass
class Bucket:
    """A bucket that holds a second's tokens, and fills at the rate."""

    rate: float
    level: float | None = None
    last: float = 0.0

    def takes(self, at: float) -> bool:
        full = max(self.rate, 1.0)
        self.level = full if self.level is None else min(full, self.level + (at - self.last) * self.rate)
        self.last = at
        if self.level < 1:
            return False
        self.level -= 1
        return True

    def wait(self, at: float) -> float:
        return (1 - (self.level or 0.0)) / self.rate


@dataclass
class Capricious:
    """Refuses a share of requests, whatever the pace: others use it too."""

    share: float
    chance: Random

    def takes(self, at: float) -> bool:
        return self.chance.random() >= self.share

    def wait(self, at: float) -> float:
        return 1.0


class Unlimited:
    def takes(self, at: float) -> bool:
        return True

    def wait(self, at: float) -> float:
        return 0.0


class Shut:
    def takes(self, at: float) -> bool:
        return False

    def wait(self, at: float) -> float:
        return 1.0


@dataclass
class Changing:
    """One limit until a moment, then another."""

    before: Limit
    after: Limit
    moment: float

    def takes(self, at: float) -> bool:
        return (self.before if at < self.moment else self.after).takes(at)

    def wait(self, at: float) -> float:
        return (self.before if at < self.moment else self.after).wait(at)
