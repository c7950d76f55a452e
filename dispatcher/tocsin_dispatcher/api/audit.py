"""Looking at what was done."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, JsonValue

from tocsin_dispatcher.api.auth import Dispatching, Reader
from tocsin_dispatcher.api.errors import responses
from tocsin_dispatcher.api.paging import Before, Limit, Next, next_page
from tocsin_dispatcher.api.query import Moment
from tocsin_dispatcher.store.audit import AuditFilter, deeds

router = APIRouter(tags=["audit"])

Filter = Annotated[str | None, Query(max_length=200)]


class DeedShown(BaseModel):
    """Something that was done."""

    at: datetime
    by: str
    """Name of the token, or `command line`."""
    origin: str | None
    """Address that it came from, or `command line`; null for what older versions wrote."""
    action: str
    details: dict[str, JsonValue]


class AuditAnswer(BaseModel):
    """What was done, newest first."""

    entries: list[DeedShown]
    next: Next


@router.get("/audit", responses=responses())
async def get_audit(
    *,
    dispatcher: Dispatching,
    caller: Reader,
    limit: Limit = 50,
    by: Filter = None,
    action: Filter = None,
    since: Moment = None,
    until: Moment = None,
    before: Before = None,
) -> AuditAnswer:
    """Return pushes, test messages, resendings, silences, acknowledgements, resumptions, purges by hand and changes of tokens."""
    wanted = AuditFilter(by=by, action=action, since=since, until=until, before=before)
    async with dispatcher.database.read() as connection:
        found = await deeds(connection, wanted, limit + 1)
    shown = [
        DeedShown(at=each.at, by=each.by, origin=each.origin, action=each.action, details=each.details)
        for each in found[:limit]
    ]
    return AuditAnswer(entries=shown, next=next_page([each.number for each in found], limit))
