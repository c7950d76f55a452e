"""Finding what can't be delivered, and writing down that it was told, and that it is over.

A problem and the messages that tell it are written in one transaction. Those messages say what they are about in a column
of theirs; what becomes of them makes no further message.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, and_, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.store.database.rows import Row, insert
from tocsin_dispatcher.store.database.tables import PENDING, alert, delivery, document, problem
from tocsin_dispatcher.store.problems.about import OF_MESSAGES, OF_RECEIVERS, About
from tocsin_schema.api.problems import ProblemKind
from tocsin_schema.models import MessageType


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A message that can't be delivered, or that waits for a receiver that takes nothing."""

    id: str
    incident_key: str
    alert_guid: str
    owner: str
    integration: str
    type: MessageType
    alert: str
    level: int
    state: str
    last_failure: Sequence[str]
    outcome: str | None
    finished_at: datetime | None
    fallback: str | None
    """The fallback that its integration named when it was made."""
    about: About | None


@dataclass(frozen=True, slots=True)
class OpenProblem:
    """A problem of a receiver that isn't over, or one that was told as an Error and awaits its Ok."""

    id: str
    kind: ProblemKind
    integration: str
    reason: str
    since: datetime
    told: Sequence[str]
    message: Undelivered
    """The one that it began with."""


@dataclass(frozen=True, slots=True)
class Found:
    """A problem that is new."""

    id: str
    kind: ProblemKind
    message: Undelivered
    reason: str
    since: datetime
    told: Sequence[str] = ()


async def problems_so_far(
    connection: AsyncConnection, messages: Sequence[Undelivered], kinds: Collection[ProblemKind]
) -> Counter[str]:
    """Return how many problems of some kinds each message has had by its id, those that are over included."""
    query = select(problem.c.delivery_id, func.count()).group_by(problem.c.delivery_id)
    which = (
        problem.c.incident_key.in_({each.incident_key for each in messages}),
        problem.c.delivery_id.in_([each.id for each in messages]),
        problem.c.kind.in_(kinds),
    )
    return Counter(dict((await connection.execute(query.where(*which))).all()))


async def add_problems(connection: AsyncConnection, found: Sequence[Found], now: datetime) -> None:
    """Write problems down."""
    await insert(connection, problem, [_row(each, now) for each in found])


async def given_up(connection: AsyncConnection, delivery_ids: Sequence[str]) -> list[Undelivered]:
    """Return those of the deliveries that are given up and of which no problem is open yet, oldest first."""
    known = select(problem.c.number).where(
        problem.c.delivery_id == delivery.c.id, problem.c.resolved_at.is_(None), problem.c.kind.in_(OF_MESSAGES)
    )
    query = _undelivered().where(delivery.c.id.in_(delivery_ids), delivery.c.state == "failed", ~known.exists())
    return [_message(row) for row in (await connection.execute(query.order_by(delivery.c.number))).mappings()]


async def oldest_waiting(
    connection: AsyncConnection, integration: str, before: datetime
) -> tuple[Undelivered, int] | None:
    """Return the message that has waited longest for an integration, and how many have since `before`; None: none has.

    Messages about other problems are left out: they never make a further one.
    """
    waits = and_(
        delivery.c.integration == integration,
        delivery.c.state == PENDING,
        delivery.c.about.is_(None),
        delivery.c.begun_at <= before,
    )
    row = (
        (await connection.execute(_undelivered().where(waits).order_by(delivery.c.number).limit(1))).mappings().first()
    )
    if row is None:
        return None
    count = await connection.scalar(select(func.count()).select_from(delivery).where(waits))
    return _message(row), count or 0


async def any_unsettled(connection: AsyncConnection) -> bool:
    """Tell whether any problem is open, or awaits an Ok."""
    for which in (problem.c.resolved_at.is_(None), problem.c.awaits_ok):  # one by one: each has its index
        if await connection.scalar(select(problem.c.number).where(which).limit(1)) is not None:
            return True
    return False


async def open_receivers(connection: AsyncConnection) -> dict[str, OpenProblem]:
    """Return the open problem of each receiver that has one, by integration; nobody else changes them meanwhile."""
    of_receivers = problem.c.kind.in_(OF_RECEIVERS)
    query = _open_problems().where(problem.c.resolved_at.is_(None), of_receivers).with_for_update(of=problem)
    return {row["problem_integration"]: _open(row) for row in (await connection.execute(query)).mappings()}


async def ended_oks(connection: AsyncConnection, limit: int) -> list[tuple[OpenProblem, str]]:
    """Return the problems whose incident is over, as their own receiver was told or never will be, with that Ok alert's guid.

    They were told as an Error, and await an Ok. An Ok that is still on its way is waited for: it may be given up, and
    is then told as that.
    """
    ok = alert.alias("ok_alert")
    own = delivery.alias("own_ok")
    on_its_way = select(own.c.number).where(
        own.c.alert_guid == ok.c.guid,
        own.c.integration == problem.c.integration,
        own.c.about.is_(None),
        own.c.state.in_(("pending", "sending", "suppressed")),
    )
    query = (
        _open_problems()
        .add_columns(ok.c.guid.label("ok_guid"))
        .join(
            ok,
            and_(
                ok.c.incident_key == delivery.c.incident_key,
                ok.c.alert == delivery.c.alert,
                ok.c.level == delivery.c.level,
                ok.c.type == "ok",
            ),
        )
        .where(problem.c.awaits_ok, problem.c.kind.in_(OF_MESSAGES), ~on_its_way.exists())
        .order_by(problem.c.number)
        .limit(limit)
        .with_for_update(of=problem, skip_locked=True)
    )
    return [(_open(row), row["ok_guid"]) for row in (await connection.execute(query)).mappings()]


async def set_told_ok(connection: AsyncConnection, problem_ids: Sequence[str]) -> None:
    """Write down that these problems await no Ok any more."""
    await connection.execute(update(problem).where(problem.c.id.in_(problem_ids)).values(awaits_ok=False))


async def forget_oks_of_given_up(connection: AsyncConnection, oks: Sequence[Undelivered]) -> None:
    """Let no problem await an Ok any more that is itself given up: it is told as that."""
    for each in oks:
        same = select(delivery.c.id).where(
            delivery.c.incident_key == each.incident_key,
            delivery.c.integration == each.integration,
            delivery.c.alert == each.alert,
            delivery.c.level == each.level,
        )
        which = (problem.c.awaits_ok, problem.c.incident_key == each.incident_key, problem.c.delivery_id.in_(same))
        await connection.execute(update(problem).where(*which).values(awaits_ok=False))


async def resolve_delivered(connection: AsyncConnection, now: datetime) -> int:
    """Resolve the problems of messages that have been delivered after all; returns how many."""
    arrived = select(delivery.c.id).where(delivery.c.id == problem.c.delivery_id, delivery.c.state == "delivered")
    which = (problem.c.resolved_at.is_(None), problem.c.kind.in_(OF_MESSAGES), arrived.exists())
    done = await connection.execute(update(problem).where(*which).values(resolved_at=now))
    return done.rowcount


async def resolve(connection: AsyncConnection, problem_id: str, now: datetime, by: str | None = None) -> bool:
    """Write down that a problem is over, or that somebody says so. False: it was over."""
    which = (problem.c.id == problem_id, problem.c.resolved_at.is_(None))
    done = await connection.execute(update(problem).where(*which).values(resolved_at=now, resolved_by=by))
    return done.rowcount > 0


async def restate(connection: AsyncConnection, problem_id: str, kind: ProblemKind, reason: str) -> None:
    """Change what a problem that isn't over is."""
    await connection.execute(update(problem).where(problem.c.id == problem_id).values(kind=kind, reason=reason))


_MESSAGE = ("id", "incident_key", "alert_guid", "owner", "integration", "type", "alert", "level", "state", "outcome")


def _undelivered() -> Select[Any]:
    columns = (delivery.c[name] for name in (*_MESSAGE, "last_failure", "finished_at", "about"))
    return select(*columns, document.c.content.label("document")).join_from(
        delivery, document, document.c.digest == delivery.c.digest
    )


def _open_problems() -> Select[Any]:
    own = (
        problem.c[name].label(f"problem_{name}") for name in ("id", "kind", "integration", "reason", "since", "told")
    )
    return _undelivered().join(problem, problem.c.delivery_id == delivery.c.id).add_columns(*own)


def _message(row: RowMapping) -> Undelivered:
    return Undelivered(
        **{name: row[name] for name in _MESSAGE},
        last_failure=tuple(row["last_failure"] or ()),
        finished_at=row["finished_at"],
        fallback=row["document"].get("fallback"),
        about=row["about"],
    )


def _open(row: RowMapping) -> OpenProblem:
    return OpenProblem(
        **{name: row[f"problem_{name}"] for name in ("id", "kind", "integration", "reason", "since", "told")},
        message=_message(row),
    )


def _row(found: Found, now: datetime) -> Row:
    begins = found.message.type != "ok" and found.kind in OF_MESSAGES  # a receiver's trouble ends with the problem
    return {
        "id": found.id,
        "kind": found.kind,
        "owner": found.message.owner,
        "integration": found.message.integration,
        "reason": found.reason,
        "since": found.since,
        "at": now,
        "told": list(found.told),
        "awaits_ok": bool(found.told) and begins,
        "delivery_id": found.message.id,
        "incident_key": found.message.incident_key,
    }
