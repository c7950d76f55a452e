"""How late the dispatcher is, and at which revision: what its metrics and its heartbeat tell."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.store.database.tables import PENDING, delivery, revision, timer
from tocsin_dispatcher.store.deliveries import earlier_unfinished


@dataclass(frozen=True, slots=True)
class Lateness:
    """Seconds by which the oldest of what is due is late; 0: nothing is due."""

    messages: float
    """One that waits for an earlier message of its incident isn't due: that one is, or waits for its retry."""
    timers: float
    revision: tuple[str, str, str] | None
    """Number, project and commit, "" without one; None before the first push."""


async def lateness(connection: AsyncConnection, now: datetime) -> Lateness:
    """Return how late messages and timers are."""
    pending = select(delivery.c.due_at).where(delivery.c.state == PENDING, delivery.c.due_at <= now)
    oldest = pending.where(~earlier_unfinished()).order_by(delivery.c.due_at).limit(1)
    messages: datetime | None = await connection.scalar(oldest)
    timers: datetime | None = await connection.scalar(select(func.min(timer.c.due_at)))
    columns = (revision.c.number, revision.c.owner, revision.c.source)
    last = (await connection.execute(select(*columns).order_by(revision.c.number.desc()).limit(1))).first()
    shown = None if last is None else (str(last.number), str(last.owner), str(last.source.get("commit") or ""))
    return Lateness(_seconds(messages, now), _seconds(timers, now), shown)


def _seconds(due: datetime | None, now: datetime) -> float:
    return 0.0 if due is None else max(0.0, (now - due).total_seconds())
