"""What a clock has put off that was ahead and has been set back since: it comes in time again."""

from datetime import datetime, timedelta

from sqlalchemy import and_, or_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.store.database.tables import PENDING, SENDING, delivery, integration_state
from tocsin_dispatcher.store.deliveries import LEASE
from tocsin_schema.messages.holds import LONGEST_HOLD

CLOCKS_DIFFER = timedelta(minutes=5)
"""How far the clocks of machines may be apart, as for checks."""
LONGEST_RETRY, LONGEST_DELAY = timedelta(days=1), timedelta(days=31)
"""How long a message that failed, and one between two steps, may be put off: as long as a message lives, and longer."""


async def bring_back(connection: AsyncConnection, now: datetime) -> bool:
    """Have what is put off for longer than it ever should be sent now, and let nothing have begun in the future.

    Returns whether there was anything, which may be sent now.
    """
    failed = delivery.c.outcome.in_(("busy", "down", "locked_out", "refused"))
    new = and_(delivery.c.step == 0, delivery.c.outcome.is_(None))
    put_off = or_(
        and_(new, delivery.c.due_at > now + CLOCKS_DIFFER),
        and_(failed, delivery.c.due_at > now + LONGEST_RETRY),
        delivery.c.due_at > now + LONGEST_DELAY,
    )
    waits = update(delivery).where(delivery.c.state == PENDING)
    due = await connection.execute(waits.where(delivery.c.due_at > now, put_off).values(due_at=now))
    await connection.execute(waits.where(delivery.c.begun_at > now + CLOCKS_DIFFER).values(begun_at=now))
    leased = delivery.c.lease_until > now + LEASE + CLOCKS_DIFFER
    await connection.execute(
        update(delivery).where(delivery.c.state == SENDING, leased).values(lease_until=now + LEASE)
    )
    held = integration_state.c.held_until > now + LONGEST_HOLD + CLOCKS_DIFFER
    ended = await connection.execute(update(integration_state).where(held).values(held_until=now, probe_at=None))
    return due.rowcount + ended.rowcount > 0
