"""The revisions of a dispatcher, as its API tells of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tocsin.errors import TocsinError
from tocsin.targets.client import DispatcherClient, NotThereError
from tocsin_schema.plan.plan import Change, Identity, LiveEntry

PAGE = 200
"""Revisions that are asked for at once."""

TEXTS = ("commit", "branch", "repository", "job", "user", "tool_version", "origin")
"""What is recorded of a push in words."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a push came from, as far as it was recorded."""

    commit: str | None = None
    branch: str | None = None
    dirty: bool | None = None
    repository: str | None = None
    job: str | None = None
    """Where the CI job that synced can be seen."""
    user: str | None = None
    tool_version: str | None = None
    origin: str | None = None
    """What was pushed where it was not the files of a repository: `rollback to 41`."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One push that changed something; `by` is the name of its token."""

    number: int
    project: str
    at: datetime
    by: str
    source: Source
    created: int
    updated: int
    deleted: int
    adopted: tuple[str, ...] = ()
    """What was taken from other projects, in words."""


@dataclass(frozen=True, slots=True)
class LaterChange:
    """How a definition differs from what it was, and the revision that touched it last."""

    change: Change
    revision: Revision


def revisions(dispatcher: DispatcherClient, limit: int, project: str | None = None) -> Iterator[Revision]:
    """Yield the last revisions, newest first, of one project or of all; asks for as many as are taken."""
    query: dict[str, str | int] = {} if project is None else {"project": project}
    while limit > 0:
        page, before = dispatcher.read("/revisions", _page, limit=min(limit, PAGE), **query)
        yield from page
        limit -= len(page)
        if before is None or not page:
            return
        query["before"] = before


def revision_with_changes(dispatcher: DispatcherClient, number: int) -> tuple[Revision, tuple[Change, ...]]:
    """Return a revision and what it changed; raises TocsinError where there is none of that number."""
    try:
        return dispatcher.read(f"/revisions/{number}", lambda told: (_revision(told), _changes(told["changes"])))
    except NotThereError as error:
        raise _unknown(error) from error


def entries_at(dispatcher: DispatcherClient, number: int, project: str) -> tuple[LiveEntry, ...]:
    """Return what a project ran once a revision was made; raises TocsinError where there is none of that number."""
    try:
        return dispatcher.read(f"/revisions/{number}/definitions", _entries, project=project)
    except NotThereError as error:
        raise _unknown(error) from error


def changes_since(dispatcher: DispatcherClient, number: int, project: str) -> tuple[LaterChange, ...]:
    """Return how what a project runs now differs from what it ran at a revision."""
    return dispatcher.read(f"/revisions/{number}/changes-since", _later, project=project)


def _unknown(error: NotThereError) -> TocsinError:
    return TocsinError(error.message, hint="`tocsin history` lists the revisions")


def _page(told: Mapping[str, Any]) -> tuple[list[Revision], int | None]:
    before = told["before"]
    return [_revision(each) for each in told["revisions"]], None if before is None else int(before)


def _revision(told: Mapping[str, Any]) -> Revision:
    source = told["source"]
    texts = {name: _text(source.get(name)) for name in TEXTS}
    return Revision(
        number=int(told["revision"]),
        project=str(told["project"]),
        at=datetime.fromisoformat(told["at"]),
        by=str(told["by"]),
        source=Source(dirty=source.get("dirty") is True, **texts),
        created=int(told["created"]),
        updated=int(told["updated"]),
        deleted=int(told["deleted"]),
        adopted=tuple(str(each) for each in told.get("adopted") or ()),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _changes(told: list[Mapping[str, Any]]) -> tuple[Change, ...]:
    return tuple(_change(each) for each in told)


def _change(told: Mapping[str, Any]) -> Change:
    before, after = told["before"], told["after"]
    action = told["action"]
    if action not in ("create", "update", "delete"):
        raise ValueError(action)
    return Change(action, Identity(str(told["kind"]), str(told["name"])), before, after)


def _entries(told: Mapping[str, Any]) -> tuple[LiveEntry, ...]:
    return tuple(LiveEntry(str(each["owner"]), dict(each["document"])) for each in told["entries"])


def _later(told: Mapping[str, Any]) -> tuple[LaterChange, ...]:
    made = {each.number: each for each in map(_revision, told["revisions"])}
    return tuple(LaterChange(_change(each), made[int(each["revision"])]) for each in told["changes"])
