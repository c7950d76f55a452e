"""How fast an integration may send: its limits, kept in the database, so that they hold over all processes."""

from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.store.deliveries import Claimed, claim
from tocsin_dispatcher.store.tables import delivery, integration_state
from tocsin_schema.models.rate import Rate, RateLimit

Sent = list[tuple[int, int]]
"""Requests that were handed out, oldest first: when, in milliseconds since 1970, and how many."""


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Limits(BaseModel):
    """What an integration's definition says of how fast it may send; None: nothing."""

    model_config = ConfigDict(frozen=True)

    rate_limit: RateLimit | None = None
    max_in_flight: int | None = None


class Held(dict[str, datetime]):
    """Integrations that are held back, each with the moment until which."""

    def over(self, now: datetime) -> set[str]:
        """Give those whose time is over."""
        return {integration for integration, until in self.items() if until <= now}

    def first_end(self, now: datetime) -> datetime | None:
        """Give the moment after `now` at which the first of the others may send again."""
        return min((until for until in self.values() if until > now), default=None)


async def claim_paced(
    connection: AsyncConnection, integration: str, now: datetime, limit: int, process_id: str
) -> list[Claimed]:
    """Claim due deliveries as `claim` does, as many as the integration's limits allow.

    Where its rate is used up, the integration is held back until it may send again. Other processes wait
    for their turn meanwhile, but only with the same integration, and only where it has limits.
    """
    if limit < 1:
        return []
    table = integration_state
    found = await connection.execute(
        select(table.c.limits, table.c.sent, table.c.held_until)
        .where(table.c.integration == integration)
        .with_for_update()
    )
    row = found.first()
    if row is None:
        return await claim(connection, integration, now, limit, process_id)
    limits = Limits.model_validate(row.limits or {})
    if limits.max_in_flight is not None:
        limit = min(limit, limits.max_in_flight - await _in_flight(connection, integration))
    rate = limits.rate_limit
    sent = within(rate, row.sent or [], now)
    if rate is not None:
        limit = min(limit, rate.count - _count(sent))
    claimed = await claim(connection, integration, now, limit, process_id)
    if claimed and rate is not None:
        sent.append((_milliseconds(now), len(claimed)))
    until = free_again(rate, sent)
    if claimed or until != row.held_until:
        changed = update(table).where(table.c.integration == integration)
        await connection.execute(changed.values(sent=sent or None, held_until=until))
    return claimed


async def held_back(connection: AsyncConnection) -> Held:
    """Give the integrations that are held back, those whose time is over included."""
    table = integration_state
    held = await connection.execute(
        select(table.c.integration, table.c.held_until).where(table.c.held_until.is_not(None))
    )
    return Held(held.all())


def within(rate: Rate | None, sent: Any, now: datetime) -> Sent:
    """Give what was sent within the rate's last period: all before it counts no more."""
    if rate is None:
        return []
    begin = _milliseconds(now - rate.per)
    return [(at, count) for at, count in sent if begin < at <= _milliseconds(now)]


def free_again(rate: Rate | None, sent: Sent) -> datetime | None:
    """Give when a request may be sent again; None: now."""
    if rate is None or _count(sent) < rate.count:
        return None
    return EPOCH + timedelta(milliseconds=sent[0][0]) + rate.per


def _count(sent: Sent) -> int:
    return sum(count for _, count in sent)


def _milliseconds(moment: datetime) -> int:
    """Give whole milliseconds, rounded up: a request is never thought older than it is."""
    return -((EPOCH - moment) // timedelta(milliseconds=1))


async def _in_flight(connection: AsyncConnection, integration: str) -> int:
    count = select(func.count()).select_from(delivery)
    return (
        await connection.scalar(count.where(delivery.c.integration == integration, delivery.c.state == "sending"))
    ) or 0
