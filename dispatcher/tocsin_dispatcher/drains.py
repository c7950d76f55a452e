"""Drains: one task for each integration with something to send; a slow receiver holds up only itself."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import timedelta

import structlog
from sqlalchemy.exc import DBAPIError

from tocsin_dispatcher.clock import Clock
from tocsin_dispatcher.store.database import Database, reason
from tocsin_dispatcher.store.deliveries import Claimed, Progress, claim, record

BATCH = 100
"""Deliveries claimed at once."""
AT_ONCE = 50
"""Requests under way to one integration's receiver."""
GRACE = 10.0
"""Seconds that a stop waits for requests under way."""
AFTER_ERROR = timedelta(seconds=1)

log = structlog.get_logger(__name__)


class Drains:
    """The embedded engine: sends what is due, in this process."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        turn: Callable[[Claimed], Awaitable[Progress]],
        emptied: Callable[[], None],
    ) -> None:
        """Take what gives a delivery its turn, and what to call when a drain has nothing more to send."""
        self._database = database
        self._clock = clock
        self._turn = turn
        self._emptied = emptied
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._more: set[str] = set()
        self._stopping = asyncio.Event()

    def wake(self, integrations: Collection[str]) -> None:
        """See to it that these integrations are drained soon."""
        if self._stopping.is_set():
            return
        for integration in integrations:
            self._more.add(integration)
            if integration not in self._tasks:
                name = f"drain {integration}"
                self._tasks[integration] = asyncio.create_task(self._drain(integration), name=name)

    @property
    def at_rest(self) -> bool:
        """Whether nothing is being sent."""
        return not self._tasks

    async def rest(self) -> None:
        """Wait until nothing is being sent."""
        while self._tasks:
            await asyncio.wait(list(self._tasks.values()))

    async def stop(self) -> None:
        """Claim nothing more, let requests under way finish for a while, then break them off."""
        self._stopping.set()
        if not self._tasks:
            return
        _, late = await asyncio.wait(list(self._tasks.values()), timeout=GRACE)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _drain(self, integration: str) -> None:
        try:
            done: Sequence[Progress] = ()
            while True:
                self._more.discard(integration)
                claimed = await self._exchange(integration, done)
                if not claimed and integration not in self._more:
                    break
                limit = asyncio.Semaphore(AT_ONCE)
                done = await asyncio.gather(*(self._limited(limit, each) for each in claimed))
        except Exception:
            log.exception("a drain failed: a bug in Tocsin", integration=integration)
            await self._clock.wait(self._stopping, self._clock.now() + AFTER_ERROR)
        finally:
            del self._tasks[integration]
            self._emptied()

    async def _limited(self, limit: asyncio.Semaphore, claimed: Claimed) -> Progress:
        async with limit:
            return await self._turn(claimed)

    async def _exchange(self, integration: str, done: Sequence[Progress]) -> list[Claimed]:
        """Write back what was done and claim what is due, in one transaction; for as long as it takes."""
        while True:
            try:
                async with self._database.write() as connection:
                    await record(connection, done)
                    if self._stopping.is_set():
                        return []
                    return await claim(connection, integration, self._clock.now(), BATCH)
            except DBAPIError as error:
                log.error("the database failed, will be tried again", reason=reason(error))
                await self._clock.wait(self._stopping, self._clock.now() + AFTER_ERROR)
                if self._stopping.is_set():
                    return []
