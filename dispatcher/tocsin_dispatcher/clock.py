"""The clock: what time it is, and waiting for a moment or for news, whichever comes first."""

import asyncio
import contextlib
import time
from datetime import UTC, datetime
from typing import Protocol

LONGEST_WAIT = 30.0
"""Seconds after which a wait looks at the clock again: a wall clock may be set while one waits."""


class Clock(Protocol):
    """Time as the dispatcher sees it; tests give one that they move themselves."""

    def now(self) -> datetime:
        """Return the moment, in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds since some moment, which go on whatever the clock is set to, also while the machine sleeps."""
        ...

    async def wait(self, news: asyncio.Event, until: datetime | None) -> None:
        """Wait until `news` is set or the clock reads `until`; None waits for news alone.

        It may end sooner, where the clock was set back meanwhile.
        """
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the moment, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds since some moment, which go on whatever the clock is set to.

        On Linux also while the machine sleeps (clock_gettime(2): CLOCK_BOOTTIME counts that time, CLOCK_MONOTONIC doesn't).
        """
        return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()

    async def wait(self, news: asyncio.Event, until: datetime | None) -> None:
        """Wait until `news` is set or the clock reads `until`; None waits for news alone.

        No longer than it seemed at first: where the clock is set back, who waits looks again.
        """
        latest = None if until is None else time.monotonic() + (until - self.now()).total_seconds()
        while not news.is_set():
            left = None
            if until is not None and latest is not None:
                left = min((until - self.now()).total_seconds(), latest - time.monotonic())
            if left is not None and left <= 0:
                return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(news.wait(), None if left is None else min(left, LONGEST_WAIT))
