"""Due messages that a silence holds back.

Decided when a message's turn comes, so that a silence also holds what waits for a retry:

- An Error and a Reminder are held by every silence that fits.
- An Ok follows an Error that was delivered, or isn't sent at all: it is held only by a silence that names its
  integration, else the receiver would keep an incident open that is over.
- A Reminder whose Error is held is held with it.
- A message of several steps that has begun goes on, and so does what an operator has asked to be sent again.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.store.rows import Row
from tocsin_dispatcher.store.silences import ActiveSilence, active_silences
from tocsin_dispatcher.store.tables import alert, definition, delivery, document


async def hold_silenced(connection: AsyncConnection, due: Sequence[Row], now: datetime) -> list[str]:
    """Suppress those of the due deliveries that are silenced, and give their ids."""
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


def _fits(silence: ActiveSilence, row: Row, monitor: str, groups: frozenset[str]) -> bool:
    wanted = silence.fits
    if row["type"] == "ok" and wanted.integration is None:
        return False
    return (
        wanted.monitor in (None, monitor)
        and (wanted.group is None or wanted.group in groups)
        and wanted.alert in (None, row["alert"])
        and wanted.integration in (None, row["integration"])
    )


async def _with_held_error(connection: AsyncConnection, reminders: Sequence[Row]) -> dict[str, tuple[str, str]]:
    """Give the silence of each reminder whose Error is held, by the reminder's id."""
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
    """Give the monitor of each alert, by its guid."""
    query = select(alert.c.guid, alert.c.monitor).where(alert.c.guid.in_({row["alert_guid"] for row in rows}))
    return dict((await connection.execute(query)).all())


async def _groups(connection: AsyncConnection, monitors: set[str]) -> dict[str, frozenset[str]]:
    """Give the groups of monitors as they are defined now, by name."""
    query = (
        select(definition.c.name, document.c.content)
        .join_from(definition, document)
        .where(definition.c.kind == "monitor", definition.c.name.in_(monitors), definition.c.until.is_(None))
    )
    return {name: frozenset(content.get("groups", ())) for name, content in await connection.execute(query)}
