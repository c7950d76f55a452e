"""The audit: who did what, when and from where, and how it ended.

It is written before the deed. What is done in one transaction begins and ends in it; what takes longer, or reaches
beyond the database, is begun in one of its own, so that a deed which was broken off stands there, without an end.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import structlog
from pydantic import JsonValue
from sqlalchemy import insert, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.errors import DispatcherError
from tocsin_dispatcher.store.database.database import Database, reason
from tocsin_dispatcher.store.database.tables import audit
from tocsin_dispatcher.store.origin import origin
from tocsin_schema.api.audit import DeedOutcome

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that was done."""

    number: int
    at: datetime
    by: str
    """Name of the token, or the command line."""
    origin: str | None
    """Address that it came from, or the command line; None for what older versions wrote."""
    action: str
    details: dict[str, JsonValue]
    """What was asked for."""
    outcome: DeedOutcome | None
    """None: it is under way, or was broken off."""
    ended_at: datetime | None
    result: dict[str, JsonValue] | None
    """What came of it."""


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which deeds to give; None for any."""

    by: str | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    """Up to this moment, without it."""
    before: int | None = None
    """Numbers below this one: where the page before ended."""


async def begin_deed(
    connection: AsyncConnection, now: datetime, by: str, action: str, details: Mapping[str, JsonValue]
) -> int:
    """Write down who is about to do what, and from where; returns the number of the deed."""
    row = {"at": now, "by": by, "origin": origin.get(), "action": action, "details": dict(details)}
    number: int = (await connection.execute(insert(audit).returning(audit.c.number), [row])).scalar_one()
    return number


async def end_deed(
    connection: AsyncConnection,
    number: int,
    now: datetime,
    outcome: DeedOutcome = "done",
    result: Mapping[str, JsonValue] | None = None,
) -> None:
    """Write down how a deed ended, and what came of it."""
    ended = update(audit).where(audit.c.number == number)
    await connection.execute(ended.values(outcome=outcome, ended_at=now, result=dict(result or {})))


async def write_audit(
    connection: AsyncConnection, now: datetime, by: str, action: str, details: Mapping[str, JsonValue]
) -> None:
    """Write down a deed that is done by this transaction."""
    await end_deed(connection, await begin_deed(connection, now, by, action, details), now)


async def note_progress(connection: AsyncConnection, number: int, result: Mapping[str, JsonValue]) -> None:
    """Write down what a deed that is under way has brought so far."""
    await connection.execute(update(audit).where(audit.c.number == number).values(result=dict(result)))


@dataclass(slots=True)
class LongDeed:
    """A deed that takes more than one transaction."""

    number: int
    result: dict[str, JsonValue]
    """What comes of it: written down at its end."""


@asynccontextmanager
async def long_deed(
    database: Database, now: Callable[[], datetime], by: str, action: str, details: Mapping[str, JsonValue]
) -> AsyncIterator[LongDeed]:
    """Write a deed down before it is done, and its end after it: failed, where it raises.

    That it has ended can't be written where the database fails meanwhile: then it stands there as one that was broken
    off, and what came of it is answered all the same.
    """
    async with database.write() as connection:
        deed = LongDeed(await begin_deed(connection, now(), by, action, details), {})
    outcome: DeedOutcome = "failed"
    try:
        yield deed
        outcome = "done"
    except asyncio.CancelledError:
        raise  # there is no time left: it was broken off
    except DispatcherError as error:
        deed.result["reason"] = str(error)
        await _end(database, deed, now(), outcome)
        raise
    except Exception as error:
        deed.result["reason"] = type(error).__name__  # its text may hold a secret
        await _end(database, deed, now(), outcome)
        raise
    await _end(database, deed, now(), outcome)


async def _end(database: Database, deed: LongDeed, now: datetime, outcome: DeedOutcome) -> None:
    try:
        async with database.write() as connection:
            await end_deed(connection, deed.number, now, outcome, deed.result)
    except SQLAlchemyError as error:
        log.error("the end of a deed could not be written to the audit", deed=deed.number, reason=reason(error))


async def deeds(connection: AsyncConnection, wanted: AuditFilter, limit: int) -> list[Deed]:
    """Return what was done, newest first."""
    query = select(*(audit.c[name] for name in Deed.__slots__)).order_by(audit.c.number.desc()).limit(limit)
    conditions = [
        audit.c.by == wanted.by if wanted.by is not None else None,
        audit.c.action == wanted.action if wanted.action is not None else None,
        audit.c["at"] >= wanted.since if wanted.since is not None else None,
        audit.c["at"] < wanted.until if wanted.until is not None else None,
        audit.c.number < wanted.before if wanted.before is not None else None,
    ]
    query = query.where(*(each for each in conditions if each is not None))
    return [Deed(*row) for row in await connection.execute(query)]
