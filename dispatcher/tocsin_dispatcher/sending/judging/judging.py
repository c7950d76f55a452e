"""Who has the paths of an answer followed when: each integration by itself, and none at the cost of the others."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from tocsin_dispatcher.sending.judging.process import PathProcess
from tocsin_schema.messages.responses import Response, with_others, with_plain_paths
from tocsin_schema.models import Step
from tocsin_schema.paths.found import Found
from tocsin_schema.paths.process import request_of

PROCESSES = 2
"""Processes that follow paths, each started when it is needed. One of them is never left to integrations whose last answer
took too long."""

log = structlog.get_logger(__name__)


class Follower(Protocol):
    """What follows paths outside of this process: see `PathProcess`."""

    async def follow(self, request: bytes, count: int) -> tuple[list[Found], str | None]:
        """Return what the first paths find, and why not all were followed."""
        ...

    async def close(self) -> None:
        """End it."""
        ...


class Judging:
    """Follows the paths of answers: the plain ones here, all others in a process that can be killed.

    At most one answer of an integration is out at a time, so that its others wait for it and nobody else's do. One whose
    last answer took too long shares one process with its like.
    """

    def __init__(self, follower: Callable[[], Follower] = PathProcess) -> None:
        """Take what makes a process."""
        self._follower = follower
        self._idle: list[Follower] = []
        self._places = asyncio.Semaphore(PROCESSES)
        self._slow_places = asyncio.Semaphore(PROCESSES - 1)
        self._turns: dict[str, _Turn] = {}
        self._slow: set[str] = set()
        self._closed = False

    async def followed(self, integration: str, step: Step, response: Response) -> Response:
        """Return the response with what the paths of a step find in it."""
        response, others = with_plain_paths(step, response)
        if not others:
            return response
        request = request_of(others, response.text, response.body)
        async with self._turn(integration), self._place(integration):
            found, cut_off = await self._ask(request, len(others))
        if cut_off is None:
            self._slow.discard(integration)
        else:
            self._slow.add(integration)
            path = others[min(len(found), len(others) - 1)].path
            log.warning("an answer was not judged to its end", integration=integration, path=path, reason=cut_off)
        return with_others(response, others, found, cut_off)

    async def close(self) -> None:
        """End the processes; one that is at work, once it is done."""
        self._closed = True
        idle, self._idle = self._idle, []
        for each in idle:
            await each.close()

    @asynccontextmanager
    async def _place(self, integration: str) -> AsyncIterator[None]:
        """Wait until there is a process for the integration."""
        async with self._slow_places if integration in self._slow else nullcontext(), self._places:
            yield

    async def _ask(self, request: bytes, count: int) -> tuple[list[Found], str | None]:
        follower = self._idle.pop() if self._idle else self._follower()
        warm = False
        try:
            found, cut_off = await follower.follow(request, count)
            warm = cut_off is None
        finally:
            if self._closed:
                await follower.close()
            else:
                self._idle.insert(len(self._idle) if warm else 0, follower)
        return found, cut_off

    @asynccontextmanager
    async def _turn(self, integration: str) -> AsyncIterator[None]:
        """Wait until no other answer of the integration is out."""
        turn = self._turns.setdefault(integration, _Turn())
        turn.wanted += 1
        try:
            async with turn.lock:
                yield
        finally:
            turn.wanted -= 1
            if not turn.wanted:
                del self._turns[integration]


@dataclass
class _Turn:
    """What an answer of an integration needs to be out, and how many want it."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    wanted: int = 0
