"""Deliveries that are not sent any more, because what they would say is no longer so or is known."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.store.database.rows import Row
from tocsin_dispatcher.store.database.tables import acknowledgement, delivery, incident

ERROR_NEVER_ARRIVED = "skipped: the Error message of this incident was never delivered"
ACKNOWLEDGED = "skipped: the incident was acknowledged"
INCIDENT_OVER = "skipped: the incident was over before this reminder was delivered"


async def skip_unwanted(connection: AsyncConnection, due: Sequence[Row], now: datetime) -> list[Row]:
    """Skip those of the due deliveries that are not to be sent any more, and return the others.

    An Ok whose Error was given up or held back: the receiver never heard of the incident. A reminder of an
    incident that is over or acknowledged: where there is one, all reminders are left out, to be looked for again.
    What an operator has asked to be sent again is sent.
    """
    first_hand = [row for row in due if not row["resent"]]
    oks = await _without_error(connection, [row for row in first_hand if row["type"] == "ok" and _ends(row)])
    if oks:
        await connection.execute(_skipped(ERROR_NEVER_ARRIVED, now).where(delivery.c.id.in_(oks)))
    reminders = [row["id"] for row in first_hand if row["type"] == "reminder"]
    late = await skip_late_reminders(connection, reminders, now)
    known = bool(reminders) and await skip_acknowledged(connection, delivery.c.id.in_(reminders), now)
    left_out = oks | set(reminders) if late or known else oks
    return [row for row in due if row["id"] not in left_out]


async def skip_late_reminders(connection: AsyncConnection, ids: Collection[str], now: datetime) -> bool:
    """Skip those of these deliveries that are pending reminders of incidents that are over."""
    return bool(ids) and await _skip_late(connection, delivery.c.id.in_(ids), now)


async def skip_acknowledged(connection: AsyncConnection, narrowed: ColumnElement[bool], now: datetime) -> bool:
    """Skip the pending reminders among these deliveries whose incident is acknowledged; returns whether there were any."""
    known = select(acknowledgement.c.number).where(acknowledgement.c.incident_key == delivery.c.incident_key).exists()
    done = await connection.execute(_skipped(ACKNOWLEDGED, now).where(narrowed, known, *_PENDING_REMINDER))
    return done.rowcount > 0


async def skip_reminders_of(connection: AsyncConnection, incident_keys: Collection[str], now: datetime) -> None:
    """Skip the pending reminders of incidents that are over."""
    await _skip_late(connection, delivery.c.incident_key.in_(incident_keys), now)


async def _skip_late(connection: AsyncConnection, narrowed: ColumnElement[bool], now: datetime) -> bool:
    over = (
        select(incident.c.key).where(incident.c.key == delivery.c.incident_key, incident.c.state == "closed").exists()
    )
    done = await connection.execute(_skipped(INCIDENT_OVER, now).where(narrowed, over, *_PENDING_REMINDER))
    return done.rowcount > 0


def _ends(row: Row) -> bool:
    """Whether an Ok ends what an Error to the same integration began; one that stands in for another's Ok needs none."""
    return row["about"] is None or "ends" in row["about"]


async def _without_error(connection: AsyncConnection, oks: Sequence[Mapping[str, Any]]) -> set[str]:
    """Return the ids of the Ok deliveries whose Error never arrived."""
    if not oks:
        return set()
    who = ("incident_key", "integration", "alert", "level")
    query = select(*(delivery.c[name] for name in who)).where(
        delivery.c.incident_key.in_({row["incident_key"] for row in oks}),
        delivery.c.type == "error",
        delivery.c.state == "delivered",
    )
    heard = {tuple(row) for row in await connection.execute(query)}
    return {row["id"] for row in oks if tuple(row[name] for name in who) not in heard}


def _skipped(why: str, now: datetime) -> Any:
    return update(delivery).values(state="skipped", finished_at=now, last_failure=[why])


_PENDING_REMINDER = (delivery.c.type == "reminder", delivery.c.state == "pending", ~delivery.c.resent)
