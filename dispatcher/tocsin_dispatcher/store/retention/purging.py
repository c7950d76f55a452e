"""Forgetting what is long over: whole incidents, each with its alerts, messages and attempts."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.store.database.tables import (
    acknowledgement,
    alert,
    attempt,
    delivery,
    incident,
    kept_capture,
    problem,
    silence,
)
from tocsin_dispatcher.store.deliveries import UNFINISHED
from tocsin_dispatcher.store.problems.about import OF_RECEIVERS
from tocsin_dispatcher.store.retention.clock_watch import purge_so_far

A_DAY = timedelta(days=1)
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
    finished since. Problems go with the incident of their message, a receiver's once it is over. Definitions and
    their documents, check ids and the audit are not touched.
    """
    over = (
        select(incident.c.key)
        .where(*_over(before))
        .order_by(incident.c.ended_at)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    found = list(await connection.scalars(over))
    keys = set(found) - await _resumed(connection, found)
    sent = keys | (await _receivers(connection, keys)).keys()
    ids = select(delivery.c.id).where(delivery.c.incident_key.in_(sent))
    attempts = await connection.execute(delete(attempt).where(attempt.c.delivery_id.in_(ids)))
    await connection.execute(delete(problem).where(problem.c.incident_key.in_(keys)))
    deliveries = await connection.execute(delete(delivery).where(delivery.c.incident_key.in_(sent)))
    await connection.execute(delete(kept_capture).where(kept_capture.c.incident_key.in_(sent)))
    for table in (alert, acknowledgement):
        await connection.execute(delete(table).where(table.c.incident_key.in_(keys)))
    await connection.execute(delete(incident).where(incident.c.key.in_(keys)))
    await _forget_silences(connection, before)
    return Purged(len(keys), deliveries.rowcount, attempts.rowcount, len(found) == AT_ONCE)


async def oldest(connection: AsyncConnection, before: datetime) -> datetime | None:
    """Return when the first of the incidents ended that a purge would forget; None: it would forget none."""
    ended: datetime | None = await connection.scalar(select(func.min(incident.c.ended_at)).where(*_over(before)))
    return ended


async def count(connection: AsyncConnection, before: datetime) -> int:
    """Return how many incidents a purge would forget."""
    return await connection.scalar(select(func.count()).select_from(incident).where(*_over(before))) or 0


async def usual_until(
    connection: AsyncConnection, now: datetime, before: datetime, *, more: timedelta | None = None
) -> datetime:
    """Return how far a purge may go that nobody means: as much further as time has passed, and a day's worth more.

    Where there was none so far, from the oldest on that there is. The day (or `more`) is given once a day, so that
    starting again and again forgets no more.
    """
    so_far = await purge_so_far(connection)
    since_last = A_DAY if so_far.at is None else max(now - so_far.at, timedelta(0))
    up_to = so_far.up_to or await oldest(connection, before) or before
    return min(up_to + since_last + (min(since_last, A_DAY) if more is None else more), before)


def _over(before: datetime) -> tuple[ColumnElement[bool], ...]:
    ended = (incident.c.state == "closed", incident.c.ended_at < before)
    return (*ended, ~_busy(before), ~_receiver_busy(before))


def _busy(before: datetime) -> ColumnElement[bool]:
    """Tell whether an incident has a message that is needed."""
    of_incident = delivery.c.incident_key == incident.c.key
    return select(delivery.c.number).where(of_incident, _needed(before)).exists()


def _receiver_busy(before: datetime) -> ColumnElement[bool]:
    """Tell whether a receiver that is told of by a message of an incident is in trouble, or that is being told."""
    of_incident = (problem.c.incident_key == incident.c.key, problem.c.kind.in_(OF_RECEIVERS))
    told = select(delivery.c.number).where(delivery.c.incident_key == problem.c.id, _needed(before)).exists()
    return select(problem.c.number).where(*of_incident, or_(problem.c.resolved_at.is_(None), told)).exists()


def _needed(before: datetime) -> ColumnElement[bool]:
    return or_(delivery.c.state.in_(UNFINISHED), delivery.c.finished_at >= before, _held())


async def _receivers(connection: AsyncConnection, keys: Collection[str]) -> dict[str, str]:
    """Return the problems of receivers that are told of by messages of incidents: the key of those, and the incident's."""
    query = select(problem.c.id, problem.c.incident_key)
    of_receivers = problem.c.kind.in_(OF_RECEIVERS)
    return dict((await connection.execute(query.where(problem.c.incident_key.in_(keys), of_receivers))).all())


async def _resumed(connection: AsyncConnection, keys: list[str]) -> set[str]:
    """Return the incidents with a message that somebody has just sent again; nobody else can until we commit."""
    owners = {key: key for key in keys} | await _receivers(connection, keys)
    held = select(delivery.c.incident_key, delivery.c.state).where(delivery.c.incident_key.in_(owners))
    return {owners[key] for key, state in await connection.execute(held.with_for_update()) if state in UNFINISHED}


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
