"""Looking at what was done."""

from typing import Annotated

from fastapi import Query

from tocsin_dispatcher.api.auth import Dispatching, Reader
from tocsin_dispatcher.api.errors import responses
from tocsin_dispatcher.api.paging import Before, Limit, next_page
from tocsin_dispatcher.api.query import Moment
from tocsin_dispatcher.api.scoped_route import scoped_router
from tocsin_dispatcher.store.audit import AuditFilter, Deed, deeds
from tocsin_schema.api.audit import AuditAnswer, DeedShown

router = scoped_router("audit")

Filter = Annotated[str | None, Query(max_length=200)]


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
    return AuditAnswer(
        entries=[deed_shown(each) for each in found[:limit]], next=next_page([each.number for each in found], limit)
    )


def deed_shown(deed: Deed) -> DeedShown:
    """Return a deed as the API and the pages show it."""
    return DeedShown(**{name: getattr(deed, name) for name in DeedShown.model_fields})
