"""The clock: what time it is, and waiting for a moment or for news, whichever comes first."""

import asyncio
import contextlib
from datetime import UTC, datetime
from typing import Protocol

LONGEST_WAIT = 30.0
"""Seconds after which a wait looks at the clock again: a wall clock may be set while one waits."""


class Clock(Protocol):
    """Time as the dispatcher sees it; tests give one that they move themselves."""

    def now(self) -> datetime:
        """Give the moment, in UTC."""
        ...

    async def wait(self, news: asyncio.Event, until: datetime | None) -> None:
        """Wait until `news` is set or the clock reads `until`; None waits for news alone."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Give the moment, in UTC."""
        return datetime.now(UTC)

    async def wait(self, news: asyncio.Event, until: datetime | None) -> None:
        """Wait until `news` is set or the clock reads `until`; None waits for news alone."""
        while not news.is_set():
            rest = None if until is None else (until - self.now()).total_seconds()
            if rest is not None and rest <= 0:
                return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(news.wait(), None if rest is None else min(rest, LONGEST_WAIT))
