"""The revisions so far: who made them, what each changed, and what ran at each."""

from typing import Annotated

from fastapi import Path, Query
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.api.auth import Dispatching, Reader
from tocsin_dispatcher.api.errors import ApiError, responses
from tocsin_dispatcher.api.scoped_route import scoped_router
from tocsin_dispatcher.store.history import changes_of, changes_since, live_at, revision_of, revisions
from tocsin_dispatcher.store.revisions import Revision, current_revision
from tocsin_schema.api.definitions import LiveDefinitions, PlannedChange
from tocsin_schema.api.revisions import (
    ChangesSinceAnswer,
    LaterChangeShown,
    RevisionDetails,
    RevisionEntry,
    RevisionsAnswer,
)
from tocsin_schema.api.source import RevisionSource

router = scoped_router("revisions")

LARGEST = 2**63 - 1
AT_ONCE = 1000
Number = Annotated[int, Path(ge=0, le=LARGEST, description="number of a revision")]
ProjectName = Annotated[str | None, Query(max_length=63)]


@router.get("/revisions", responses=responses())
async def get_revisions(
    *,
    dispatcher: Dispatching,
    caller: Reader,
    limit: Annotated[int, Query(ge=1, le=AT_ONCE)] = 50,
    before: Annotated[int | None, Query(ge=0, le=LARGEST, description="only revisions below this one")] = None,
    project: ProjectName = None,
) -> RevisionsAnswer:
    """Return the last revisions, newest first, of one project or of all."""
    async with dispatcher.database.read() as connection:
        made = await revisions(connection, limit + 1, before=before, owner=project)
    more = made[limit - 1].number if len(made) > limit else None
    return RevisionsAnswer(revisions=[_entry(each) for each in made[:limit]], before=more)


@router.get("/revisions/{number}", responses=responses(404))
async def get_revision(number: Number, dispatcher: Dispatching, caller: Reader) -> RevisionDetails:
    """Return one revision with what it changed, before and after."""
    async with dispatcher.database.read() as connection:
        made = await _existing(connection, number)
        changes = await changes_of(connection, number)
    return RevisionDetails(**dict(_entry(made)), changes=[PlannedChange.of(each) for each in changes])


@router.get("/revisions/{number}/definitions", responses=responses(404))
async def get_definitions_then(
    number: Number, dispatcher: Dispatching, caller: Reader, project: ProjectName = None
) -> LiveDefinitions:
    """Return what ran once a revision was made, of one project or of all."""
    async with dispatcher.database.read() as connection:
        await _existing(connection, number)
        return LiveDefinitions.of(await live_at(connection, number, project))


@router.get("/revisions/{number}/changes-since", responses=responses(404))
async def get_changes_since(
    number: Number, dispatcher: Dispatching, caller: Reader, project: Annotated[str, Query(max_length=63)]
) -> ChangesSinceAnswer:
    """Return how what a project runs now differs from what it ran at a revision, and who changed it."""
    async with dispatcher.database.read() as connection:
        await _existing(connection, number)
        current = await current_revision(connection)
        later = await changes_since(connection, number, project)
        made = [await _existing(connection, each) for each in sorted({each.revision for each in later}, reverse=True)]
    changes = [LaterChangeShown(**dict(PlannedChange.of(each.change)), revision=each.revision) for each in later]
    return ChangesSinceAnswer(
        since=number, revision=current, changes=changes, revisions=[_entry(each) for each in made]
    )


async def _existing(connection: AsyncConnection, number: int) -> Revision:
    made = await revision_of(connection, number)
    if made is None:
        newest = await current_revision(connection)
        known = f"the newest is {newest}" if newest else "there is none yet"
        raise ApiError(404, "not_found", f"there is no revision {number}: {known}")
    return made


def _entry(made: Revision) -> RevisionEntry:
    return RevisionEntry(
        revision=made.number,
        project=made.owner,
        at=made.at,
        by=made.by,
        source=RevisionSource.model_validate(made.source),
        created=made.created,
        updated=made.updated,
        deleted=made.deleted,
        adopted=[f"{kind}/{name} from {former}" for kind, name, former in made.adopted or ()],
    )
