"""When the next heartbeat is due."""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.store.database.rows import insert_missing
from tocsin_dispatcher.store.database.tables import integration_state

CLOCKS_DIFFER = timedelta(seconds=10)
"""How far the clocks of two processes may be apart: as far as their leases bear it."""


async def take_beat(connection: AsyncConnection, integration: str, now: datetime, every: timedelta) -> datetime | None:
    """Return None where a heartbeat is due, which is then ours to send; else when it is due.

    One that would come later than `every` from now is due too: the setting was changed, or the clock set back. Not
    if it's by so little that another process, whose clock is ahead or which looked at it later, has just sent one.
    """
    await insert_missing(connection, integration_state, [{"integration": integration, "failures": 0}])
    query = select(integration_state.c.beat_due_at).where(integration_state.c.integration == integration)
    due: datetime | None = await connection.scalar(query.with_for_update())
    if due is not None and now < due <= now + every + CLOCKS_DIFFER:
        return due
    await put_off(connection, integration, now + every)
    return None


async def put_off(connection: AsyncConnection, integration: str, until: datetime) -> None:
    """Have the next heartbeat due then."""
    changed = update(integration_state).where(integration_state.c.integration == integration)
    await connection.execute(changed.values(beat_due_at=until))
