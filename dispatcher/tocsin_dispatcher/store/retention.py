"""Forgetting what is long over: whole incidents, each with its alerts, messages and attempts."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import ColumnElement, and_, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.store.audit import write_audit
from tocsin_dispatcher.store.database.database import Database
from tocsin_dispatcher.store.database.tables import (
    acknowledgement,
    alert,
    attempt,
    delivery,
    incident,
    kept_capture,
    silence,
)
from tocsin_dispatcher.store.deliveries import UNFINISHED
from tocsin_dispatcher.store.origin import COMMAND_LINE

AT_ONCE = 200
"""Incidents forgotten in one transaction at the most, so that checks get their turn between."""


@dataclass(frozen=True, slots=True)
class Purged:
    """What a round has forgotten."""

    incidents: int
    deliveries: int
    attempts: int
    more: bool
    """Whether there may be more to forget."""


async def purge(connection: AsyncConnection, before: datetime) -> Purged:
    """Forget incidents that ended before a moment, oldest first, as many as go into one transaction.

    Kept are open ones, and those with a message that isn't finished, is held by a silence that lasts, or was
    finished since. Definitions and their documents, check ids and the audit are not touched.
    """
    busy = (
        select(delivery.c.number)
        .where(
            delivery.c.incident_key == incident.c.key,
            or_(delivery.c.state.in_(UNFINISHED), delivery.c.finished_at >= before, _held()),
        )
        .exists()
    )
    over = (
        select(incident.c.key)
        .where(incident.c.state == "closed", incident.c.ended_at < before, ~busy)
        .order_by(incident.c.ended_at)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    found = list(await connection.scalars(over))
    keys = set(found) - await _resumed(connection, found)
    ids = select(delivery.c.id).where(delivery.c.incident_key.in_(keys))
    attempts = await connection.execute(delete(attempt).where(attempt.c.delivery_id.in_(ids)))
    deliveries = await connection.execute(delete(delivery).where(delivery.c.incident_key.in_(keys)))
    for table in (kept_capture, alert, acknowledgement):
        await connection.execute(delete(table).where(table.c.incident_key.in_(keys)))
    await connection.execute(delete(incident).where(incident.c.key.in_(keys)))
    await _forget_silences(connection, before)
    return Purged(len(keys), deliveries.rowcount, attempts.rowcount, len(found) == AT_ONCE)


async def purge_everything(database: Database, before: datetime, now: datetime) -> Purged:
    """Forget all incidents that ended before a moment, step by step, as an operator asks; written to the audit."""
    gone = Purged(0, 0, 0, more=True)
    while gone.more:
        async with database.write() as connection:
            done = await purge(connection, before)
            gone = Purged(
                gone.incidents + done.incidents,
                gone.deliveries + done.deliveries,
                gone.attempts + done.attempts,
                done.more,
            )
            if not done.more:
                details: dict[str, JsonValue] = {"before": before.isoformat(), "incidents": gone.incidents}
                await write_audit(connection, now, COMMAND_LINE, "purge", details)
    return gone


async def _resumed(connection: AsyncConnection, keys: list[str]) -> set[str]:
    """Return the incidents with a message that somebody has just sent again; nobody else can until we commit."""
    held = select(delivery.c.incident_key, delivery.c.state).where(delivery.c.incident_key.in_(keys)).with_for_update()
    return {key for key, state in await connection.execute(held) if state in UNFINISHED}


async def _forget_silences(connection: AsyncConnection, before: datetime) -> None:
    spoken_of = select(delivery.c.number).where(delivery.c.silence == silence.c.id).exists()
    await connection.execute(
        delete(silence).where(silence.c.settled_at.is_not(None), silence.c.ends_at < before, ~spoken_of)
    )


def _held() -> ColumnElement[bool]:
    lasting = (
        select(silence.c.number).where(silence.c.id == delivery.c.silence, silence.c.settled_at.is_(None)).exists()
    )
    return and_(delivery.c.state == "suppressed", lasting)
