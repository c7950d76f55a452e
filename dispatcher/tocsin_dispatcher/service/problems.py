"""Somebody is told: at once of messages that are given up; after a while of receivers that take nothing; of what is over."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.clock import Clock
from tocsin_dispatcher.delivery.wakeups import Wakes
from tocsin_dispatcher.incidents.definitions import DefinitionsCache, RunningDefinitions
from tocsin_dispatcher.incidents.undelivered import (
    Told,
    tell_of_ended_incidents,
    tell_of_given_up,
    tell_of_receiver,
    tell_that_over,
)
from tocsin_dispatcher.store.database.database import Database
from tocsin_dispatcher.store.database.locking import keep_definitions, may_look_for_problems
from tocsin_dispatcher.store.deliveries import UNFINISHED
from tocsin_dispatcher.store.integrations import Known, all_known
from tocsin_dispatcher.store.problems.undelivered import (
    OpenProblem,
    any_unsettled,
    oldest_waiting,
    open_receivers,
    resolve,
    resolve_delivered,
    restate,
)
from tocsin_dispatcher.store.skips import skip_oks_behind
from tocsin_dispatcher.telemetry.metrics import Metrics
from tocsin_schema.api.problems import ProblemKind
from tocsin_schema.models.duration import format_duration
from tocsin_schema.models.integration import TELL_AFTER

LOOK_EVERY = timedelta(seconds=10)

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class GivenUp:
    """Tells of messages that are given up."""

    definitions: DefinitionsCache
    wakes: Callable[[], Wakes]
    """What has messages sent; asked for late, since it has them sent through what tells us."""
    metrics: Metrics
    look: Callable[[], None]
    """Has the watch look soon."""

    async def tell(
        self, connection: AsyncConnection, delivery_ids: Sequence[str], now: datetime
    ) -> Callable[[], Awaitable[None]]:
        """Tell of messages in the transaction that gives them up; returns what is to be called once it has committed."""
        if not delivery_ids:
            return _nothing
        told = await tell_of_given_up(connection, await self.definitions.at(connection), delivery_ids, now)
        skipped = await skip_oks_behind(connection, delivery_ids, now)
        unannounced = await self.wakes().announce(connection, told.integrations)

        async def committed() -> None:
            _count(self.metrics, told)
            if skipped:
                self.look()
            await self.wakes().wake(unannounced)

        return committed


@dataclass(frozen=True)
class ProblemWatch:
    """Tells of receivers that take nothing, and of what is over."""

    database: Database
    clock: Clock
    definitions: DefinitionsCache
    wakes: Wakes
    metrics: Metrics

    async def look(self) -> datetime:
        """Tell what is to be told, have it sent, and return when to look again."""
        now = self.clock.now()
        async with self.database.read() as connection:
            quiet = not _troubled(await all_known(connection)) and not await any_unsettled(connection)
        if quiet:
            return now + LOOK_EVERY
        async with self.database.write() as connection:
            if not await may_look_for_problems(connection):
                return now + LOOK_EVERY
            await keep_definitions(connection)
            look = _Look(connection, await self.definitions.at(connection), now)
            await look.at_receivers()
            await look.at_messages()
            unannounced = await self.wakes.announce(connection, look.told.integrations)
        _count(self.metrics, look.told)
        await self.wakes.wake(unannounced)
        return min([now + LOOK_EVERY, *look.due])


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a receiver takes nothing."""

    kind: ProblemKind
    since: datetime
    failures: Sequence[str]
    certain: bool
    """Whether it is known to go on: its circuit breaker is open, or it is held."""


@dataclass
class _Look:
    """One look, within one transaction."""

    connection: AsyncConnection
    running: RunningDefinitions
    now: datetime
    told: Told = field(default_factory=Told)
    due: list[datetime] = field(default_factory=list)
    """When somebody is to be told of what fails now, should it go on."""

    async def at_receivers(self) -> None:
        """Tell of receivers that take nothing, and of those that do again."""
        troubled = _troubled(await all_known(self.connection))
        there = await open_receivers(self.connection)
        for name in sorted(troubled.keys() - there.keys()):
            await self._begun(name, troubled[name])
        for name, known in sorted(there.items()):
            trouble = troubled.get(name)
            if _is_over(known, trouble):
                await self._over(known)
            elif trouble is not None and trouble.kind != known.kind:
                await restate(self.connection, known.id, trouble.kind, self._reason(trouble, 0))

    async def at_messages(self) -> None:
        """Tell of the end of incidents whose Error was told elsewhere; close what was delivered after all."""
        resolved = await resolve_delivered(self.connection, self.now)
        if resolved:
            log.info("delivered after all: problems are over", problems=resolved)
        self.told.integrations |= await tell_of_ended_incidents(self.connection, self.running, self.now)

    async def _begun(self, name: str, trouble: Trouble) -> None:
        there = self.running.integrations.get(name)
        tell_after = (there[1].tell_after if there is not None else None) or TELL_AFTER
        if self.now < trouble.since + tell_after:
            self.due.append(trouble.since + tell_after)
            return
        # what has just been made may be the first that is taken again; a failure or two may be of long ago
        patience = LOOK_EVERY if trouble.certain else tell_after
        waiting = await oldest_waiting(self.connection, name, self.now - patience)
        if waiting is None:
            return
        message, count = waiting
        told = await tell_of_receiver(
            self.connection,
            self.running,
            trouble.kind,
            message,
            reason=self._reason(trouble, count),
            since=trouble.since,
            now=self.now,
        )
        self.told.integrations |= told.integrations
        self.told.problems += told.problems

    async def _over(self, known: OpenProblem) -> None:
        reason = f"its receiver answers again, after {_lasting(known.since, self.now)}"
        self.told.integrations |= await tell_that_over(self.connection, self.running, known, reason, self.now)
        await resolve(self.connection, known.id, self.now)
        log.info("a problem is over", problem=known.id, integration=known.integration, kind=known.kind)

    def _reason(self, trouble: Trouble, waiting: int) -> str:
        said = WORDS[trouble.kind].format(_lasting(trouble.since, self.now))
        failures = f": {'; '.join(trouble.failures)}" if trouble.failures else ""
        noun = "message waits" if waiting == 1 else "messages wait"
        return f"{said}{failures}" + (f" ({waiting} {noun})" if waiting else "")


WORDS: Mapping[ProblemKind, str] = {
    "down": "its receiver has taken nothing for {}",
    "locked_out": "its receiver has refused us for {}, and a person has to act",
    "busy": "its receiver has been too busy to take anything for {}",
}


async def _nothing() -> None:
    """Do nothing."""


def _count(metrics: Metrics, told: Told) -> None:
    for integration, kind in told.problems:
        metrics.problems.labels(integration, kind).inc()


def _is_over(known: OpenProblem, trouble: Trouble | None) -> bool:
    """Whether a receiver answers again: that it is thought to, as after a push or a flush, isn't enough.

    The message that has waited for it longest shows it. One that was delivered shows it also where there is new trouble.
    """
    if trouble is None:
        return known.message.state not in UNFINISHED
    return trouble.since > known.since and known.message.state == "delivered"


def _troubled(known: Mapping[str, Known]) -> dict[str, Trouble]:
    """Return the integrations whose receiver takes nothing, each with why."""
    return {name: trouble for name, each in known.items() if (trouble := _trouble(each)) is not None}


def _trouble(known: Known) -> Trouble | None:
    health = known.health
    if health.failing_since is not None:
        open_ = health.opened_at is not None
        return Trouble(health.trouble or "down", health.failing_since, health.last_failure, certain=open_)
    if health.busy_since is not None:
        return Trouble("busy", health.busy_since, health.last_failure, certain=True)
    return None


def _lasting(since: datetime, now: datetime) -> str:
    """Return how long something has lasted: in whole seconds, from a day on in whole hours."""
    duration = now - since
    unit = timedelta(hours=1) if duration >= timedelta(days=1) else timedelta(seconds=1)
    return format_duration(duration - duration % unit)
