"""Drains: one task for each integration with something to send; a slow receiver holds up only itself."""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Iterable
from datetime import timedelta
from typing import Any

import structlog

from tocsin_dispatcher.clock import Clock
from tocsin_dispatcher.delivery.learnt_pace import first_claims
from tocsin_dispatcher.delivery.pacing import AT_ONCE
from tocsin_dispatcher.delivery.places import Places
from tocsin_dispatcher.store.deliveries import Claimed, Progress

AHEAD = 500
"""Deliveries claimed beyond these at the most: no more than the receiver has just answered, see `Drain.room`."""
GATHER = 0.02
"""Seconds that ended turns wait for others to be written back with: a transaction costs as much as many turns."""
FEW_AT_FIRST = 1.0
"""Seconds for which few deliveries are under way where nothing is known: receivers that refuse one do so sooner."""
GRACE = 4.0
"""Seconds that a stop waits for requests under way."""
AFTER_BUG = timedelta(seconds=1)

log = structlog.get_logger(__name__)


class Drain:
    """What one integration has under way in this process."""

    def __init__(self, integration: str, stopping: asyncio.Event, of_all: Places | None = None) -> None:
        """Begin with nothing under way; once `stopping` is set nothing more is begun. `of_all` are the places of the process."""
        self.integration = integration
        self._of_all = of_all or Places(AT_ONCE)
        self.stopping = stopping
        self._news = asyncio.Event()
        """Set once a turn has ended, or there may be more to send than was claimed."""
        self._news.set()
        self._turns: set[asyncio.Task[Progress | None]] = set()
        """Deliveries claimed and not written back yet. One that never had its turn gives None."""
        self._over: set[asyncio.Task[Progress | None]] = set()
        """Those that are being written back."""
        self._loop = asyncio.get_running_loop()
        self._begun = self._loop.time()
        self._loop.call_later(FEW_AT_FIRST, self.wake)
        self._burst = 0
        """Messages delivered since there was something to send."""
        self._fresh = 0
        """Those of them that are being written back."""
        self.left_alone = False
        """Whether the receiver is to be left alone: then nothing more of what is claimed is begun, but given back."""
        self._given_back: list[str] = []
        self._giving_back: list[str] = []
        """Those of them that are being written back."""
        self._places = asyncio.Semaphore(AT_ONCE)
        """What a delivery needs one of to be under way."""

    def wake(self) -> None:
        """Have it looked for more to send."""
        self._news.set()

    async def goes_on(self) -> bool:
        """Wait until there is something to record or to claim; False: nothing is under way, and nothing is due."""
        if not self._turns and not self._news.is_set():
            return False
        await self._news.wait()
        if not all(turn.done() for turn in self._turns):
            await asyncio.sleep(GATHER)
        return True

    def judged(self) -> list[Progress]:
        """Return where the messages stand whose turn is over, to be written back.

        One that was broken off, or never came, has nothing to write back: its delivery is sent by the next process.
        """
        self._news.clear()
        self._over = {turn for turn in self._turns if turn.done()}
        results = [turn.result() for turn in self._over if not turn.cancelled()]
        progress = [each for each in results if each is not None]
        self._fresh = sum(each.state == "delivered" for each in progress)
        return progress

    def given_back(self) -> list[str]:
        """Return the ids of deliveries that were claimed and not begun, as the receiver is to be left alone."""
        self._giving_back = list(self._given_back)
        return self._giving_back

    def room(self, judged: int, *, paced: bool) -> int:
        """Return how many more to claim; `paced`: the receiver is sent no more than it has shown to take.

        Else few at first, for a second: it may refuse them. A fast receiver finds the next ones waiting; of a slow one nothing
        lies claimed for long, which others could send, or which is to be skipped meanwhile.
        """
        if self.stopping.is_set():
            return 0
        claimed = len(self._turns) - len(self._over)
        if paced:
            return AT_ONCE - claimed
        at_once = first_claims(self._burst + self._fresh)
        if self._loop.time() - self._begun >= FEW_AT_FIRST:
            at_once = AT_ONCE
        ahead = min(judged, AHEAD) if at_once == AT_ONCE else 0
        return at_once + ahead - claimed

    def recorded(self) -> None:
        """Take note that what was judged is written back."""
        self._turns -= self._over
        del self._given_back[: len(self._giving_back)]
        self._giving_back = []
        self._burst += self._fresh
        self._fresh = 0

    def not_recorded(self) -> None:
        """Take note that what was judged could not be written back: it is tried again, unless this process stops."""
        if self.stopping.is_set():
            self._turns = {turn for turn in self._turns if not turn.done()}  # the next process sends them again
            self._news.clear()  # or it would be tried for ever: nothing more is begun
        else:
            self._news.set()

    def start(
        self, claimed: Claimed, turn: Callable[[Claimed], Coroutine[Any, Any, Progress]], *, anyway: bool = False
    ) -> None:
        """Give a delivery its turn, once it has a place; `anyway` also where the receiver is to be left alone."""
        task = asyncio.create_task(self._in_its_place(claimed, turn, anyway=anyway))
        task.add_done_callback(lambda _: self._news.set())
        self._turns.add(task)

    def break_off(self) -> None:
        """End what is under way."""
        for turn in self._turns:
            turn.cancel()

    async def _in_its_place(
        self, claimed: Claimed, turn: Callable[[Claimed], Coroutine[Any, Any, Progress]], *, anyway: bool
    ) -> Progress | None:
        async with self._places:
            await self._of_all.take(self.integration)
            try:
                if self.stopping.is_set():
                    return None
                if self.left_alone and not anyway:
                    self._given_back.append(claimed.id)
                    return None
                progress = await turn(claimed)
                self.left_alone = self.left_alone or progress.outcome == "busy"
                return progress
            finally:
                self._of_all.give_back(self.integration)


class Drains:
    """Sends what is due, in this process."""

    def __init__(
        self,
        clock: Clock,
        deliver: Callable[[Drain], Coroutine[Any, Any, None]],
        emptied: Callable[[], None],
        places: Places,
    ) -> None:
        """Take what delivers all that is due of an integration, what to call when one has nothing more to send, and all places."""
        self._places = places
        self._clock = clock
        self._deliver = deliver
        self._emptied = emptied
        self._drains: dict[str, Drain] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._stopping = asyncio.Event()

    def wake(self, integrations: Collection[str]) -> None:
        """See to it that these integrations are drained soon."""
        if self._stopping.is_set():
            return
        for integration in integrations:
            drain = self._drains.get(integration)
            if drain is None:
                drain = self._drains[integration] = Drain(integration, self._stopping, self._places)
                self._tasks[integration] = asyncio.create_task(self._empty(drain), name=f"drain {integration}")
            else:
                drain.wake()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being sent."""
        return not self._drains

    async def wait_idle(self) -> None:
        """Wait until nothing is being sent."""
        while self._tasks:
            await _any_of(self._tasks.values())

    async def stop(self) -> None:
        """Claim nothing more, let requests under way finish for a while, then break them off."""
        self._stopping.set()
        try:
            async with asyncio.timeout(GRACE):
                await self.wait_idle()
        except TimeoutError:
            for drain in self._drains.values():
                drain.break_off()
            await self.wait_idle()

    async def _empty(self, drain: Drain) -> None:
        try:
            await self._deliver(drain)
        except Exception:
            log.exception("a drain failed: a bug in Tocsin", integration=drain.integration)
            await self._clock.wait(self._stopping, self._clock.now() + AFTER_BUG)
        finally:
            del self._drains[drain.integration], self._tasks[drain.integration]
            self._emptied()


async def _any_of(futures: Iterable[asyncio.Future[Any]]) -> None:
    await asyncio.wait(futures, return_when=asyncio.FIRST_COMPLETED)
