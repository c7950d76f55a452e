"""The dispatcher: store, running definitions, timers and drains, put together.

Embedded it does all of it in one process. Distributed, each process takes checks, or works, or both: what it
has to tell the others goes through the database.
"""

import asyncio
import uuid
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from random import Random
from types import TracebackType
from typing import TYPE_CHECKING, Self

import structlog
from pydantic import JsonValue
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.clock import Clock, SystemClock
from tocsin_dispatcher.delivery.drains import Drains
from tocsin_dispatcher.delivery.tracing import Traces
from tocsin_dispatcher.delivery.turn import Deliverer
from tocsin_dispatcher.delivery.wakeups import OwnWakes, Wakes
from tocsin_dispatcher.incidents.definitions import DefinitionsCache, RunningDefinitions
from tocsin_dispatcher.incidents.ingest import Taken, forget_old_ids, take_checks
from tocsin_dispatcher.incidents.push import Pushed, push
from tocsin_dispatcher.incidents.timers import fire_due
from tocsin_dispatcher.sending.egress import EgressPolicy
from tocsin_dispatcher.sending.sender import Sender
from tocsin_dispatcher.service.heartbeat import Beating, Heartbeat
from tocsin_dispatcher.service.periodic import PeriodicTask
from tocsin_dispatcher.store.audit import write_audit
from tocsin_dispatcher.store.database.database import Database, reason
from tocsin_dispatcher.store.database.locking import change_definitions, keep_definitions, may_sweep
from tocsin_dispatcher.store.database.schema import prepare
from tocsin_dispatcher.store.deliveries import (
    integrations_due,
    next_due,
    release,
    release_late,
    release_orphans,
    resend,
)
from tocsin_dispatcher.store.integrations import held_back, resume
from tocsin_dispatcher.store.processes import LIFE, RENEW_EVERY, say_alive, say_gone
from tocsin_dispatcher.store.retention import purge
from tocsin_dispatcher.store.silences import settle_silences
from tocsin_dispatcher.store.tokens import token_hash, tokens
from tocsin_dispatcher.telemetry.metrics import Metrics
from tocsin_dispatcher.vault import Vault
from tocsin_schema.models import Check
from tocsin_schema.models.definitions import Definitions

if TYPE_CHECKING:
    from tocsin_dispatcher.delivery.jobs import JobWorker

KEEP = timedelta(days=90)
"""How long incidents are kept once they are over, unless something else is stated."""
PURGE_EVERY = timedelta(days=1)
TIDY_EVERY = timedelta(hours=1)
SWEEP_EVERY = timedelta(seconds=2)
"""How often processes that share a database look for what the others have left behind."""
LOOK_EVERY = timedelta(milliseconds=500)
"""How often they look for timers that the others have set."""

log = structlog.get_logger(__name__)


class Dispatcher:
    """A running dispatcher; an async context manager. Everything it promises is in its database."""

    def __init__(
        self,
        database: Database,
        *,
        vault: Vault,
        policy: EgressPolicy,
        work: bool = True,
        keep: timedelta = KEEP,
        bootstrap_token: str | None = None,
        clock: Clock | None = None,
        random: Random | None = None,
        heartbeat: Beating | None = None,
        traces: Traces | None = None,
    ) -> None:
        """Take what it stands on; `random` spreads retries. Without `work` it leaves timers and sending to others."""
        self.database = database
        self.process_id = str(uuid.uuid4())
        self.vault = vault
        self.clock = clock or SystemClock()
        self.metrics = Metrics()
        self.bootstrap_token_hash = token_hash(bootstrap_token) if bootstrap_token else None
        self.definitions = DefinitionsCache()
        self.sender = Sender(policy)
        deliverer = Deliverer(self.sender, vault, self.clock, self.metrics, random or Random(), traces)  # noqa: S311
        self._timers = PeriodicTask("timers", self.clock, self._fire_timers)
        self._sweeper = PeriodicTask("sweeper", self.clock, self._sweep)
        self._purger = PeriodicTask("purger", self.clock, self._purge)
        self._keep = keep
        self._drains = Drains(
            database, self.process_id, self.clock, deliverer.turn, self._sweeper.trigger, self._count_held
        )
        self._wakes: Wakes = OwnWakes(self._drains.wake)
        self._background: list[PeriodicTask | JobWorker] = [self._timers, self._sweeper, self._purger] if work else []
        self._traces = traces
        self._heart: PeriodicTask | None = None
        if heartbeat is not None:
            beats = Heartbeat(heartbeat, database, self.definitions, vault, self.sender, self.clock, self.metrics)
            self._heart = PeriodicTask("heartbeat", self.clock, beats.beat)
        if database.shared:
            self._share()
        if self._heart is not None:
            self._background.append(self._heart)
        self._tidied: datetime | None = None
        self._lives_since: datetime | None = None
        self._lives_until: datetime | None = None
        self._open = AsyncExitStack()

    def _count_held(self, integration: str, messages: int) -> None:
        self.metrics.suppressed.labels(integration).inc(messages)

    def _share(self) -> None:
        from tocsin_dispatcher.delivery.jobs import JobWakes, JobWorker  # noqa: PLC0415  # their libraries are an extra

        self._wakes = JobWakes(self.database)
        if self._background:
            self._background.append(JobWorker(self.database, self._drains.wake))
        self._background.append(PeriodicTask("life", self.clock, self._say_alive))

    async def __aenter__(self) -> Self:
        """Bring the database up to date and go on where the last process stopped; raises DatabaseError."""
        await prepare(self.database)
        async with self.database.write() as connection:
            if not self.database.shared:
                await release(connection)  # one process a database: whoever held these is gone
            running = await self.definitions.at(connection)
        if self.database.shared:
            await self._say_alive()
        self.metrics.revision.set(running.revision)
        await self._open.enter_async_context(self.sender)
        for each in self._background:
            each.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop: what is under way finishes or is given back, everything else stays in the database."""
        for each in self._background:
            await each.stop()
        await self._drains.stop()
        try:
            async with self.database.write() as connection:
                await release(connection, self.process_id)
                await say_gone(connection, self.process_id)
        except SQLAlchemyError as failure:
            log.error("the database failed: what was under way is taken up later", reason=reason(failure))
        await self._open.aclose()
        if self._traces is not None:
            await asyncio.to_thread(self._traces.close)

    async def take_checks(self, checks: Sequence[Check]) -> Taken:
        """Take checks in; durable once this returns. Raises ChecksRefusedError."""
        async with self.database.write() as connection:
            await keep_definitions(connection)
            running = await self.definitions.at(connection)
            taken = await take_checks(connection, running, checks, self.clock.now())
            unannounced = await self._wakes.announce(connection, taken.integrations)
        for status, count in taken.accepted.items():
            self.metrics.checks.labels(status).inc(count)
        self.metrics.duplicates.inc(taken.duplicates)
        self.metrics.late.inc(taken.late)
        await self._wakes.wake(unannounced)
        if taken.timers_moved:
            self._timers.trigger()
        return taken

    async def push(
        self,
        definitions: Definitions,
        *,
        planned: int,
        by: str,
        source: dict[str, JsonValue],
        adopt: Sequence[str] = (),
        key: str | None = None,
    ) -> Pushed:
        """Put a project's definitions in force; raises StalePushError and RefusedPushError."""
        now = self.clock.now()
        async with self.database.write() as connection:
            await change_definitions(connection)
            pushed = await push(
                connection, definitions, planned=planned, by=by, source=source, now=now, adopt=adopt, key=key
            )
        if pushed.running is not None:
            self.definitions.adopt(pushed.running)
            self.metrics.revision.set(pushed.revision)
            log.info("definitions pushed", revision=pushed.revision, project=definitions.project.name, by=by)
        self._timers.trigger()
        self._sweeper.trigger()  # a changed integration may send again
        return pushed

    async def resend(self, delivery_id: str, by: str) -> bool:
        """Send a finished delivery again, under its id; raises LookupError. False: it isn't finished yet."""
        now = self.clock.now()
        async with self.database.write() as connection:
            done = await resend(connection, delivery_id, now)
            if done:
                await write_audit(connection, now, by, "resend", {"delivery": delivery_id})
            unannounced = await self._wakes.announce(connection, await integrations_due(connection, now))
        await self._wakes.wake(unannounced)
        return done

    def sweep(self) -> None:
        """Look soon for what is to be sent, and when to look again."""
        self._sweeper.trigger()

    async def resume(self, integration: str, by: str) -> bool:
        """Send what waits for a paused integration; False: it isn't paused."""
        now = self.clock.now()
        async with self.database.write() as connection:
            if not await resume(connection, integration, now):
                return False
            await write_audit(connection, now, by, "resume", {"integration": integration})
            unannounced = await self._wakes.announce(connection, {integration})
        await self._wakes.wake(unannounced)
        log.info("resumed", integration=integration, by=by)
        return True

    async def running(self) -> RunningDefinitions:
        """Return the definitions that are running now."""
        async with self.database.read() as connection:
            running = await self.definitions.at(connection)
        self.metrics.revision.set(running.revision)
        return running

    async def has_tokens(self) -> bool:
        """Tell whether any token was made yet, in use or not."""
        async with self.database.read() as connection:
            return bool(await tokens(connection))

    async def wait_idle(self) -> None:
        """Wait until everything due has been fired and sent, and only time can bring more."""
        while True:
            await self._timers.wait_idle()
            await self._drains.wait_idle()
            await self._sweeper.wait_idle()
            await self._purger.wait_idle()
            if self._heart is not None:
                await self._heart.wait_idle()
            quiet = await self._wakes.quiet()
            if quiet and self._timers.is_idle and self._sweeper.is_idle and self._drains.is_idle:
                return
            await asyncio.sleep(0 if quiet else 0.01)

    async def _fire_timers(self) -> datetime | None:
        now = self.clock.now()
        async with self.database.write() as connection:
            await keep_definitions(connection)
            running = await self.definitions.at(connection)
            fired = await fire_due(connection, running, now)
            unannounced = await self._wakes.announce(connection, fired.integrations)
        for lag in fired.lags:
            self.metrics.timer_lag.observe(lag)
        await self._wakes.wake(unannounced)
        if not self.database.shared or fired.more:
            return fired.next_due
        return now + LOOK_EVERY  # what is due and was not fired is in another process's hands

    async def _sweep(self) -> datetime | None:
        """Wake the drains of whatever is due, take up what was left behind, tidy; returns when to look again."""
        now = self.clock.now()
        async with self.database.write() as connection:
            if not await may_sweep(connection):
                return now + SWEEP_EVERY
            await self._take_up(connection, now)
            if self._tidied is None or now - self._tidied >= TIDY_EVERY:
                await forget_old_ids(connection, now)
                self._tidied = now
            silence_ends = await settle_silences(connection, now)
            held = await held_back(connection)
            soonest = await next_due(connection, now)
            due = await integrations_due(connection, now, without=held.keys()) | held.over(now)
            unannounced = await self._wakes.announce(connection, due)
        await self._wakes.wake(unannounced)
        again = now + SWEEP_EVERY if self.database.shared else self._tidied + TIDY_EVERY
        return min(moment for moment in (soonest, silence_ends, held.first_end(now), again) if moment is not None)

    async def _purge(self) -> datetime:
        """Forget incidents that were over long ago; returns when to go on."""
        now = self.clock.now()
        async with self.database.write() as connection:
            purged = await purge(connection, now - self._keep)
        if purged.incidents:
            log.info("purged", incidents=purged.incidents, deliveries=purged.deliveries, attempts=purged.attempts)
        return now if purged.more else now + PURGE_EVERY

    async def _take_up(self, connection: AsyncConnection, now: datetime) -> None:
        """Return back what was claimed too long ago, or by a process that is gone.

        After the database has been away nobody is known to live: then the others get time to say so.
        """
        await release_late(connection, now)
        if self._lives_since is None or self._lives_until is None:
            return
        if now < self._lives_until and now - self._lives_since >= LIFE:
            await release_orphans(connection, self.process_id, now)

    async def _say_alive(self) -> datetime:
        now = self.clock.now()
        async with self.database.write() as connection:
            await say_alive(connection, self.process_id, now)
        if self._lives_until is None or now >= self._lives_until:
            self._lives_since = now
        self._lives_until = now + LIFE
        return now + RENEW_EVERY
