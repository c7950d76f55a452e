"""The dispatcher: store, running definitions, timers and drains, put together."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from random import Random
from types import TracebackType
from typing import Self

import structlog
from pydantic import JsonValue

from tocsin_dispatcher.alarm import Alarm
from tocsin_dispatcher.clock import Clock, SystemClock
from tocsin_dispatcher.delivering import Deliverer
from tocsin_dispatcher.drains import Drains
from tocsin_dispatcher.ingest import Taken, forget_old_ids, take_checks
from tocsin_dispatcher.metrics import Metrics
from tocsin_dispatcher.push import Pushed, push
from tocsin_dispatcher.running import Running, RunningDefinitions
from tocsin_dispatcher.sending.egress import EgressPolicy
from tocsin_dispatcher.sending.http import Sender
from tocsin_dispatcher.store.audit import write_audit
from tocsin_dispatcher.store.database import Database
from tocsin_dispatcher.store.deliveries import integrations_due, next_due, release, resend
from tocsin_dispatcher.store.schema import migrate
from tocsin_dispatcher.store.tokens import token_hash, tokens
from tocsin_dispatcher.timers import fire_due
from tocsin_dispatcher.vault import Vault
from tocsin_schema.definitions import Definitions
from tocsin_schema.models import Check

TIDY_EVERY = timedelta(hours=1)

log = structlog.get_logger(__name__)


class Dispatcher:
    """A running dispatcher; an async context manager. Everything it promises is in its database."""

    def __init__(
        self,
        database: Database,
        *,
        vault: Vault,
        policy: EgressPolicy,
        bootstrap_token: str | None = None,
        clock: Clock | None = None,
        random: Random | None = None,
    ) -> None:
        """Take what it stands on; `random` spreads retries."""
        self.database = database
        self.vault = vault
        self.clock = clock or SystemClock()
        self.metrics = Metrics()
        self.bootstrap_token_hash = token_hash(bootstrap_token) if bootstrap_token else None
        self.definitions = RunningDefinitions()
        self.sender = Sender(policy)
        deliverer = Deliverer(self.sender, vault, self.clock, self.metrics, random or Random())  # noqa: S311
        self._timers = Alarm("timers", self.clock, self._fire_timers)
        self._sweeper = Alarm("sweeper", self.clock, self._sweep)
        self._drains = Drains(database, self.clock, deliverer.turn, self._sweeper.ring)
        self._tidied: datetime | None = None
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Bring the database up to date and go on where the last process stopped; raises DatabaseError."""
        await migrate(self.database)
        async with self.database.write() as connection:
            await release(connection)  # one process a database: whoever held these is gone
            running = await self.definitions.at(connection)
        self.metrics.revision.set(running.revision)
        await self._open.enter_async_context(self.sender)
        self._timers.start()
        self._sweeper.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop: what is under way finishes or is given back, everything else stays in the database."""
        await self._timers.stop()
        await self._sweeper.stop()
        await self._drains.stop()
        async with self.database.write() as connection:
            await release(connection)
        await self._open.aclose()

    async def take_checks(self, checks: Sequence[Check]) -> Taken:
        """Take checks in; durable once this returns. Raises ChecksRefusedError."""
        async with self.database.write() as connection:
            running = await self.definitions.at(connection)
            taken = await take_checks(connection, running, checks, self.clock.now())
        for status, count in taken.accepted.items():
            self.metrics.checks.labels(status).inc(count)
        self.metrics.duplicates.inc(taken.duplicates)
        self._drains.wake(taken.integrations)
        if taken.timers_moved:
            self._timers.ring()
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
            pushed = await push(
                connection, definitions, planned=planned, by=by, source=source, now=now, adopt=adopt, key=key
            )
        if pushed.running is not None:
            self.definitions.adopt(pushed.running)
            self.metrics.revision.set(pushed.revision)
            log.info("definitions pushed", revision=pushed.revision, project=definitions.project.name, by=by)
        self._timers.ring()
        return pushed

    async def resend(self, delivery_id: str, by: str) -> bool:
        """Send a finished delivery again, under its id; raises LookupError. False: it isn't finished yet."""
        now = self.clock.now()
        async with self.database.write() as connection:
            done = await resend(connection, delivery_id, now)
            if done:
                await write_audit(connection, now, by, "resend", {"delivery": delivery_id})
        self._sweeper.ring()
        return done

    async def running(self) -> Running:
        """Give the definitions that are running now."""
        async with self.database.read() as connection:
            return await self.definitions.at(connection)

    async def has_tokens(self) -> bool:
        """Tell whether any token was made yet, in use or not."""
        async with self.database.read() as connection:
            return bool(await tokens(connection))

    async def rest(self) -> None:
        """Wait until everything due has been fired and sent, and only time can bring more."""
        while not (self._timers.at_rest and self._sweeper.at_rest and self._drains.at_rest):
            await self._timers.rest()
            await self._drains.rest()
            await self._sweeper.rest()

    async def _fire_timers(self) -> datetime | None:
        now = self.clock.now()
        async with self.database.write() as connection:
            running = await self.definitions.at(connection)
            fired = await fire_due(connection, running, now)
        for lag in fired.lags:
            self.metrics.timer_lag.observe(lag)
        self._drains.wake(fired.integrations)
        return fired.next_due

    async def _sweep(self) -> datetime | None:
        """Wake the drains of whatever is due, take up expired leases, tidy; gives when to look again."""
        now = self.clock.now()
        async with self.database.write() as connection:
            await release(connection, expired_at=now)
            if self._tidied is None or now - self._tidied >= TIDY_EVERY:
                await forget_old_ids(connection, now)
                self._tidied = now
            due = await integrations_due(connection, now)
            soonest = await next_due(connection, now)
        self._drains.wake(due)
        tidy = self._tidied + TIDY_EVERY
        return tidy if soonest is None else min(soonest, tidy)
