"""A clock that stands still until a test moves it."""

import asyncio
from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class FakeClock:
    """Time moves by `advance` and `turn` alone; who waits for a moment gone by is woken."""

    def __init__(self) -> None:
        self._now = START
        self._passed = timedelta(0)
        self._waiting: dict[object, tuple[asyncio.Event, datetime]] = {}
        self._struck: set[asyncio.Event] = set()

    def now(self) -> datetime:
        """Return the moment."""
        return self._now

    def monotonic(self) -> float:
        """Return the seconds that have passed, whatever the clock was set to."""
        return self._passed.total_seconds()

    def advance(self, **duration: float) -> None:
        """Move on by so much: `minutes=5`."""
        self._now += timedelta(**duration)
        self._passed += timedelta(**duration)
        for news, until in self._waiting.values():
            if until <= self._now and not news.is_set():
                self._struck.add(news)
                news.set()

    def turn(self, move: timedelta) -> None:
        """Set the clock to another time; no time passes. Who waits does so no longer than it would have."""
        self._now += move
        back = min(move, timedelta(0))
        self._waiting = {who: (news, until + back) for who, (news, until) in self._waiting.items()}
        self.advance()

    async def wait(self, news: asyncio.Event, until: datetime | None) -> None:
        """Wait until `news` is set or the clock has moved to `until`."""
        who = object()
        if until is not None:
            if until <= self._now:
                return
            self._waiting[who] = (news, until)
        try:
            await news.wait()
        finally:
            self._waiting.pop(who, None)
            if news in self._struck:  # it was the clock: there is no news
                self._struck.discard(news)
                news.clear()
