"""Giving up messages for their age: those that wait, as their receiver is down or busy, and are not tried."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.delivery.circuit_breaker import is_paused
from tocsin_dispatcher.delivery.progress import given_up
from tocsin_dispatcher.store.database.rows import Row
from tocsin_dispatcher.store.deliveries import give_up, old_messages
from tocsin_dispatcher.store.integrations import Known, all_known
from tocsin_schema.models.integration import GIVE_UP_AFTER

MOST = 500
"""Messages of one kind that are given up in one transaction."""


async def give_up_old(connection: AsyncConnection, now: datetime, trusted: datetime) -> list[Row]:
    """Give up messages that have waited for longer than their integration says, some hundreds at the most; returns them.

    `trusted` is as much of the clock as may be trusted: before `now` where that leapt ahead. Messages of an integration that
    was down for as long as its `pause_after` says wait however old they are.
    """
    known = await all_known(connection)
    paused = {name for name, each in known.items() if is_paused(each.health, each.limits.pause_after, now)}
    own = _own_ages(known)
    ended = await _end(connection, GIVE_UP_AFTER, now, trusted, without={*own, *paused})
    for integration, age in own.items():
        if integration not in paused:
            ended += await _end(connection, age, now, trusted, only=integration)
    return ended


async def _end(
    connection: AsyncConnection,
    age: timedelta,
    now: datetime,
    trusted: datetime,
    *,
    only: str | None = None,
    without: Collection[str] = (),
) -> list[Row]:
    found = await old_messages(connection, age, now, trusted, MOST, only=only, without=without)
    await give_up(connection, found, given_up(age), now)
    return found


def _own_ages(known: Mapping[str, Known]) -> dict[str, timedelta]:
    ages = {name: each.limits.give_up_after for name, each in known.items()}
    return {name: age for name, age in ages.items() if age is not None}
