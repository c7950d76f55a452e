"""Revisions and the definitions that each of them holds."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import JsonValue
from sqlalchemy import ColumnElement, and_, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.store.tables import definition, document, revision
from tocsin_dispatcher.store.upsert import insert_missing
from tocsin_schema.canonical import digest
from tocsin_schema.plan import Change, Live, LiveEntry


@dataclass(frozen=True, slots=True)
class StoredDefinition:
    """A live definition with the digest of its document."""

    owner: str
    kind: str
    name: str
    digest: str
    document: dict[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Revision:
    """One push that changed something."""

    number: int
    owner: str
    at: datetime
    by: str
    source: dict[str, JsonValue]
    created: int
    updated: int
    deleted: int


async def current_revision(connection: AsyncConnection) -> int:
    """Give the number of the last revision, 0 before the first."""
    return (await connection.scalar(select(func.max(revision.c.number)))) or 0


async def live_definitions(connection: AsyncConnection, owner: str | None = None) -> list[StoredDefinition]:
    """Give what is live, of one project or of all, by kind and name."""
    return await stored_definitions(connection, definition.c.until.is_(None), owner)


async def stored_definitions(
    connection: AsyncConnection, which: ColumnElement[bool], owner: str | None = None
) -> list[StoredDefinition]:
    """Give the definitions of rows that `which` picks, of one project or of all, by kind and name."""
    query = (
        select(definition.c.owner, definition.c.kind, definition.c.name, definition.c.digest, document.c.content)
        .join_from(definition, document)
        .where(which)
        .order_by(definition.c.kind, definition.c.name)
    )
    if owner is not None:
        query = query.where(definition.c.owner == owner)
    return [StoredDefinition(*row) for row in await connection.execute(query)]


async def live(connection: AsyncConnection, owner: str | None = None) -> Live:
    """Give what is live as a plan compares it."""
    entries = tuple(LiveEntry(each.owner, each.document) for each in await live_definitions(connection, owner))
    return Live(await current_revision(connection), entries)


async def add_revision(connection: AsyncConnection, made: Revision, changes: Iterable[Change]) -> None:
    """Write a revision and the changes that make it."""
    changes = list(changes)
    await connection.execute(insert(revision), [{name: getattr(made, name) for name in Revision.__slots__}])
    for change in changes:
        if change.before is not None:
            await connection.execute(
                update(definition)
                .where(
                    and_(
                        definition.c.kind == change.identity.kind,
                        definition.c.name == change.identity.name,
                        definition.c.until.is_(None),
                    )
                )
                .values(until=made.number)
            )
    written = [(change.identity, dict(change.after)) for change in changes if change.after is not None]
    digests = [digest(content) for _, content in written]
    await insert_missing(
        connection,
        document,
        [{"digest": each, "content": content} for each, (_, content) in zip(digests, written, strict=True)],
    )
    rows: list[Mapping[str, Any]] = [
        {
            "owner": made.owner,
            "kind": identity.kind,
            "name": identity.name,
            "since": made.number,
            "until": None,
            "digest": each,
        }
        for each, (identity, _) in zip(digests, written, strict=True)
    ]
    if rows:
        await connection.execute(insert(definition), rows)
