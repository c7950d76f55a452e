"""An alarm: does its work now, again when its next moment comes, and again when somebody rings."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from tocsin_dispatcher.clock import Clock
from tocsin_dispatcher.store.database.database import reason

AFTER_ERROR = timedelta(seconds=5)
"""How long to wait after the work has failed, as when the database was away."""

log = structlog.get_logger(__name__)


class Alarm:
    """Runs `work` whenever it is due. `work` gives the moment of the next time; None: only when rung."""

    def __init__(self, name: str, clock: Clock, work: Callable[[], Awaitable[datetime | None]]) -> None:
        """Prepare; `start` begins."""
        self._name = name
        self._clock = clock
        self._work = work
        self._rung = asyncio.Event()
        self._resting = asyncio.Event()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, with the work itself."""
        self._task = asyncio.create_task(self._run(), name=self._name)

    def ring(self) -> None:
        """Have the work done soon."""
        self._rung.set()

    async def stop(self) -> None:
        """End, once work under way is done.

        It is not cancelled: a transaction broken off in the middle holds the database's lock for a while.
        """
        self._stopping = True
        self._rung.set()
        if self._task is not None:
            await self._task

    @property
    def at_rest(self) -> bool:
        """Whether nothing is to be done before the next moment."""
        return self._task is None or (self._resting.is_set() and not self._rung.is_set())

    async def rest(self) -> None:
        """Wait until nothing is to be done before the next moment."""
        while not self.at_rest:
            await self._resting.wait()
            await asyncio.sleep(0)

    async def _run(self) -> None:
        while not self._stopping:
            self._rung.clear()
            try:
                until = await self._work()
            except SQLAlchemyError as error:
                log.error("the database failed, will be tried again", work=self._name, reason=reason(error))
                until = self._clock.now() + AFTER_ERROR
            except Exception:
                log.exception("failed, will be tried again", work=self._name)
                until = self._clock.now() + AFTER_ERROR
            self._resting.set()
            if not self._stopping:
                await self._clock.wait(self._rung, until)
                self._resting.clear()
