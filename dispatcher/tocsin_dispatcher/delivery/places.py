"""Places of requests under way: so many in all, and always some for an integration that has none.

Each has a connection, and of those a process can have only so many open. Integrations that hang would have all of them.
"""

import asyncio
from collections import Counter, deque

KEPT_FREE = 4
"""The part of all places, a fourth, that only integrations which have nothing under way may take."""


class Places:
    """The places of a process."""

    def __init__(self, in_all: int) -> None:
        """Take how many there are."""
        self._in_all = in_all
        self._shared = in_all - in_all // KEPT_FREE
        self._taken = 0
        self._under_way: Counter[str] = Counter()
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}
        """By integration, whose turn comes first at the head."""

    async def take(self, integration: str) -> None:
        """Wait for a place and take it."""
        if self._waiting or not self._has_room(integration):
            await self._wait(integration)
        else:
            self._taken += 1
            self._under_way[integration] += 1

    def give_back(self, integration: str) -> None:
        """Have others take a place."""
        self._taken -= 1
        self._under_way[integration] -= 1
        if not self._under_way[integration]:
            del self._under_way[integration]
        self._hand_out()

    def _has_room(self, integration: str) -> bool:
        return self._taken < self._shared or (self._taken < self._in_all and not self._under_way[integration])

    async def _wait(self, integration: str) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(integration, deque()).append(turn)
        self._hand_out()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # it had just got its place
                self.give_back(integration)
            raise

    def _hand_out(self) -> None:
        """Give places to those who wait, one integration after the other."""
        while self._waiting and (integration := self._next()) is not None:
            turns = self._waiting.pop(integration)
            turns.popleft().set_result(None)
            self._taken += 1
            self._under_way[integration] += 1
            if turns:
                self._waiting[integration] = turns  # behind the others

    def _next(self) -> str | None:
        """Return whose turn it is, if there is room for one who waits."""
        for integration, turns in list(self._waiting.items()):
            while turns and turns[0].done():  # nobody waits for it any more
                turns.popleft()
            if not turns:
                del self._waiting[integration]
            elif self._has_room(integration):
                return integration
        return None
