"""The attempt log: every request that was made, with its response, whatever it was made for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.store.database.tables import alert, attempt, delivery
from tocsin_dispatcher.store.paging import Span
from tocsin_schema.api.attempts import AttemptFound, AttemptShown
from tocsin_schema.messages.captured_secrets import masked_failure
from tocsin_schema.messages.named_secrets import masked_by_name, masked_header

NEWEST = 1000
"""Rows that a count of the last second looks at: there is no index by time."""


def without_named_secrets(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a row of the attempt log without what is secret by its name: older rows hold what receivers handed out."""
    failures = [masked_failure(each) for each in row["failures"]]
    return {**row, "request": _side(row["request"]), "response": _side(row["response"]), "failures": failures}


def _side(stored: Any) -> Any:
    """Return a stored request or response as it may be shown; None where there is none."""
    if not isinstance(stored, dict):
        return stored
    texts = {name: masked_by_name(stored[name]) for name in ("url", "body") if isinstance(stored.get(name), str)}
    headers = [[name, masked_header(name, value)] for name, value in stored.get("headers", ())]
    return {**stored, **texts, "headers": headers}


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
    return [AttemptFound(**without_named_secrets(row)) for row in (await connection.execute(query)).mappings()]


async def delivered_since(connection: AsyncConnection, integration: str, since: datetime) -> int:
    """Return how many requests of an integration's own steps were delivered since a moment, of the newest thousand of all."""
    newest = select(attempt).order_by(attempt.c.number.desc()).limit(NEWEST).subquery()
    query = select(func.count()).join_from(newest, delivery, delivery.c.id == newest.c.delivery_id)
    query = query.where(
        delivery.c.integration == integration,
        newest.c.outcome == "delivered",
        newest.c.purpose.is_(None),
        newest.c["at"] >= since,
    )
    return await connection.scalar(query) or 0
