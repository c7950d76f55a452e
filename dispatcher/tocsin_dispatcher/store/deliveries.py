"""The queue of deliveries: claimed in batches, written back in batches."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

from pydantic import JsonValue
from sqlalchemy import ColumnElement, and_, bindparam, func, or_, select, true
from sqlalchemy import update as updated
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.store.database.rows import Row, insert, update, upsert
from tocsin_dispatcher.store.database.tables import (
    PENDING,
    SENDING,
    alert,
    attempt,
    delivery,
    document,
    kept_capture,
    process,
)
from tocsin_dispatcher.store.problems.about import About
from tocsin_dispatcher.store.skips import skip_late_reminders
from tocsin_schema.api.deliveries import DeliveryState
from tocsin_schema.messages.outcomes import OutcomeKind
from tocsin_schema.messages.values import undelivered_values

UNFINISHED = ("pending", "sending")

AFRESH: Mapping[str, Any] = {
    "state": "pending",
    "step": 0,
    "step_attempts": 0,
    "attempts": 0,
    "outcome": None,
    "refusals": 0,
    "remarks": None,
    "renewed": False,
    "urgent": False,
    "captured": {},
}
"""How a delivery begins, and begins again; `begun_at` is the moment."""

LEASE = timedelta(minutes=45)
"""How long a claimed delivery may stay unanswered before it is taken up again.

Of 550 that are claimed, 50 at a time may take two minutes each, and what is needed for a token.

What a process that is gone has claimed is taken up sooner: see `store.processes`.
"""


class Claimed(NamedTuple):
    """A delivery that is ours to send, with all that its messages are rendered from."""

    id: str
    incident_key: str
    integration: str
    digest: str
    type: Literal["error", "reminder", "ok"]
    alert: str
    level: int
    variables: Mapping[str, str]
    culture: str
    rendered_at: datetime
    seed: str
    step: int
    step_attempts: int
    attempts: int
    outcome: OutcomeKind | None
    refusals: int
    remarks: Sequence[str] | None
    renewed: bool
    captured: Mapping[str, str]
    created_at: datetime
    begun_at: datetime
    values: Mapping[str, Mapping[str, str]]
    document: Mapping[str, JsonValue]
    kept: Mapping[str, str]
    """Values that earlier messages of the incident keep for this one."""


class AttemptMade(NamedTuple):
    """One request made, or one that couldn't be: what may be shown of it."""

    step: int
    at: datetime
    outcome: OutcomeKind
    purpose: Literal["token", "redirect"] | None
    """What it was made for on the way to the step's own request; None: it is that one."""
    request: JsonValue
    response: JsonValue
    failures: tuple[str, ...]
    timings: JsonValue = None
    """How long its phases took; None where nothing was sent."""


class Progress(NamedTuple):
    """Where a delivery stands after its turn."""

    id: str
    state: DeliveryState
    step: int
    step_attempts: int
    attempts: int
    captured: Mapping[str, str]
    due_at: datetime
    finished_at: datetime | None
    last_failure: JsonValue
    outcome: OutcomeKind | None
    """What came of its last attempt."""
    refusals: int
    remarks: tuple[str, ...]
    renewed: bool
    begun_at: datetime
    attempt: AttemptMade | None = None
    before: tuple[AttemptMade, ...] = ()
    """Requests that were made on the way to it."""
    counts: bool = True
    """Whether the attempt tells how the receiver fares: where its step may fail, only the message's end does."""
    hold: timedelta | None = None
    """How long the receiver asks to be left alone."""
    kept: tuple[Mapping[str, Any], ...] = ()
    """Rows of `kept_capture`."""


_WHO = ("incident_key", "integration", "alert", "level")
_CLAIMED = Claimed._fields[: Claimed._fields.index("values")]


def earlier_unfinished() -> ColumnElement[bool]:
    """Tell whether an earlier delivery of the same incident and integration comes first.

    Looks at the incident's own deliveries, which are few. PostgreSQL would otherwise take an index by integration and state, and go through the whole backlog for each
    delivery, as long as its statistics are those of a small table.
    """
    earlier = delivery.alias("earlier")
    return (
        select(earlier.c.number)
        .where(
            earlier.c.incident_key == delivery.c.incident_key,
            earlier.c.integration.concat("") == delivery.c.integration,
            earlier.c.state.concat("").in_(UNFINISHED),
            earlier.c.number + 0 < delivery.c.number,
        )
        .correlate(delivery)
        .exists()
    )


_DUE = (
    select(
        *(delivery.c[name] for name in (*_CLAIMED, "alert_guid", "resent", "about")),
        alert.c["values"],
    )
    .join_from(delivery, alert, alert.c.guid == delivery.c.alert_guid)
    .where(
        delivery.c.integration == bindparam("integration"),
        delivery.c.state == PENDING,
        delivery.c.due_at <= bindparam("now"),
        ~earlier_unfinished(),
    )
    .order_by(delivery.c.number)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True, of=delivery)
)
"""What of an integration is to be sent, built once: building it took longer than the database takes to answer it."""
_URGENT = _DUE.where(delivery.c.urgent)
_TRIED = _DUE.order_by(None).order_by(delivery.c.attempts, delivery.c.number)


async def find_due(connection: AsyncConnection, integration: str, now: datetime, limit: int) -> list[dict[str, Any]]:
    """Return due deliveries of an integration, in order of creation, one at most of each incident.

    Nobody else finds them until the transaction ends.
    """
    return await _found(connection, _DUE, integration, now, limit)


async def find_tried(connection: AsyncConnection, integration: str, now: datetime, limit: int) -> list[dict[str, Any]]:
    """Return those to try a receiver with that is thought to be down: first what has failed least often.

    That may be the fault of a message alone, or of its level's room or credentials, which must not hold up all others.
    """
    return await _found(connection, _TRIED, integration, now, limit)


async def find_urgent(connection: AsyncConnection, integration: str, now: datetime, limit: int) -> list[dict[str, Any]]:
    """Return those that are urgent, as `find_due` does: an operator wants them tried now, or they are being tried."""
    return await _found(connection, _URGENT, integration, now, limit)


async def _found(
    connection: AsyncConnection, query: Any, integration: str, now: datetime, limit: int
) -> list[dict[str, Any]]:
    if limit < 1:
        return []
    result = await connection.execute(query, {"integration": integration, "now": now, "most": limit})
    columns = tuple(result.keys())
    return [dict(zip(columns, row, strict=True)) for row in result]


async def claim(connection: AsyncConnection, due: Sequence[Row], now: datetime, process_id: str) -> list[Claimed]:
    """Take due deliveries for a process, with all that their messages are rendered from."""
    rows = await _without_overtaking(connection, due)
    if rows:
        ids = [row["id"] for row in rows]
        claimed = updated(delivery).where(delivery.c.id.in_(ids))
        taken = {"state": "sending", "urgent": False, "lease_until": now + LEASE, "process": process_id}
        await connection.execute(claimed.values(**taken))
    return await _complete(connection, rows)


async def _without_overtaking(connection: AsyncConnection, rows: Sequence[Row]) -> Sequence[Row]:
    """Leave out Reminders whose Error is to be sent first after all.

    Held back by a silence, it was nothing to wait for when the Reminder was found to be due; the silence may have
    ended since, in another transaction. Asked after it was looked whether the Error is held, so one of the two is seen.
    """
    reminders = [row["id"] for row in rows if row["type"] == "reminder"]
    if not reminders:
        return rows
    query = select(delivery.c.id).where(delivery.c.id.in_(reminders), earlier_unfinished())
    behind = set(await connection.scalars(query))
    return [row for row in rows if row["id"] not in behind]


async def record(connection: AsyncConnection, progress: Sequence[Progress], now: datetime, process_id: str) -> None:
    """Write back where deliveries claimed by a process stand, their attempts and kept captures.

    One that was taken from it meanwhile, as it seemed to be gone, keeps the state that the other gives it.
    """
    if not progress:
        return
    await update(connection, delivery, [_standing(each) for each in progress], key="id", only={"process": process_id})
    made = [(each.id, one) for each in progress if each.attempt for one in (*each.before, each.attempt)]
    await insert(connection, attempt, [_attempt_row(*each) for each in made])
    await upsert(connection, kept_capture, [row for each in progress for row in each.kept])
    await skip_late_reminders(connection, [each.id for each in progress if each.state == "pending"], now)
    refused = [each.id for each in progress if each.state == "pending" and each.outcome == "refused"]
    if refused:
        await hasten_refused(connection, delivery.c.id.in_(refused), now)


async def hasten_refused(connection: AsyncConnection, narrowed: ColumnElement[bool], now: datetime) -> None:
    """Have those of these deliveries tried for the last time now that were refused and an Ok waits for."""
    ok = delivery.alias("ok")
    waits = (
        select(ok.c.number)
        .where(
            ok.c.incident_key == delivery.c.incident_key,
            ok.c.integration.concat("") == delivery.c.integration,
            ok.c.type == "ok",
            ok.c.state.concat("").in_(UNFINISHED),
            ok.c.number + 0 > delivery.c.number,
        )
        .correlate(delivery)
        .exists()
    )
    refused = (delivery.c.state == PENDING, delivery.c.outcome == "refused", delivery.c.due_at > now)
    await connection.execute(updated(delivery).where(narrowed, *refused, waits).values(due_at=now))


async def old_messages(
    connection: AsyncConnection,
    age: timedelta,
    now: datetime,
    trusted: datetime,
    limit: int,
    *,
    only: str | None = None,
    without: Collection[str] = (),
) -> list[Row]:
    """Return messages that wait and are of an age, the oldest: of one integration `only`, or of all but some.

    Those from before a leap of the clock grow old as the time that may be `trusted` goes on. Of an incident the earliest: what becomes of the others depends on what became of that one.
    """
    whose = delivery.c.integration == only if only is not None else delivery.c.integration.not_in(without)
    columns = (delivery.c.id, delivery.c.integration, delivery.c.outcome, delivery.c.last_failure)
    old = or_(
        delivery.c.begun_at <= trusted - age,
        and_(delivery.c.begun_at > trusted, delivery.c.begun_at <= now - age),
    )
    query = select(*columns).where(delivery.c.state == PENDING, old, whose, ~earlier_unfinished())
    query = query.order_by(delivery.c.number).limit(limit)
    rows = await connection.execute(query.with_for_update(skip_locked=True, of=delivery))
    return [dict(row) for row in rows.mappings()]


async def give_up(connection: AsyncConnection, messages: Sequence[Row], why: str, now: datetime) -> None:
    """Give up messages that wait; `why` goes behind what went wrong last."""
    rows = [
        {
            "id": row["id"],
            "state": "failed",
            "finished_at": now,
            "urgent": False,
            "last_failure": [*(row["last_failure"] or ()), why],
        }
        for row in messages
    ]
    await update(connection, delivery, rows, key="id")


async def release(connection: AsyncConnection, process_id: str | None = None) -> None:
    """Give claimed deliveries back: those of a process, or all."""
    await _release(connection, delivery.c.process == process_id if process_id is not None else true())


async def release_some(connection: AsyncConnection, ids: Collection[str]) -> None:
    """Give claimed deliveries back that were not begun."""
    if ids:
        await _release(connection, delivery.c.id.in_(ids))


async def release_late(connection: AsyncConnection, now: datetime) -> None:
    """Give back claimed deliveries whose lease has run out."""
    await _release(connection, delivery.c.lease_until <= now)


async def release_orphans(connection: AsyncConnection, process_id: str, now: datetime) -> None:
    """Give back what processes have claimed that live no more; `process_id` does, whatever it says."""
    lives = select(process.c.id).where(process.c.id == delivery.c.process, process.c.lives_until > now).exists()
    await _release(connection, ~lives & delivery.c.process.is_distinct_from(process_id))


async def _release(connection: AsyncConnection, which: ColumnElement[bool]) -> None:
    freed = updated(delivery).where(delivery.c.state == SENDING, which)
    await connection.execute(freed.values(state="pending", lease_until=None, process=None))


async def integrations_due(connection: AsyncConnection, now: datetime, *, without: Collection[str] = ()) -> set[str]:
    """Return the integrations that have something to send now, those of `without` left out."""
    query = (
        select(delivery.c.integration)
        .where(
            delivery.c.state == PENDING,
            delivery.c.due_at <= now,
            delivery.c.integration.not_in(without),
            ~earlier_unfinished(),
        )
        .distinct()
    )
    return set(await connection.scalars(query))


async def integrations_urged(connection: AsyncConnection, now: datetime) -> set[str]:
    """Return the integrations that have something to send now whatever holds them."""
    query = select(delivery.c.integration).where(
        delivery.c.urgent, delivery.c.state == PENDING, delivery.c.due_at <= now, ~earlier_unfinished()
    )
    return set(await connection.scalars(query.distinct()))


async def urge(connection: AsyncConnection, ids: Collection[str]) -> None:
    """Have deliveries sent when they are due, whatever holds their integration."""
    if ids:
        await connection.execute(updated(delivery).where(delivery.c.id.in_(ids)).values(urgent=True))


async def next_due(connection: AsyncConnection, now: datetime) -> datetime | None:
    """Return the next moment after `now` at which a delivery falls due or a lease runs out."""
    due: datetime | None = await connection.scalar(
        select(func.min(delivery.c.due_at)).where(delivery.c.state == PENDING, delivery.c.due_at > now)
    )
    lease: datetime | None = await connection.scalar(
        select(func.min(delivery.c.lease_until)).where(delivery.c.state == SENDING)
    )
    return min((moment for moment in (due, lease) if moment is not None), default=None)


async def _complete(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> list[Claimed]:
    """Add documents and kept captures, one query each."""
    if not rows:
        return []
    documents = await connection.execute(
        select(document.c.digest, document.c.content).where(document.c.digest.in_({row["digest"] for row in rows}))
    )
    by_digest = dict(documents.all())
    incidents = {row["incident_key"] for row in rows}
    captures = await connection.execute(
        select(*(kept_capture.c[name] for name in (*_WHO, "name", "value"))).where(
            kept_capture.c.incident_key.in_(incidents)
        )
    )
    kept: dict[tuple[Any, ...], dict[str, str]] = {}
    for *who, name, value in captures:
        kept.setdefault(tuple(who), {})[name] = value
    return [
        Claimed(
            **{name: row[name] for name in _CLAIMED},
            values=row["values"],
            document=by_digest[row["digest"]],
            kept=kept.get(tuple(row[name] for name in _WHO), {}) if kept else {},
        )
        for row in map(_speaking, rows)
    ]


def _speaking(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the row of a message about another with what it says of that one, any other as it is.

    What its responses give is kept apart from what the integration's own message of the level keeps.
    """
    about: About | None = row["about"]
    if about is None:
        return row
    said = {**about.get("values", {}), **undelivered_values(about["integration"], about["reason"])}
    values = {**row["values"], "system": {**row["values"]["system"], **said}}
    return {**row, "alert": about["integration"], "values": values}


def _standing(progress: Progress) -> dict[str, Any]:
    return {
        "id": progress.id,
        "state": progress.state,
        "step": progress.step,
        "step_attempts": progress.step_attempts,
        "attempts": progress.attempts,
        "outcome": progress.outcome,
        "refusals": progress.refusals,
        "remarks": list(progress.remarks) or None,
        "renewed": progress.renewed,
        "captured": dict(progress.captured),
        "due_at": progress.due_at,
        "finished_at": progress.finished_at,
        "last_failure": progress.last_failure,
        "lease_until": None,
        "process": None,
    }


def _attempt_row(delivery_id: str, made: AttemptMade) -> dict[str, Any]:
    return {
        "delivery_id": delivery_id,
        "step": made.step,
        "at": made.at,
        "succeeded": made.outcome == "delivered",
        "outcome": made.outcome,
        "purpose": made.purpose,
        "request": made.request,
        "response": made.response,
        "failures": list(made.failures),
        "timings": made.timings,
    }


async def resend(connection: AsyncConnection, delivery_id: str, now: datetime) -> bool:
    """Have a delivery sent now: a finished one from its first step on, one that waits at once, whatever holds it.

    Raises LookupError without one. Gives False for one that is being sent at this moment.
    """
    state = await connection.scalar(select(delivery.c.state).where(delivery.c.id == delivery_id).with_for_update())
    if state is None:
        raise LookupError(delivery_id)
    if state == "sending":
        return False
    again = {} if state == "pending" else {**AFRESH, "resent": True, "begun_at": now, "finished_at": None}
    await connection.execute(
        updated(delivery).where(delivery.c.id == delivery_id).values(**{**again, "urgent": True, "due_at": now})
    )
    return True
