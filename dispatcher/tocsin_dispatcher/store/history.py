"""What was: the revisions so far, what each of them changed, and what ran at each of them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.store.database.tables import definition, revision
from tocsin_dispatcher.store.revisions import Revision, StoredDefinition, stored_definitions
from tocsin_schema.plan.plan import Change, Identity, Live, LiveEntry

COLUMNS = tuple(revision.c[name] for name in Revision.__slots__)


@dataclass(frozen=True, slots=True)
class LaterChange:
    """How a definition differs from what it was, and the revision that touched it last."""

    change: Change
    revision: int


async def revisions(
    connection: AsyncConnection, limit: int, *, before: int | None = None, owner: str | None = None
) -> list[Revision]:
    """Return the last revisions, newest first: those before one, those of one project, or all."""
    query = select(*COLUMNS).order_by(revision.c.number.desc()).limit(limit)
    if before is not None:
        query = query.where(revision.c.number < before)
    if owner is not None:
        query = query.where(revision.c.owner == owner)
    return [Revision(*row) for row in await connection.execute(query)]


async def revision_of(connection: AsyncConnection, number: int) -> Revision | None:
    """Return one revision, None where there is none of that number."""
    row = (await connection.execute(select(*COLUMNS).where(revision.c.number == number))).first()
    return None if row is None else Revision(*row)


async def changes_of(connection: AsyncConnection, number: int) -> list[Change]:
    """Return what a revision changed."""
    before = await stored_definitions(connection, definition.c.until == number)
    after = await stored_definitions(connection, definition.c.since == number)
    return list(_changes(before, after))


async def live_at(connection: AsyncConnection, number: int, owner: str | None = None) -> Live:
    """Return what ran once a revision was made, of one project or of all."""
    found = await stored_definitions(connection, _ran_at(number), owner)
    return Live(number, tuple(LiveEntry(each.owner, each.document) for each in found))


async def changes_since(connection: AsyncConnection, number: int, owner: str) -> list[LaterChange]:
    """Return how what a project runs now differs from what it ran at a revision; what was changed back is left out."""
    before = await stored_definitions(connection, and_(_ran_at(number), definition.c.until.is_not(None)), owner)
    after = await stored_definitions(connection, and_(definition.c.since > number, definition.c.until.is_(None)), owner)
    touched = await _touched_last(connection, number)
    return [LaterChange(change, touched[change.identity]) for change in _changes(before, after)]


def _ran_at(number: int) -> ColumnElement[bool]:
    return and_(definition.c.since <= number, or_(definition.c.until.is_(None), definition.c.until > number))


async def _touched_last(connection: AsyncConnection, number: int) -> Mapping[Identity, int]:
    """Return, for all that was touched after a revision, the last revision that did."""
    columns = (definition.c.kind, definition.c.name, definition.c.since, definition.c.until)
    query = select(*columns).where(or_(definition.c.since > number, definition.c.until > number))
    last: dict[Identity, int] = {}
    for kind, name, since, until in await connection.execute(query):
        identity = Identity(kind, name)
        last[identity] = max(last.get(identity, 0), since, until or 0)
    return last


def _changes(before: Iterable[StoredDefinition], after: Iterable[StoredDefinition]) -> Iterator[Change]:
    """Yield the changes between two states of some definitions, kinds in dependency order."""
    old = {Identity(each.kind, each.name): each for each in before}
    new = {Identity(each.kind, each.name): each for each in after}
    for identity in sorted({*old, *new}, key=lambda each: each.sort_key):
        was, now = old.get(identity), new.get(identity)
        if was is None and now is not None:
            yield Change("create", identity, None, now.document)
        elif was is not None and now is None:
            yield Change("delete", identity, was.document, None)
        elif was is not None and now is not None:
            taken = was.owner if was.owner != now.owner else None
            if was.digest != now.digest or taken is not None:
                yield Change("update", identity, was.document, now.document, taken)
