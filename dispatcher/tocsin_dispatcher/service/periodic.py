"""A periodic task: does its work now, again when its next moment comes, and again when it is triggered."""

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


class PeriodicTask:
    """Runs `work` whenever it is due. `work` gives the moment of the next time; None: only when triggered."""

    def __init__(self, name: str, clock: Clock, work: Callable[[], Awaitable[datetime | None]]) -> None:
        """Prepare; `start` begins."""
        self._name = name
        self._clock = clock
        self._work = work
        self._triggered = asyncio.Event()
        self._idle = asyncio.Event()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, with the work itself."""
        self._task = asyncio.create_task(self._run(), name=self._name)

    def trigger(self) -> None:
        """Have the work done soon."""
        self._triggered.set()

    async def stop(self) -> None:
        """End, once work under way is done.

        It is not cancelled: a transaction broken off in the middle holds the database's lock for a while.
        """
        self._stopping = True
        self._triggered.set()
        if self._task is not None:
            await self._task

    @property
    def is_idle(self) -> bool:
        """Whether nothing is to be done before the next moment."""
        return self._task is None or (self._idle.is_set() and not self._triggered.is_set())

    async def wait_idle(self) -> None:
        """Wait until nothing is to be done before the next moment."""
        while not self.is_idle:
            await self._idle.wait()
            await asyncio.sleep(0)

    async def _run(self) -> None:
        while not self._stopping:
            self._triggered.clear()
            try:
                until = await self._work()
            except SQLAlchemyError as error:
                log.error("the database failed, will be tried again", work=self._name, reason=reason(error))
                until = self._clock.now() + AFTER_ERROR
            except Exception:
                log.exception("failed, will be tried again", work=self._name)
                until = self._clock.now() + AFTER_ERROR
            self._idle.set()
            if not self._stopping:
                await self._clock.wait(self._triggered, until)
                self._idle.clear()
