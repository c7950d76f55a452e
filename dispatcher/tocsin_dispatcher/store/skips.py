"""Deliveries that are not sent any more, because what they would say is no longer so or is known."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.store.database.rows import Row
from tocsin_dispatcher.store.database.tables import acknowledgement, attempt, delivery, incident, integration_state

ERROR_NEVER_ARRIVED = "skipped: the Error message of this incident was never delivered"
ACKNOWLEDGED = "skipped: the incident was acknowledged"
OVER_BEFORE_IT_LEFT = "skipped: the incident was over before this message left"
INCIDENT_OVER = "skipped: the incident was over before this reminder was delivered"


async def skip_unwanted(
    connection: AsyncConnection,
    due: Sequence[dict[str, Any]],
    now: datetime,
    *,
    if_over: Literal["send", "skip"] | None = None,
) -> list[dict[str, Any]]:
    """Skip those of the due deliveries that are not to be sent any more, and return the others.

    An Ok of whose incident nothing reached the receiver. A reminder of an incident that is over or acknowledged: where
    there is one, all reminders are left out, to be looked for again. With `if_over` an Error that has not left when its
    incident is over. What an operator has asked to be sent again is sent.
    """
    first_hand = [row for row in due if not row["resent"]]
    if if_over == "skip" and await _skip_over(connection, [row for row in first_hand if row["type"] == "error"], now):
        return []  # to be looked for again: the Ok behind it is next
    oks = await _skip_unheard(connection, [row for row in first_hand if row["type"] == "ok" and _ends(row)], now)
    reminders = [row["id"] for row in first_hand if row["type"] == "reminder"]
    late = await skip_late_reminders(connection, reminders, now)
    known = bool(reminders) and await skip_acknowledged(connection, delivery.c.id.in_(reminders), now)
    left_out = oks | set(reminders) if late or known else oks
    return [row for row in due if row["id"] not in left_out]


async def skip_over_of(connection: AsyncConnection, incident_keys: Collection[str], now: datetime) -> None:
    """Skip what waits of incidents that are over, with their Oks, of integrations whose `if_over` says so.

    Were it only looked at when its turn comes, what waits for a receiver that is down would be given up, and told.
    """
    states = await connection.execute(select(integration_state.c.integration, integration_state.c.limits))
    skipping = [name for name, limits in states if (limits or {}).get("if_over") == "skip"]
    if not skipping:
        return
    query = select(delivery.c.id, delivery.c.type).where(
        delivery.c.incident_key.in_(incident_keys),
        delivery.c.integration.in_(skipping),
        delivery.c.type == "error",
        delivery.c.state == "pending",
        ~delivery.c.resent,
    )
    errors = [dict(row) for row in (await connection.execute(query)).mappings()]
    if await _skip_over(connection, errors, now):
        await skip_oks_behind(connection, [row["id"] for row in errors], now)


async def skip_oks_behind(connection: AsyncConnection, error_ids: Collection[str], now: datetime) -> bool:
    """Skip the Oks that wait behind these Errors, which are finished, if nothing of the incident reached the receiver.

    Returns whether there were any.
    """
    error = delivery.alias("error")
    same = (error.c[name] == delivery.c[name] for name in ("incident_key", "integration", "alert", "level"))
    query = (
        select(*(delivery.c[name] for name in ("id", "incident_key", "integration", "alert", "level", "about")))
        .join_from(delivery, error, and_(*same))
        .where(
            error.c.id.in_(error_ids),
            error.c.type == "error",
            error.c.state.in_(("failed", "skipped")),
            delivery.c.type == "ok",
            delivery.c.state == "pending",
            ~delivery.c.resent,
        )
    )
    oks = [dict(row) for row in (await connection.execute(query)).mappings()]
    return bool(await _skip_unheard(connection, [row for row in oks if _ends(row)], now))


async def skip_late_reminders(connection: AsyncConnection, ids: Collection[str], now: datetime) -> bool:
    """Skip those of these deliveries that are pending reminders of incidents that are over."""
    return bool(ids) and await _skip_late(connection, delivery.c.id.in_(ids), now)


async def skip_acknowledged(connection: AsyncConnection, narrowed: ColumnElement[bool], now: datetime) -> bool:
    """Skip the pending reminders among these deliveries whose incident is acknowledged; returns whether there were any."""
    known = select(acknowledgement.c.number).where(acknowledgement.c.incident_key == delivery.c.incident_key).exists()
    done = await connection.execute(_skipped(ACKNOWLEDGED, now).where(narrowed, known, *_PENDING_REMINDER))
    return done.rowcount > 0


async def skip_reminders_of(connection: AsyncConnection, incident_keys: Collection[str], now: datetime) -> None:
    """Skip the pending reminders of incidents that are over."""
    await _skip_late(connection, delivery.c.incident_key.in_(incident_keys), now)


async def _skip_late(connection: AsyncConnection, narrowed: ColumnElement[bool], now: datetime) -> bool:
    done = await connection.execute(_skipped(INCIDENT_OVER, now).where(narrowed, _OVER, *_PENDING_REMINDER))
    return done.rowcount > 0


def _ends(row: Row) -> bool:
    """Whether an Ok ends what an Error to the same integration began; one that stands in for another's Ok needs none."""
    return row["about"] is None or "ends" in row["about"]


async def _skip_over(connection: AsyncConnection, errors: Sequence[Row], now: datetime) -> bool:
    """Skip those of these Errors whose incident is over and of which nothing has left; returns whether there were any."""
    if not errors:
        return False
    left = select(attempt.c.number).where(attempt.c.delivery_id == delivery.c.id, _REACHED).exists()
    which = (delivery.c.id.in_([row["id"] for row in errors]), delivery.c.state == "pending", _OVER, ~left)
    done = await connection.execute(_skipped(OVER_BEFORE_IT_LEFT, now).where(*which))
    return done.rowcount > 0


async def _skip_unheard(connection: AsyncConnection, oks: Sequence[dict[str, Any]], now: datetime) -> set[str]:
    """Skip the Ok deliveries of whose incident nothing reached the receiver, and say what became of the Error.

    Of those that are sent although their Error was not delivered, it is written down what had arrived.
    """
    if not oks:
        return set()
    who = ("incident_key", "integration", "alert", "level")
    columns = (*who, "id", "type", "state", "outcome", "last_failure")
    query = select(*(delivery.c[name] for name in columns)).where(
        delivery.c.incident_key.in_({row["incident_key"] for row in oks}), delivery.c.type != "ok"
    )
    earlier: dict[tuple[Any, ...], list[Row]] = {}
    for found in (await connection.execute(query)).mappings():
        earlier.setdefault(tuple(found[name] for name in who), []).append(dict(found))
    unheard: set[str] = set()
    for row in oks:
        before = earlier.get(tuple(row[name] for name in who), [])
        if any(each["type"] == "error" and each["state"] == "delivered" for each in before):
            continue
        remarks = [_fate(each) for each in before if each["type"] == "error"]
        reached = await _reached(connection, before)
        if reached:
            remarks.append(f"sent all the same: {reached}")
            row["remarks"] = remarks
            await connection.execute(update(delivery).where(delivery.c.id == row["id"]).values(remarks=remarks))
        else:
            unheard.add(row["id"])
            skipped = _skipped(ERROR_NEVER_ARRIVED, now).where(delivery.c.id == row["id"])
            await connection.execute(skipped.values(remarks=remarks or None))
    return unheard


async def _reached(connection: AsyncConnection, before: Sequence[Row]) -> str | None:
    """Say what of these deliveries reached the receiver; None: nothing."""
    for each in before:
        if each["state"] == "delivered":
            return "a Reminder had arrived"
        query = select(attempt.c.number).where(attempt.c.delivery_id == each["id"], _REACHED).limit(1)
        if await connection.scalar(query) is not None:
            return f"a request of its {each['type'].title()} had arrived"
    return None


def _fate(error: Row) -> str:
    what = error["outcome"] or "not sent"
    why = "; ".join(error["last_failure"] or ())
    return f"its Error was not delivered ({what.replace('_', ' ')}{': ' if why else ''}{why})"


def _skipped(why: str, now: datetime) -> Any:
    return update(delivery).values(state="skipped", finished_at=now, last_failure=[why])


_OVER = select(incident.c.key).where(incident.c.key == delivery.c.incident_key, incident.c.state == "closed").exists()
_REACHED = attempt.c.purpose.is_(None) & (attempt.c.succeeded | (attempt.c.outcome == "unclear"))
_PENDING_REMINDER = (delivery.c.type == "reminder", delivery.c.state == "pending", ~delivery.c.resent)
