"""Revisions and the definitions that each of them holds."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import JsonValue
from sqlalchemy import ColumnElement, and_, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.store.database.rows import insert_missing
from tocsin_dispatcher.store.database.tables import definition, document, revision
from tocsin_schema.models.canonical import digest
from tocsin_schema.plan.changes import Change, Identity, Live, LiveEntry, set_digest


@dataclass(frozen=True, slots=True)
class StoredDefinition:
    """A live definition with the digest of its document."""

    owner: str
    kind: str
    name: str
    digest: str
    document: dict[str, JsonValue]
    since: int
    former_owner: str | None


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
    push_key: str | None = None
    """What the push was sent under: sent again, it is the same push."""
    adopted: list[tuple[str, str, str]] | None = None
    """Kind, name and former project of what was taken from other projects."""


async def current_revision(connection: AsyncConnection) -> int:
    """Return the number of the last revision, 0 before the first."""
    return (await connection.scalar(select(func.max(revision.c.number)))) or 0


async def live_definitions(connection: AsyncConnection, owner: str | None = None) -> list[StoredDefinition]:
    """Return what is live, of one project or of all, by kind and name."""
    return await stored_definitions(connection, definition.c.until.is_(None), owner)


async def stored_definitions(
    connection: AsyncConnection, which: ColumnElement[bool], owner: str | None = None
) -> list[StoredDefinition]:
    """Return the definitions of rows that `which` picks, of one project or of all, by kind and name."""
    query = (
        select(*(definition.c[name] for name in ("owner", "kind", "name", "digest")), document.c.content)
        .add_columns(definition.c.since, definition.c.former_owner)
        .join_from(definition, document)
        .where(which)
        .order_by(definition.c.kind, definition.c.name)
    )
    if owner is not None:
        query = query.where(definition.c.owner == owner)
    return [StoredDefinition(*row) for row in await connection.execute(query)]


async def live(connection: AsyncConnection, owner: str | None = None) -> Live:
    """Return what is live as a plan compares it."""
    entries = tuple(
        LiveEntry(each.owner, each.document, each.former_owner, each.since)
        for each in await live_definitions(connection, owner)
    )
    return Live(await current_revision(connection), entries)


async def live_digest(connection: AsyncConnection, owner: str) -> str:
    """Return the digest of everything that a project owns, without reading the documents."""
    query = select(definition.c.kind, definition.c.name, definition.c.digest).where(
        definition.c.owner == owner, definition.c.until.is_(None)
    )
    digests = {Identity(kind, name): digest for kind, name, digest in await connection.execute(query)}
    return set_digest(owner, digests)


async def revision_of_push(connection: AsyncConnection, number: int, key: str, by: str) -> Revision | None:
    """Return a revision if a push of that key and token made it."""
    query = select(*(revision.c[name] for name in Revision.__slots__)).where(
        revision.c.number == number, revision.c.push_key == key, revision.c.by == by
    )
    row = (await connection.execute(query)).first()
    return None if row is None else Revision(*row)


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
    written = [(change, dict(change.after)) for change in changes if change.after is not None]
    digests = [digest(content) for _, content in written]
    await insert_missing(
        connection,
        document,
        [{"digest": each, "content": content} for each, (_, content) in zip(digests, written, strict=True)],
    )
    rows: list[Mapping[str, Any]] = [
        {
            "owner": made.owner,
            "kind": change.identity.kind,
            "name": change.identity.name,
            "since": made.number,
            "until": None,
            "digest": each,
            "former_owner": change.adopted_from,
        }
        for each, (change, _) in zip(digests, written, strict=True)
    ]
    if rows:
        await connection.execute(insert(definition), rows)
