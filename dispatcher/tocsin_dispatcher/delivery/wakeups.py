"""Wakes: how the drains get to know that an integration has something to send."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection


class Wakes(Protocol):
    """Wakes the drains of integrations, here or elsewhere. A lost wake costs time alone: the sweeper finds it."""

    async def announce(self, connection: AsyncConnection, integrations: Collection[str]) -> frozenset[str]:
        """Wake once this transaction has committed; returns those that `wake` must be called for then."""
        ...

    async def wake(self, integrations: Collection[str]) -> None:
        """Wake now. Raises nothing."""
        ...

    async def quiet(self) -> bool:
        """Tell whether no wake is on its way."""
        ...


@dataclass(frozen=True, slots=True)
class OwnWakes:
    """Wakes the drains of this very process: the embedded engine."""

    drain: Callable[[Collection[str]], None]

    async def announce(self, connection: AsyncConnection, integrations: Collection[str]) -> frozenset[str]:
        """Leave all of it until the transaction has committed."""
        return frozenset(integrations)

    async def wake(self, integrations: Collection[str]) -> None:
        """Wake now."""
        self.drain(integrations)

    async def quiet(self) -> bool:
        """Tell that no wake is on its way: they arrive at once."""
        return True
