"""Looking at incidents, alerts, deliveries and attempts, newest first."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Select, Table, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.store.acknowledgements import acknowledgements
from tocsin_dispatcher.store.attempts import without_named_secrets
from tocsin_dispatcher.store.database.tables import alert, attempt, delivery, incident
from tocsin_dispatcher.store.integrations import waiting
from tocsin_dispatcher.store.paging import ALL, Span
from tocsin_schema.api.alerts import AlertShown, AlertType
from tocsin_schema.api.attempts import AttemptShown
from tocsin_schema.api.deliveries import DeliveryDetails, DeliveryShown
from tocsin_schema.api.incidents import IncidentShown
from tocsin_schema.messages.captured_secrets import masked_failure


class AlertSummary(BaseModel):
    """An alert without the values of its messages, which can be as large as a web page."""

    model_config = ConfigDict(frozen=True)

    guid: str
    incident: str
    alert: str
    level: int
    type: AlertType
    time: datetime


async def incidents(
    connection: AsyncConnection, limit: int, span: Span = ALL, **wanted: str | None
) -> list[IncidentShown]:
    """Return incidents; `wanted` holds column values, None for any."""
    columns = (
        *(incident.c[name] for name in ("number", "key", "monitor", "state", "started_at", "ended_at", "details")),
        incident.c.owner.label("project"),
    )
    query = span.of(_fitting(select(*columns), incident, wanted), incident.c.number, incident.c.started_at).limit(limit)
    rows = (await connection.execute(query)).mappings().all()
    acknowledged = await acknowledgements(connection, [row["key"] for row in rows])
    return [IncidentShown(**row, acknowledgements=acknowledged[row["key"]]) for row in rows]


async def alerts(connection: AsyncConnection, limit: int, span: Span = ALL, **wanted: str | None) -> list[AlertShown]:
    """Return alerts; `wanted` holds column values, None for any."""
    columns = (
        *(alert.c[name] for name in ("number", "guid", "monitor", "alert", "level", "type", "created_at", "values")),
        alert.c.owner.label("project"),
        alert.c.incident_key.label("incident"),
        alert.c["at"].label("time"),
    )
    query = span.of(_fitting(select(*columns), alert, wanted), alert.c.number, alert.c["at"]).limit(limit)
    return [AlertShown(**row) for row in (await connection.execute(query)).mappings()]


async def deliveries(
    connection: AsyncConnection,
    limit: int,
    span: Span = ALL,
    *,
    monitor: str | None = None,
    incident_key: str | None = None,
    **wanted: str | None,
) -> list[DeliveryShown]:
    """Return deliveries; `wanted` holds column values, None for any.

    Those of an incident are those of its alerts: a message about a receiver's trouble is one, and has a key of its own.
    """
    query = span.of(_fitting(_deliveries(), delivery, wanted), delivery.c.number, delivery.c.created_at).limit(limit)
    if monitor is not None:
        query = query.where(alert.c.monitor == monitor)
    if incident_key is not None:
        query = query.where(alert.c.incident_key == incident_key)
    return [DeliveryShown(**_shown(row)) for row in (await connection.execute(query)).mappings()]


async def delivery_details(connection: AsyncConnection, delivery_id: str) -> DeliveryDetails | None:
    """Return one delivery with its attempts, or None."""
    found = await connection.execute(_deliveries().where(delivery.c.id == delivery_id))
    row = found.mappings().first()
    if row is None:
        return None
    columns = (attempt.c[name] for name in AttemptShown.model_fields)
    made = await connection.execute(
        select(*columns).where(attempt.c.delivery_id == delivery_id).order_by(attempt.c.number)
    )
    return DeliveryDetails(
        **_shown(row), attempt_log=[AttemptShown(**without_named_secrets(each)) for each in made.mappings()]
    )


async def alerts_of(connection: AsyncConnection, incident_keys: Sequence[str]) -> dict[str, list[AlertSummary]]:
    """Return the alerts of incidents by incident key, oldest first."""
    query = (
        select(
            *(alert.c[name] for name in ("guid", "alert", "level", "type")),
            alert.c.incident_key.label("incident"),
            alert.c["at"].label("time"),
        )
        .where(alert.c.incident_key.in_(incident_keys))
        .order_by(alert.c.number)
    )
    told: dict[str, list[AlertSummary]] = {key: [] for key in incident_keys}
    for row in (await connection.execute(query)).mappings():
        told[row["incident"]].append(AlertSummary(**row))
    return told


async def counts(connection: AsyncConnection) -> tuple[int, int]:
    """Return how many deliveries are unfinished and how many incidents open."""
    open_ones = select(func.count()).select_from(incident).where(incident.c.state == "open")
    unfinished = (await waiting(connection)).values()
    return sum(unfinished), (await connection.scalar(open_ones)) or 0


def _deliveries() -> Select[Any]:
    names = (
        *("number", "id", "alert_guid", "integration", "alert", "level", "type", "state", "step", "attempts"),
        *("outcome", "remarks", "created_at", "due_at", "finished_at", "variables", "silence", "about"),
    )
    return select(
        *(delivery.c[name] for name in names),
        delivery.c.owner.label("project"),
        alert.c.incident_key.label("incident"),
        delivery.c.last_failure.label("failures"),
        alert.c.monitor,
    ).join_from(delivery, alert)


def _fitting(query: Select[Any], table: Table, wanted: Mapping[str, str | None]) -> Select[Any]:
    for name, value in wanted.items():
        if value is not None:
            query = query.where(table.c[name] == value)
    return query


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    failures = [masked_failure(each) for each in row["failures"] or ()]
    return {**row, "failures": failures, "remarks": row["remarks"] or []}
