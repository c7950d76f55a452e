"""What a dispatcher does by itself, again and again: fire timers, sweep, forget, say that it lives.

Each of these returns when it is to be done again, as `PeriodicTask` asks for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.clock import Clock
from tocsin_dispatcher.delivery.expiry import MOST, give_up_old
from tocsin_dispatcher.delivery.pipeline import Undelivered
from tocsin_dispatcher.delivery.wakeups import Wakes
from tocsin_dispatcher.incidents.definitions import DefinitionsCache
from tocsin_dispatcher.incidents.ingest import forget_old_ids
from tocsin_dispatcher.incidents.timers import fire_due
from tocsin_dispatcher.store.database.database import Database
from tocsin_dispatcher.store.database.locking import keep_definitions, may_sweep
from tocsin_dispatcher.store.deliveries import (
    integrations_due,
    integrations_urged,
    next_due,
    release_late,
    release_orphans,
)
from tocsin_dispatcher.store.integrations import held_back
from tocsin_dispatcher.store.processes import LIFE, RENEW_EVERY, say_alive
from tocsin_dispatcher.store.retention.clock_watch import ClockWatch, keep_purge
from tocsin_dispatcher.store.retention.purging import purge, usual_until
from tocsin_dispatcher.store.retention.set_back import bring_back
from tocsin_dispatcher.store.silences import settle_silences
from tocsin_dispatcher.telemetry.metrics import Metrics

PURGE_EVERY = timedelta(days=1)
TIDY_EVERY = timedelta(hours=1)
EXPIRE_EVERY = timedelta(seconds=30)
SWEEP_EVERY = timedelta(seconds=2)
"""How often processes that share a database look for what the others have left behind."""
URGE_EVERY = timedelta(seconds=1)
"""How often drains are woken for what is urgent: its integration's limits may keep it from being sent."""
LOOK_EVERY = timedelta(milliseconds=500)
"""How often they look for timers that the others have set."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class TimerFiring:
    """Fires the timers of incidents that are due."""

    database: Database
    clock: Clock
    definitions: DefinitionsCache
    wakes: Wakes
    metrics: Metrics

    async def fire(self) -> datetime | None:
        """Fire what is due, and have what comes of it sent."""
        now = self.clock.now()
        async with self.database.write() as connection:
            await keep_definitions(connection)
            running = await self.definitions.at(connection)
            fired = await fire_due(connection, running, now)
            unannounced = await self.wakes.announce(connection, fired.integrations)
        for lag in fired.lags:
            self.metrics.timer_lag.observe(lag)
        await self.wakes.wake(unannounced)
        if not self.database.shared or fired.more:
            return fired.next_due
        return now + LOOK_EVERY  # what is due and was not fired is in another process's hands


@dataclass
class Liveness:
    """Says that this process lives, and gives back what processes have claimed that don't."""

    database: Database
    clock: Clock
    process_id: str
    _since: datetime | None = None
    _until: datetime | None = None

    async def say_alive(self) -> datetime:
        """Say it to the other processes."""
        now = self.clock.now()
        async with self.database.write() as connection:
            await say_alive(connection, self.process_id, now)
        if self._until is None or now >= self._until:
            self._since = now
        self._until = now + LIFE
        return now + RENEW_EVERY

    async def take_up(self, connection: AsyncConnection, now: datetime) -> None:
        """Give back what was claimed too long ago, or by a process that is gone.

        After the database has been away nobody is known to live: then the others get time to say so.
        """
        await release_late(connection, now)
        if self._since is None or self._until is None:
            return
        if now < self._until and now - self._since >= LIFE:
            await release_orphans(connection, self.process_id, now)


@dataclass
class Sweep:
    """Finds what is to be sent, whoever has left it behind."""

    database: Database
    clock: Clock
    wakes: Wakes
    liveness: Liveness
    watch: ClockWatch
    _tidied: datetime | None = None
    _urged: datetime | None = None

    async def sweep(self) -> datetime | None:
        """Wake the drains of whatever is due, take up what was left behind, tidy."""
        now = self.clock.now()
        async with self.database.write() as connection:
            if not await may_sweep(connection):
                return now + SWEEP_EVERY
            await self.liveness.take_up(connection, now)
            if self._tidied is None or now - self._tidied >= TIDY_EVERY:
                await forget_old_ids(connection, self.watch.trusted())
                self._tidied = now
            silence_ends = await settle_silences(connection, now)
            held = await held_back(connection)
            soonest = await next_due(connection, now)
            due = await integrations_due(connection, now, without=held.keys()) | held.over(now)
            urged = await integrations_urged(connection, now)
            if urged and (self._urged is None or now - self._urged >= URGE_EVERY):
                due, self._urged = due | urged, now
            unannounced = await self.wakes.announce(connection, due)
        await self.wakes.wake(unannounced)
        again = now + SWEEP_EVERY if self.database.shared else self._tidied + TIDY_EVERY
        urge = self._urged + URGE_EVERY if urged and self._urged is not None else None
        return min(moment for moment in (soonest, silence_ends, held.first_end(now), urge, again) if moment is not None)


@dataclass(frozen=True)
class Expiry:
    """Gives up messages that have waited for longer than their integration says, without being tried."""

    database: Database
    clock: Clock
    metrics: Metrics
    undelivered: Undelivered
    watch: ClockWatch
    look_again: Callable[[], None]
    """Is called where there may be more to send."""

    async def give_up(self) -> datetime:
        """Look at the clock, and give up what is too old by as much of it as may be trusted."""
        now = self.clock.now()
        async with self.database.write() as connection:
            trusted = await self.watch.look(connection)
            brought_back = await bring_back(connection, now)
            ended = await give_up_old(connection, now, trusted)
            told = await self.undelivered.tell(connection, [row["id"] for row in ended], now)
        await told()
        if brought_back:
            log.warning("messages were put off by a clock that was ahead: they are sent now")
            self.look_again()
        self.metrics.clock_ahead.set(self.watch.ahead.total_seconds())
        for row in ended:
            self.metrics.failed.labels(row["integration"], "age").inc()
            log.error("given up", delivery=row["id"], integration=row["integration"], outcome=row["outcome"])
        return now if len(ended) >= MOST else now + EXPIRE_EVERY


@dataclass
class Purge:
    """Forgets incidents that were over long ago, by as much of the clock as may be trusted."""

    database: Database
    clock: Clock
    keep: timedelta
    """How long they are kept once they are over."""
    watch: ClockWatch
    _before: datetime | None = None
    """Up to when this purge forgets, which takes several rounds; None: none is under way."""

    async def purge(self) -> datetime:
        """Forget some, and return at once as long as there are more."""
        async with self.database.write() as connection:
            trusted = await self.watch.look(connection)
            before = self._before or await self._until(connection, trusted)
            purged = await purge(connection, before)
            if not purged.more:
                await keep_purge(connection, trusted, before)
        self._before = before if purged.more else None
        if purged.incidents:
            log.info("purged", incidents=purged.incidents, deliveries=purged.deliveries, attempts=purged.attempts)
        now = self.clock.now()
        return now if purged.more else now + PURGE_EVERY

    async def _until(self, connection: AsyncConnection, trusted: datetime) -> datetime:
        before = trusted - self.keep
        until = await usual_until(connection, trusted, before)
        if until < before:
            log.warning(
                "more is old than a day's worth more than usual: it is forgotten bit by bit, a day's worth more each day;"
                " `tocsin-dispatcher purge --yes` forgets it at once",
                up_to=until.isoformat(),
                old=before.isoformat(),
            )
        return until
