"""The audit: who did what, when and from where."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.store.database.tables import audit
from tocsin_dispatcher.store.origin import origin


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


async def write_audit(
    connection: AsyncConnection, now: datetime, by: str, action: str, details: Mapping[str, JsonValue]
) -> None:
    """Write down who did what, and from where."""
    row = {"at": now, "by": by, "origin": origin.get(), "action": action, "details": dict(details)}
    await connection.execute(insert(audit), [row])


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
