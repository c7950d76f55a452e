"""A dispatcher's life: its parts start together, come to rest, and stop together.

Embedded it does all of its work in one process. Distributed, each process takes checks, or works, or both: what it
has to tell the others goes through the database.
"""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self

import structlog
from sqlalchemy.exc import SQLAlchemyError

from tocsin_dispatcher.clock import Clock
from tocsin_dispatcher.delivery.drains import Drains
from tocsin_dispatcher.delivery.tracing import Traces
from tocsin_dispatcher.delivery.wakeups import Wakes
from tocsin_dispatcher.incidents.definitions import DefinitionsCache, RunningDefinitions
from tocsin_dispatcher.planning.process import PlanProcess
from tocsin_dispatcher.sending.sender import Sender
from tocsin_dispatcher.service.background import Liveness
from tocsin_dispatcher.service.periodic import PeriodicTask
from tocsin_dispatcher.service.rate_limits import RateLimits
from tocsin_dispatcher.store.database.database import Database, reason
from tocsin_dispatcher.store.database.schema import prepare
from tocsin_dispatcher.store.deliveries import release
from tocsin_dispatcher.store.processes import say_gone
from tocsin_dispatcher.store.retention.clock_watch import ClockWatch
from tocsin_dispatcher.telemetry.metrics import Metrics
from tocsin_dispatcher.vault import Vault

log = structlog.get_logger(__name__)


class BackgroundTask(Protocol):
    """What runs from the dispatcher's start to its stop."""

    def start(self) -> None:
        """Begin."""
        ...

    async def stop(self) -> None:
        """End, once what is under way is done."""
        ...


@dataclass(frozen=True, eq=False)
class Dispatcher:
    """A dispatcher, put together by `service.wiring`; an async context manager. All it promises is in its database."""

    database: Database
    process_id: str
    vault: Vault
    clock: Clock
    watch: ClockWatch
    metrics: Metrics
    definitions: DefinitionsCache
    sender: Sender
    wakes: Wakes
    drains: Drains
    timers: PeriodicTask
    sweeper: PeriodicTask
    others: Sequence[PeriodicTask]
    """What is waited for beside these until the dispatcher is idle."""
    background: Sequence[BackgroundTask]
    """What is started, in this order: of the above what this process does, and what needs no waiting for."""
    liveness: Liveness
    traces: Traces | None
    bootstrap_token_hash: str | None
    rate_limits: RateLimits
    plans: PlanProcess = field(default_factory=PlanProcess)
    _open: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def __aenter__(self) -> Self:
        """Bring the database up to date and go on where the last process stopped; raises DatabaseError."""
        await prepare(self.database)
        async with self.database.write() as connection:
            await self.watch.look(connection)
            if not self.database.shared:
                await release(connection)  # one process a database: whoever held these is gone
            running = await self.definitions.at(connection)
        if self.database.shared:
            await self.liveness.say_alive()
        self.metrics.revision.set(running.revision)
        self._tell_unknown_routes(running)
        await self._open.enter_async_context(self.sender)
        for each in self.background:
            each.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop: what is under way finishes or is given back, everything else stays in the database."""
        for each in self.background:
            await each.stop()
        await self.drains.stop()
        try:
            async with self.database.write() as connection:
                await release(connection, self.process_id)
                await say_gone(connection, self.process_id)
        except SQLAlchemyError as failure:
            log.error("the database failed: what was under way is taken up later", reason=reason(failure))
        await self._open.aclose()
        if self.traces is not None:
            await asyncio.to_thread(self.traces.close)

    async def running(self) -> RunningDefinitions:
        """Return the definitions that are running now."""
        async with self.database.read() as connection:
            running = await self.definitions.at(connection)
        self.metrics.revision.set(running.revision)
        return running

    def _tell_unknown_routes(self, running: RunningDefinitions) -> None:
        """Say in the log which integrations name what the settings don't have any more, or not in this process."""
        routing = self.sender.routing
        for name, (_, integration) in sorted(running.integrations.items()):
            for problem in (routing.unknown_proxy(integration.proxy), routing.unknown_tls(integration.tls)):
                if problem is not None:
                    log.error("an integration can't send", integration=name, reason=str(problem))

    async def wait_idle(self) -> None:
        """Wait until everything due has been fired and sent, and only time can bring more."""
        while True:
            await self.timers.wait_idle()
            await self.drains.wait_idle()
            await self.sweeper.wait_idle()
            for each in self.others:
                await each.wait_idle()
            quiet = await self.wakes.quiet()
            periodic = (self.timers, self.sweeper, *self.others)
            if quiet and all(each.is_idle for each in periodic) and self.drains.is_idle:
                return
            await asyncio.sleep(0 if quiet else 0.01)
