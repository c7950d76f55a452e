"""Drains: one task for each integration with something to send; a slow receiver holds up only itself."""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from tocsin_dispatcher.clock import Clock
from tocsin_dispatcher.store.database import Database, reason
from tocsin_dispatcher.store.deliveries import Claimed, Progress, claim, record

AT_ONCE = 50
"""Deliveries of one integration claimed and under way at the most."""
GRACE = 4.0
"""Seconds that a stop waits for requests under way."""
AFTER_ERROR = timedelta(seconds=1)

log = structlog.get_logger(__name__)


@dataclass
class _Drain:
    """What one integration has under way."""

    integration: str
    news: asyncio.Future[None]
    """Done once there may be more to send than was claimed."""
    turns: set[asyncio.Task[Progress]] = field(default_factory=set)
    """Deliveries claimed and not written back yet."""
    task: asyncio.Task[None] | None = None


class Drains:
    """Sends what is due, in this process."""

    def __init__(
        self,
        database: Database,
        process_id: str,
        clock: Clock,
        turn: Callable[[Claimed], Coroutine[Any, Any, Progress]],
        emptied: Callable[[], None],
    ) -> None:
        """Take who claims, what gives a delivery its turn, and what to call when a drain has nothing more to send."""
        self._database = database
        self._process_id = process_id
        self._clock = clock
        self._turn = turn
        self._emptied = emptied
        self._drains: dict[str, _Drain] = {}
        self._stopping = asyncio.Event()

    def wake(self, integrations: Collection[str]) -> None:
        """See to it that these integrations are drained soon."""
        if self._stopping.is_set():
            return
        for integration in integrations:
            drain = self._drains.get(integration)
            if drain is None:
                drain = self._drains[integration] = _Drain(integration, _unsettled())
                drain.task = asyncio.create_task(self._empty(drain), name=f"drain {integration}")
            elif not drain.news.done():
                drain.news.set_result(None)

    @property
    def at_rest(self) -> bool:
        """Whether nothing is being sent."""
        return not self._drains

    async def rest(self) -> None:
        """Wait until nothing is being sent."""
        while self._drains:
            await self._some_end()

    async def stop(self) -> None:
        """Claim nothing more, let requests under way finish for a while, then break them off."""
        self._stopping.set()
        try:
            async with asyncio.timeout(GRACE):
                await self.rest()
        except TimeoutError:
            for drain in self._drains.values():
                for turn in drain.turns:
                    turn.cancel()
            await self.rest()

    async def _some_end(self) -> None:
        await _any_of([drain.task for drain in self._drains.values() if drain.task is not None])

    async def _empty(self, drain: _Drain) -> None:
        try:
            while True:
                drain.news = _unsettled()
                claimed = await self._exchange(drain)
                drain.turns |= {asyncio.create_task(self._turn(each)) for each in claimed}
                if not drain.turns and not drain.news.done():
                    break
                await _any_of(drain.turns if len(drain.turns) >= AT_ONCE else {*drain.turns, drain.news})
        except Exception:
            log.exception("a drain failed: a bug in Tocsin", integration=drain.integration)
            await self._clock.wait(self._stopping, self._clock.now() + AFTER_ERROR)
        finally:
            del self._drains[drain.integration]
            self._emptied()

    async def _exchange(self, drain: _Drain) -> list[Claimed]:
        """Write back the turns that are over and claim what is due, in one transaction; for as long as it takes.

        A turn that was broken off has nothing to write back: its delivery is sent again by the next process.
        """
        while True:
            try:
                async with self._database.write() as connection:
                    over = {turn for turn in drain.turns if turn.done()}
                    now = self._clock.now()
                    ended = [turn.result() for turn in over if not turn.cancelled()]
                    await record(connection, ended, now, self._process_id)
                    room = 0 if self._stopping.is_set() else AT_ONCE - len(drain.turns) + len(over)
                    claimed = await claim(connection, drain.integration, now, room, self._process_id)
                drain.turns -= over
                return claimed
            except SQLAlchemyError as error:
                log.error("the database failed, will be tried again", reason=reason(error))
                await self._clock.wait(self._stopping, self._clock.now() + AFTER_ERROR)
                if self._stopping.is_set():
                    drain.turns = {turn for turn in drain.turns if not turn.done()}  # the next process sends them again
                    return []


async def _any_of(futures: Iterable[asyncio.Future[Any]]) -> None:
    await asyncio.wait(futures, return_when=asyncio.FIRST_COMPLETED)


def _unsettled() -> asyncio.Future[None]:
    return asyncio.get_running_loop().create_future()
