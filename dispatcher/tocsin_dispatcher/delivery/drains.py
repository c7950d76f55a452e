"""Drains: one task for each integration with something to send; a slow receiver holds up only itself."""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from tocsin_dispatcher.clock import Clock
from tocsin_dispatcher.delivery.pacing import AT_ONCE, record_and_claim
from tocsin_dispatcher.store.database.database import Database, reason
from tocsin_dispatcher.store.deliveries import Claimed, Progress

AHEAD = 500
"""Deliveries claimed beyond these at the most: no more than the receiver has just answered, see `_room`."""
GATHER = 0.02
"""Seconds that ended turns wait for others to be written back with: a transaction costs as much as many turns."""
GRACE = 4.0
"""Seconds that a stop waits for requests under way."""
AFTER_ERROR = timedelta(seconds=1)

log = structlog.get_logger(__name__)


@dataclass
class _Drain:
    """What one integration has under way."""

    integration: str
    news: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once a turn has ended, or there may be more to send than was claimed."""
    turns: set[asyncio.Task[Progress | None]] = field(default_factory=set)
    """Deliveries claimed and not written back yet. One that never had its turn gives None."""
    places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    """What a delivery needs one of to be under way."""
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
        held_back: Callable[[str, int], None],
    ) -> None:
        """Take who claims, what gives a delivery its turn, and what to call when a drain has nothing more to send.

        `held_back` is told of an integration and how many of its messages a silence holds back from now on.
        """
        self._database = database
        self._process_id = process_id
        self._clock = clock
        self._turn = turn
        self._emptied = emptied
        self._held_back = held_back
        self._drains: dict[str, _Drain] = {}
        self._stopping = asyncio.Event()

    def wake(self, integrations: Collection[str]) -> None:
        """See to it that these integrations are drained soon."""
        if self._stopping.is_set():
            return
        for integration in integrations:
            drain = self._drains.get(integration)
            if drain is None:
                drain = self._drains[integration] = _Drain(integration)
                drain.task = asyncio.create_task(self._empty(drain), name=f"drain {integration}")
            else:
                drain.news.set()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being sent."""
        return not self._drains

    async def wait_idle(self) -> None:
        """Wait until nothing is being sent."""
        while self._drains:
            await self._some_end()

    async def stop(self) -> None:
        """Claim nothing more, let requests under way finish for a while, then break them off."""
        self._stopping.set()
        try:
            async with asyncio.timeout(GRACE):
                await self.wait_idle()
        except TimeoutError:
            for drain in self._drains.values():
                for turn in drain.turns:
                    turn.cancel()
            await self.wait_idle()

    async def _some_end(self) -> None:
        await _any_of([drain.task for drain in self._drains.values() if drain.task is not None])

    async def _empty(self, drain: _Drain) -> None:
        try:
            while True:
                for claimed in await self._exchange(drain):
                    turn = asyncio.create_task(self._in_its_place(drain, claimed))
                    turn.add_done_callback(lambda _: drain.news.set())
                    drain.turns.add(turn)
                if not drain.turns and not drain.news.is_set():
                    break
                await drain.news.wait()
                if not all(turn.done() for turn in drain.turns):
                    await asyncio.sleep(GATHER)
        except Exception:
            log.exception("a drain failed: a bug in Tocsin", integration=drain.integration)
            await self._clock.wait(self._stopping, self._clock.now() + AFTER_ERROR)
        finally:
            del self._drains[drain.integration]
            self._emptied()

    async def _in_its_place(self, drain: _Drain, claimed: Claimed) -> Progress | None:
        async with drain.places:
            return None if self._stopping.is_set() else await self._turn(claimed)

    async def _exchange(self, drain: _Drain) -> list[Claimed]:
        """Write back the turns that are over and claim what is due, in one transaction; for as long as it takes.

        A turn that was broken off, or never came, has nothing to write back: its delivery is sent by the next process.
        """
        while True:
            held: list[str] = []
            try:
                async with self._database.write() as connection:
                    drain.news.clear()
                    over = {turn for turn in drain.turns if turn.done()}
                    now = self._clock.now()
                    results = [turn.result() for turn in over if not turn.cancelled()]
                    ended = [progress for progress in results if progress is not None]
                    room = self._room(len(drain.turns) - len(over), len(ended))
                    claimed = await record_and_claim(
                        connection, drain.integration, ended, now, room, self._process_id, held
                    )
                drain.turns -= over
                if held:
                    log.info("held back by silences", integration=drain.integration, deliveries=held)
                    self._held_back(drain.integration, len(held))
                return claimed
            except SQLAlchemyError as error:
                log.error("the database failed, will be tried again", reason=reason(error))
                await self._clock.wait(self._stopping, self._clock.now() + AFTER_ERROR)
                if self._stopping.is_set():
                    drain.turns = {turn for turn in drain.turns if not turn.done()}  # the next process sends them again
                    return []

    def _room(self, claimed: int, ended: int) -> int:
        """Return how many more to claim.

        A fast receiver finds the next ones waiting; of a slow one nothing lies claimed for long, which others could
        send, or which is to be skipped meanwhile.
        """
        return 0 if self._stopping.is_set() else AT_ONCE + min(ended, AHEAD) - claimed


async def _any_of(futures: Iterable[asyncio.Future[Any]]) -> None:
    await asyncio.wait(futures, return_when=asyncio.FIRST_COMPLETED)
