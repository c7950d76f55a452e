"""Revisions, and what each of them changed."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from pydantic import JsonValue

from tocsin_dispatcher.api.auth import Dispatching
from tocsin_dispatcher.pages.rendering import no_such, page
from tocsin_dispatcher.pages.session import Visitor
from tocsin_dispatcher.store.history import changes_of, revision_of, revisions
from tocsin_schema.plan.plan import Change
from tocsin_schema.text.differing import grouped_blocks

router = APIRouter()

SHOWN = 100
"""Revisions of one page at the most."""

Number = Annotated[int, Path(ge=0, le=2**63 - 1)]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a difference."""

    sign: Literal["+", "-", " ", "@"]
    text: str


@dataclass(frozen=True, slots=True)
class ChangeShown:
    """A definition that a revision created, updated or deleted."""

    action: str
    name: str
    adopted_from: str | None
    lines: tuple[Line, ...]


@router.get("/revisions")
async def revisions_page(
    request: Request,
    dispatcher: Dispatching,
    visitor: Visitor,
    before: Annotated[int | None, Query(ge=0, le=2**63 - 1)] = None,
) -> Response:
    """Show revisions, newest first."""
    async with dispatcher.database.read() as connection:
        made = await revisions(connection, SHOWN + 1, before=before)
    older = made[SHOWN - 1].number if len(made) > SHOWN else None
    return page(request, "revisions.html", visitor, values={"revisions": made[:SHOWN], "older": older})


@router.get("/revisions/{number}")
async def revision_page(request: Request, number: Number, dispatcher: Dispatching, visitor: Visitor) -> Response:
    """Show who made a revision, from what, and what it changed."""
    async with dispatcher.database.read() as connection:
        made = await revision_of(connection, number)
        if made is None:
            return no_such(request, visitor, f"revision {number}")
        changes = [_shown(each) for each in await changes_of(connection, number)]
    return page(request, "revision.html", visitor, values={"revision": made, "changes": changes})


def _shown(change: Change) -> ChangeShown:
    lines = tuple(_lines(change.before, change.after))
    return ChangeShown(change.action, str(change.identity), change.adopted_from, lines)


def _lines(before: Mapping[str, JsonValue] | None, after: Mapping[str, JsonValue] | None) -> Iterator[Line]:
    """Yield the lines that differ, with three around them."""
    old, new = _text(before), _text(after)
    for number, group in enumerate(grouped_blocks(old, new, 3)):
        if number:
            yield Line("@", "")
        for tag, start, end, from_, to in group:
            if tag == "equal":
                yield from (Line(" ", line) for line in old[start:end])
            else:
                yield from (Line("-", line) for line in old[start:end])
                yield from (Line("+", line) for line in new[from_:to])


def _text(document: Mapping[str, JsonValue] | None) -> list[str]:
    """Return a document with a line for every value; texts of several lines are written as such."""
    if document is None:
        return []
    text = json.dumps(document, indent=2, ensure_ascii=False)
    return [part for line in text.splitlines() for part in line.replace("\\n", "\\n\n").splitlines()]
