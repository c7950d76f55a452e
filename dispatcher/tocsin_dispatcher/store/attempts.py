"""The attempt log: every request that was made, with its response, whatever it was made for."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.store.database.tables import alert, attempt, delivery
from tocsin_dispatcher.store.paging import Span
from tocsin_schema.api.attempts import AttemptFound, AttemptShown


@dataclass(frozen=True, slots=True)
class AttemptFilter:
    """Which attempts are wanted; None for any."""

    incident: str | None = None
    monitor: str | None = None
    integration: str | None = None
    delivery: str | None = None
    succeeded: bool | None = None


async def attempts(connection: AsyncConnection, wanted: AttemptFilter, span: Span, limit: int) -> list[AttemptFound]:
    """Return attempts, newest first."""
    own = (attempt.c[name] for name in ("number", *AttemptShown.model_fields))
    query = (
        select(
            *own,
            delivery.c.id.label("delivery"),
            delivery.c.incident_key.label("incident"),
            *(delivery.c[name] for name in ("integration", "alert", "level", "type")),
            alert.c.monitor,
        )
        .join_from(attempt, delivery)
        .join(alert, alert.c.guid == delivery.c.alert_guid)
    )
    columns = {
        delivery.c.incident_key: wanted.incident,
        alert.c.monitor: wanted.monitor,
        delivery.c.integration: wanted.integration,
        delivery.c.id: wanted.delivery,
        attempt.c.succeeded: wanted.succeeded,
    }
    query = query.where(*(column == value for column, value in columns.items() if value is not None))
    query = span.of(query, attempt.c.number, attempt.c["at"]).limit(limit)
    return [AttemptFound(**row) for row in (await connection.execute(query)).mappings()]
