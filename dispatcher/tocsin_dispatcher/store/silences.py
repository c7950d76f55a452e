"""Silences: for a while, messages that they fit are held back."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, RowMapping, and_, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.store.database.rows import Row
from tocsin_dispatcher.store.database.tables import alert, definition, delivery, document, incident, silence
from tocsin_dispatcher.store.paging import Span
from tocsin_schema.api.silences import SilenceShown, SilenceState


@dataclass(frozen=True, slots=True)
class Scope:
    """What a silence fits: every name that is stated must fit, and at least one is stated."""

    monitor: str | None = None
    group: str | None = None
    """A group of monitors."""
    alert: str | None = None
    """An alert definition."""
    integration: str | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """From when, until when: the end is not part of it."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class ActiveSilence:
    """A silence in force."""

    id: str
    fits: Scope
    reason: str


async def add_silence(
    connection: AsyncConnection, fits: Scope, period: Period, *, reason: str, by: str, now: datetime
) -> str:
    """Write a silence down and return its id."""
    silence_id = str(uuid.uuid4())
    row = {
        "id": silence_id,
        "monitor": fits.monitor,
        "monitor_group": fits.group,
        "alert": fits.alert,
        "integration": fits.integration,
        "reason": reason,
        "by": by,
        "created_at": now,
        "starts_at": period.starts_at,
        "ends_at": period.ends_at,
    }
    await connection.execute(insert(silence), [row])
    return silence_id


async def end_silence(connection: AsyncConnection, silence_id: str, by: str, now: datetime) -> bool:
    """End a silence now; raises LookupError without one. False: it was over."""
    if await connection.scalar(select(silence.c.id).where(silence.c.id == silence_id)) is None:
        raise LookupError(silence_id)
    ended = update(silence).where(silence.c.id == silence_id, silence.c.ends_at > now, silence.c.settled_at.is_(None))
    done = await connection.execute(ended.values(ends_at=now, ended_by=by))
    return done.rowcount > 0


async def silences(
    connection: AsyncConnection,
    now: datetime,
    limit: int,
    *,
    before: int | None = None,
    state: SilenceState | None = None,
    silence_id: str | None = None,
) -> list[SilenceShown]:
    """Return silences, newest first; `before`: of numbers below this one."""
    suppressed = (
        select(func.count())
        .select_from(delivery)
        .where(delivery.c.silence == silence.c.id, delivery.c.state == "suppressed")
        .scalar_subquery()
    )
    query = Span(before=before).of(
        select(silence, suppressed.label("suppressed")), silence.c.number, silence.c.created_at
    )
    if state is not None:
        query = query.where(_is_state(state, now))
    if silence_id is not None:
        query = query.where(silence.c.id == silence_id)
    rows = (await connection.execute(query.limit(limit))).mappings()
    return [_shown(row, now) for row in rows]


async def silences_in_force(connection: AsyncConnection, now: datetime) -> int:
    """Return how many silences are active."""
    query = select(func.count()).select_from(silence).where(_is_state("active", now))
    return (await connection.scalar(query)) or 0


async def active_silences(connection: AsyncConnection, now: datetime) -> list[ActiveSilence]:
    """Return the silences in force, oldest first. None of them is settled until this transaction ends."""
    query = (
        select(silence)
        .where(silence.c.starts_at <= now, silence.c.ends_at > now, silence.c.settled_at.is_(None))
        .order_by(silence.c.number)
        .with_for_update(read=True)
    )
    return [
        ActiveSilence(row["id"], _scope(row), row["reason"]) for row in (await connection.execute(query)).mappings()
    ]


async def settle_silences(connection: AsyncConnection, now: datetime) -> datetime | None:
    """Let go on what ended silences have held back, and return when the next one ends.

    Errors of incidents that last, and every Ok: it was held only where its Error had been delivered. What
    another silence fits is held again when its turn comes.
    """
    ended = select(silence.c.id).where(silence.c.ends_at <= now, silence.c.settled_at.is_(None)).with_for_update()
    over = list(await connection.scalars(ended))
    if over:
        await connection.execute(update(silence).where(silence.c.id.in_(over)).values(settled_at=now))
        lasts = (
            select(incident.c.key).where(incident.c.key == delivery.c.incident_key, incident.c.state == "open").exists()
        )
        wanted = or_(delivery.c.type == "ok", and_(delivery.c.type == "error", lasts))
        await connection.execute(
            update(delivery)
            .where(delivery.c.silence.in_(over), delivery.c.state == "suppressed", wanted)
            .values(state="pending", due_at=now, begun_at=now, last_failure=None)
        )
    soonest: datetime | None = await connection.scalar(
        select(func.min(silence.c.ends_at)).where(silence.c.settled_at.is_(None))
    )
    return soonest


async def hold_silenced(connection: AsyncConnection, due: Sequence[Row], now: datetime) -> list[str]:
    """Suppress those of the due deliveries that are silenced, and return their ids.

    Decided when a message's turn comes, so that a silence also holds what waits for a retry:

    - An Error and a Reminder are held by every silence that fits.
    - An Ok follows an Error that was delivered, or isn't sent at all: it is held only by a silence that names its
      integration, else the receiver would keep an incident open that is over.
    - A message about another that can't be delivered speaks of the dispatcher, not of a monitor: the same holds for it.
    - A Reminder whose Error is held is held with it.
    - A message of several steps that has begun goes on, and so does what an operator has asked to be sent again.
    """
    rows = [row for row in due if row["step"] == 0 and not row["resent"]]
    held = await _with_held_error(connection, [row for row in rows if row["type"] == "reminder"])
    in_force = await active_silences(connection, now) if rows else []
    if in_force:
        monitors = await _monitors(connection, rows)
        groups = await _groups(connection, set(monitors.values())) if any(s.fits.group for s in in_force) else {}
        for row in rows:
            monitor = monitors[row["alert_guid"]]
            found = next((s for s in in_force if _fits(s, row, monitor, groups.get(monitor, frozenset()))), None)
            if found is not None:
                held[row["id"]] = (found.id, found.reason)
    for delivery_id, (silence_id, reason) in held.items():
        await connection.execute(
            update(delivery)
            .where(delivery.c.id == delivery_id, delivery.c.state == "pending")
            .values(state="suppressed", silence=silence_id, last_failure=[f"held back by a silence: {reason}"])
        )
    return list(held)


def _is_state(state: SilenceState, now: datetime) -> ColumnElement[bool]:
    if state == "pending":
        return and_(silence.c.starts_at > now, silence.c.ends_at > now)
    if state == "active":
        return and_(silence.c.starts_at <= now, silence.c.ends_at > now)
    return silence.c.ends_at <= now


def _state(row: RowMapping, now: datetime) -> SilenceState:
    if row["ends_at"] <= now:
        return "expired"
    return "active" if row["starts_at"] <= now else "pending"


def _scope(row: RowMapping) -> Scope:
    return Scope(row["monitor"], row["monitor_group"], row["alert"], row["integration"])


def _shown(row: RowMapping, now: datetime) -> SilenceShown:
    return SilenceShown(**row, group=row["monitor_group"], state=_state(row, now))


def _fits(silence: ActiveSilence, row: Row, monitor: str, groups: frozenset[str]) -> bool:
    wanted = silence.fits
    if (row["type"] == "ok" or row["about"] is not None) and wanted.integration is None:
        return False
    return (
        wanted.monitor in (None, monitor)
        and (wanted.group is None or wanted.group in groups)
        and wanted.alert in (None, row["alert"])
        and wanted.integration in (None, row["integration"])
    )


async def _with_held_error(connection: AsyncConnection, reminders: Sequence[Row]) -> dict[str, tuple[str, str]]:
    """Return the silence of each reminder whose Error is held, by the reminder's id."""
    if not reminders:
        return {}
    who = ("incident_key", "integration", "alert", "level")
    query = select(*(delivery.c[name] for name in who), delivery.c.silence).where(
        delivery.c.incident_key.in_({row["incident_key"] for row in reminders}),
        delivery.c.type == "error",
        delivery.c.state == "suppressed",
    )
    silenced = {tuple(key): silence_id for *key, silence_id in await connection.execute(query)}
    by_row = {row["id"]: silenced.get(tuple(row[name] for name in who)) for row in reminders}
    return {row_id: (found, "so is its Error") for row_id, found in by_row.items() if found is not None}


async def _monitors(connection: AsyncConnection, rows: Sequence[Row]) -> dict[str, str]:
    """Return the monitor of each alert, by its guid."""
    query = select(alert.c.guid, alert.c.monitor).where(alert.c.guid.in_({row["alert_guid"] for row in rows}))
    return dict((await connection.execute(query)).all())


async def _groups(connection: AsyncConnection, monitors: set[str]) -> dict[str, frozenset[str]]:
    """Return the groups of monitors as they are defined now, by name."""
    query = (
        select(definition.c.name, document.c.content)
        .join_from(definition, document)
        .where(definition.c.kind == "monitor", definition.c.name.in_(monitors), definition.c.until.is_(None))
    )
    return {name: frozenset(content.get("groups", ())) for name, content in await connection.execute(query)}
