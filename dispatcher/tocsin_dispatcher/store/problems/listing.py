"""Looking at problems, newest first, and counting them."""

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.store.database.tables import alert, delivery, problem
from tocsin_dispatcher.store.paging import ALL, Span
from tocsin_schema.api.problems import ProblemKind, ProblemShown, ProblemState


async def problems(
    connection: AsyncConnection,
    limit: int,
    span: Span = ALL,
    *,
    state: ProblemState | None = None,
    **wanted: str | None,
) -> list[ProblemShown]:
    """Return problems, newest first; `wanted` holds column values, None for any."""
    columns = (
        *(problem.c[name] for name in _SHOWN),
        problem.c.owner.label("project"),
        alert.c.monitor,
        delivery.c.alert_guid,
    )
    query = (
        select(*columns, problem.c.incident_key.label("incident"), problem.c.delivery_id.label("delivery"))
        .join_from(problem, delivery, delivery.c.id == problem.c.delivery_id)
        .join(alert, alert.c.guid == delivery.c.alert_guid)
    )
    for name, value in wanted.items():
        if value is not None:
            query = query.where(problem.c[name] == value)
    if state is not None:
        query = query.where(_is(state))
    rows = (await connection.execute(span.of(query, problem.c.number, problem.c["at"]).limit(limit))).mappings()
    return [ProblemShown(**row, state="open" if row["resolved_at"] is None else "resolved") for row in rows]


async def open_counts(connection: AsyncConnection) -> dict[ProblemKind, int]:
    """Return how many problems of each kind are open; kinds without one are left out."""
    query = select(problem.c.kind, func.count()).where(_is("open")).group_by(problem.c.kind)
    return dict((await connection.execute(query)).all())


def _is(state: ProblemState) -> ColumnElement[bool]:
    return problem.c.resolved_at.is_(None) if state == "open" else problem.c.resolved_at.is_not(None)


_SHOWN = ("number", "id", "kind", "integration", "reason", "since", "at", "told", "resolved_at", "resolved_by")
