"""The revisions of a dispatcher, as its API tells of them."""

from collections.abc import Iterator
from dataclasses import dataclass

from tocsin.errors import TocsinError
from tocsin.targets.client import DispatcherClient, NotThereError
from tocsin_schema.api.definitions import LiveDefinitions, PlannedChange
from tocsin_schema.api.revisions import ChangesSinceAnswer, RevisionDetails, RevisionEntry, RevisionsAnswer
from tocsin_schema.plan.changes import Change, Identity, LiveEntry

PAGE = 200
"""Revisions that are asked for at once."""


@dataclass(frozen=True, slots=True)
class LaterChange:
    """How a definition differs from what it was, and the revision that touched it last."""

    change: Change
    revision: RevisionEntry


def revisions(dispatcher: DispatcherClient, limit: int, project: str | None = None) -> Iterator[RevisionEntry]:
    """Yield the last revisions, newest first, of one project or of all; asks for as many as are taken."""
    query: dict[str, str | int] = {} if project is None else {"project": project}
    while limit > 0:
        page = dispatcher.read("/revisions", RevisionsAnswer, limit=min(limit, PAGE), **query)
        yield from page.revisions
        limit -= len(page.revisions)
        if page.before is None or not page.revisions:
            return
        query["before"] = page.before


def revision_with_changes(dispatcher: DispatcherClient, number: int) -> tuple[RevisionEntry, tuple[Change, ...]]:
    """Return a revision and what it changed; raises TocsinError where there is none of that number."""
    try:
        made = dispatcher.read(f"/revisions/{number}", RevisionDetails)
    except NotThereError as error:
        raise _unknown(error) from error
    return made, tuple(_change(each) for each in made.changes)


def entries_at(dispatcher: DispatcherClient, number: int, project: str) -> tuple[LiveEntry, ...]:
    """Return what a project ran once a revision was made; raises TocsinError where there is none of that number."""
    try:
        then = dispatcher.read(f"/revisions/{number}/definitions", LiveDefinitions, project=project)
    except NotThereError as error:
        raise _unknown(error) from error
    return then.live().entries


def changes_since(dispatcher: DispatcherClient, number: int, project: str) -> tuple[LaterChange, ...]:
    """Return how what a project runs now differs from what it ran at a revision."""
    later = dispatcher.read(f"/revisions/{number}/changes-since", ChangesSinceAnswer, project=project)
    made = {each.revision: each for each in later.revisions}
    return tuple(LaterChange(_change(each), made[each.revision]) for each in later.changes)


def _unknown(error: NotThereError) -> TocsinError:
    return TocsinError(error.message, hint="`tocsin history` lists the revisions")


def _change(told: PlannedChange) -> Change:
    return Change(told.action, Identity(told.kind, told.name), told.before, told.after)
