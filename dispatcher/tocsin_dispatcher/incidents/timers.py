"""Timers: reminders and duration levels that fall due by themselves, by the server's clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.incidents.definitions import RunningDefinitions
from tocsin_dispatcher.incidents.recording import IncidentWriter
from tocsin_dispatcher.store.database.tables import monitor_state, timer
from tocsin_schema.escalation import MonitorState, advance

AT_ONCE = 500
"""Timers fired in one transaction at the most, so that checks get their turn between."""
AFTER_BUG = timedelta(minutes=1)
"""When a timer that can't be fired is tried again: one monitor's must not stop those of the others."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Fired:
    """What a round gave."""

    integrations: frozenset[str]
    """Those with something to send."""
    lags: tuple[float, ...]
    """How late each timer was, in seconds."""
    next_due: datetime | None
    more: bool
    """Whether there may be more that is due now."""


async def fire_due(connection: AsyncConnection, running: RunningDefinitions, now: datetime) -> Fired:
    """Fire the timers that are due, once: in the transaction that sets each one's next moment."""
    query = (
        select(timer.c.monitor_guid, timer.c.due_at, monitor_state.c.state)
        .join_from(timer, monitor_state)
        .where(timer.c.due_at <= now)
        .order_by(timer.c.due_at)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    steps = IncidentWriter(running, now)
    lags: list[float] = []
    gone: list[str] = []
    broken: list[str] = []
    for guid, due, stored in (await connection.execute(query)).all():
        lags.append((now - due).total_seconds())
        monitor = running.by_key.get(guid)
        if monitor is None:
            gone.append(guid)
            continue
        try:
            state = MonitorState.model_validate(stored)
            steps.add(monitor, state, advance(state, now, monitor.levels, monitor.guid))
        except Exception:
            log.exception("a timer failed and will be tried again: a bug in Tocsin", monitor=monitor.monitor.name)
            broken.append(guid)
    if gone:
        await connection.execute(delete(timer).where(timer.c.monitor_guid.in_(gone)))
    if broken:
        await connection.execute(update(timer).where(timer.c.monitor_guid.in_(broken)).values(due_at=now + AFTER_BUG))
    integrations = await steps.write(connection)
    next_due = await connection.scalar(select(func.min(timer.c.due_at)))
    return Fired(frozenset(integrations), tuple(lags), next_due, more=len(lags) == AT_ONCE)
