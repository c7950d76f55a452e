"""How far the clock may be trusted: what is thrown away for its age must not be so by a clock that leapt ahead.

A clock is believed as long as it goes as fast as the monotonic one. Where it leaps ahead, time goes on from before the
leap as the monotonic clock says. The latest moment that was believed is kept in the database, so that a restart counts,
too: there nobody can tell a clock that leapt from a machine that was off, and what is thrown away waits for a person.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.clock import Clock
from tocsin_dispatcher.store.database.rows import insert_missing
from tocsin_dispatcher.store.database.tables import clock as seen

NOW, PURGED_AT, PURGED_UP_TO = 1, 2, 3
"""Keys of what is kept: the latest moment believed, the one of the last purge, and up to when that has forgotten."""
LEAP = timedelta(hours=1)
"""How far a clock may go ahead of the monotonic one in all, as where it is put right after a start."""
DRIFT = 0.001
"""How much faster than the monotonic clock another may go; those of machines differ by less than a tenth of this."""
LONGEST_STOP = timedelta(days=1)
"""How long a dispatcher may have been stopped for its clock to be believed at its start."""
BEHIND = timedelta(days=1)
"""How long a clock must have been behind what was believed for that to be given up: it was wrong, not the clock."""
TELL_EVERY = timedelta(days=1)

log = structlog.get_logger(__name__)


@dataclass
class ClockWatch:
    """Watches the clock of one process."""

    clock: Clock
    ahead: timedelta = timedelta(0)
    """By how much the clock is ahead of what is believed, as of the last look."""
    _believed: datetime | None = None
    _anchor: tuple[datetime, float] | None = None
    """A moment that was believed, and the monotonic clock then: from there on it goes no faster, however often one looks."""
    _looked: tuple[datetime, float] | None = None
    """The clock, and the monotonic one, at the last look."""
    _behind: timedelta = timedelta(0)
    _told_at: float | None = field(default=None)

    def trusted(self) -> datetime:
        """Return the moment by which things may be thrown away: never later than the clock, nor than what is believed."""
        wall = self.clock.now()
        return wall if self._believed is None else min(wall, self._believed_at(wall))

    async def look(self, connection: AsyncConnection) -> datetime:
        """Write down what is believed, tell of leaps, and return the moment by which things may be thrown away."""
        wall, monotonic = self.clock.now(), self.clock.monotonic()
        await insert_missing(connection, seen, [{"key": NOW, "seen_at": wall}])
        kept = await connection.scalar(select(seen.c.seen_at).where(seen.c.key == NOW).with_for_update())
        before: datetime = wall if kept is None else kept
        if self._believed is None:
            believed = before if wall > before + LONGEST_STOP else max(wall, before)
            self._anchor = (believed, monotonic)
        else:
            believed = self._believed_at(wall)
            if before > believed:  # another process believes it, or a person
                believed = before
                self._anchor = (believed, monotonic)
            passed = self._since_look(wall, monotonic)
            self._behind = self._behind + passed if wall < believed - LEAP else timedelta(0)
            if self._behind >= BEHIND:
                believed = wall
                self._anchor = (believed, monotonic)
        await connection.execute(update(seen).where(seen.c.key == NOW).values(seen_at=believed))
        self._believed, self._looked = believed, (wall, monotonic)
        self.ahead = max(wall - believed, timedelta(0))
        self._tell_ahead(wall, monotonic)
        return min(wall, believed)

    def _believed_at(self, wall: datetime) -> datetime:
        believed = self._believed or wall
        anchor, at = self._anchor or (believed, self.clock.monotonic())
        passed = timedelta(seconds=max(0.0, self.clock.monotonic() - at))
        return max(believed, anchor + passed if wall > anchor + passed * (1 + DRIFT) + LEAP else wall)

    def _since_look(self, wall: datetime, monotonic: float) -> timedelta:
        """Return how long ago the last look was, and tell where the clock was set back since."""
        before, at = self._looked or (wall, monotonic)
        passed = timedelta(seconds=max(0.0, monotonic - at))
        if wall < before + passed - LEAP:
            log.warning("the clock was set back", clock=wall.isoformat(), expected=(before + passed).isoformat())
        return passed

    def _tell_ahead(self, wall: datetime, monotonic: float) -> None:
        if not self.ahead:
            self._told_at = None
        elif self._told_at is None or monotonic - self._told_at >= TELL_EVERY.total_seconds():
            self._told_at = monotonic
            log.error(
                "the clock leapt ahead, or nothing ran for long: nothing is forgotten or given up by it;"
                " if it is right, `tocsin-dispatcher purge --yes` says so",
                clock=wall.isoformat(),
                believed=(wall - self.ahead).isoformat(),
            )


@dataclass(frozen=True, slots=True)
class PurgeSoFar:
    """When the last purge was, by the time that was believed then, and up to when purges have forgotten; None: none was."""

    at: datetime | None = None
    up_to: datetime | None = None


async def believed(connection: AsyncConnection, wall: datetime) -> datetime:
    """Return the moment that a process which has just started may throw things away by."""
    kept: datetime | None = await connection.scalar(select(seen.c.seen_at).where(seen.c.key == NOW))
    return wall if kept is None or wall <= kept + LONGEST_STOP else kept


async def believe(connection: AsyncConnection, wall: datetime) -> None:
    """Believe the clock, since a person says that it is right."""
    await _keep(connection, NOW, wall)


async def purge_so_far(connection: AsyncConnection) -> PurgeSoFar:
    """Return what is known of the purges so far."""
    kept = dict((await connection.execute(select(seen.c.key, seen.c.seen_at))).all())
    return PurgeSoFar(kept.get(PURGED_AT), kept.get(PURGED_UP_TO))


async def keep_purge(connection: AsyncConnection, now: datetime, before: datetime) -> None:
    """Keep that all was forgotten now that is older than a moment."""
    up_to = (await purge_so_far(connection)).up_to
    await _keep(connection, PURGED_AT, now)
    await _keep(connection, PURGED_UP_TO, before if up_to is None else max(up_to, before))


async def _keep(connection: AsyncConnection, key: int, moment: datetime) -> None:
    await insert_missing(connection, seen, [{"key": key, "seen_at": moment}])
    await connection.execute(update(seen).where(seen.c.key == key).values(seen_at=moment))
