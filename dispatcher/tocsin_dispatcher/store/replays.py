"""Replaying: messages that were given up go into the queue again, as if they were new."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.store.database.tables import FAILED, alert, delivery
from tocsin_dispatcher.store.deliveries import AFRESH
from tocsin_dispatcher.store.integrations import close_circuit_breakers
from tocsin_dispatcher.store.skips import ERROR_NEVER_ARRIVED


@dataclass(frozen=True, slots=True)
class FailureFilter:
    """Which failed messages to replay; None for any. The time is that of their alert's making."""

    integration: str | None = None
    incident: str | None = None
    monitor: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many messages are on their way again, Ok messages with their Errors, and how many failed ones are left."""

    resent: int
    oks: int
    left: int


async def replay(connection: AsyncConnection, wanted: FailureFilter, limit: int, now: datetime) -> Replayed:
    """Put failed messages back into the queue, oldest first, each under its id and from its first step on.

    What isn't so any more is skipped when its turn comes, as for a new message: a Reminder of an incident that
    is over. A circuit breaker that is open is closed: somebody thinks that the receiver is back. An Ok that was skipped because its Error had failed goes with that Error.
    """
    fitting = list(_conditions(wanted))
    query = select(delivery.c.id).where(*fitting).order_by(delivery.c.number).limit(limit).with_for_update()
    ids = list(await connection.scalars(query))
    again = {**AFRESH, "resent": False, "due_at": now, "begun_at": now, "finished_at": None, "last_failure": None}
    await connection.execute(update(delivery).where(delivery.c.id.in_(ids)).values(**again))
    who = ("incident_key", "integration", "alert", "level")
    errors = await connection.execute(
        select(*(delivery.c[name] for name in who)).where(delivery.c.id.in_(ids), delivery.c.type == "error")
    )
    told = [tuple(row) for row in errors]
    oks = await connection.execute(
        update(delivery)
        .where(
            tuple_(*(delivery.c[name] for name in who)).in_(told),
            delivery.c.type == "ok",
            delivery.c.state == "skipped",
            delivery.c.last_failure == [ERROR_NEVER_ARRIVED],
        )
        .values(**again)
    )
    await close_circuit_breakers(connection, set(await connection.scalars(_integrations_of(ids))))
    left = await connection.scalar(select(func.count()).select_from(delivery).where(*fitting))
    return Replayed(len(ids), oks.rowcount, left or 0)


def _integrations_of(ids: list[str]) -> Select[tuple[str]]:
    return select(delivery.c.integration).where(delivery.c.id.in_(ids)).distinct()


def _conditions(wanted: FailureFilter) -> Iterator[ColumnElement[bool]]:
    yield delivery.c.state == FAILED
    if wanted.integration is not None:
        yield delivery.c.integration == wanted.integration
    if wanted.incident is not None:
        yield delivery.c.incident_key == wanted.incident
    if wanted.monitor is not None:
        yield delivery.c.alert_guid.in_(select(alert.c.guid).where(alert.c.monitor == wanted.monitor))
    if wanted.since is not None:
        yield delivery.c.created_at >= wanted.since
    if wanted.until is not None:
        yield delivery.c.created_at < wanted.until
