"""Silences: list, create, end."""

from datetime import datetime

from tocsin_dispatcher.api.auth import Dispatching, Operator, Reader
from tocsin_dispatcher.api.errors import ApiError, responses
from tocsin_dispatcher.api.paging import Before, Limit, next_page
from tocsin_dispatcher.api.scoped_route import scoped_router
from tocsin_dispatcher.service.operations import SilenceRefusedError, expire, silence
from tocsin_dispatcher.store.silences import Period, Scope, silences
from tocsin_schema.api.silences import SilenceAsked, SilencesAnswer, SilenceShown, SilenceState

router = scoped_router("silences")


@router.get("/silences", responses=responses())
async def get_silences(
    *,
    dispatcher: Dispatching,
    caller: Reader,
    limit: Limit = 50,
    state: SilenceState | None = None,
    before: Before = None,
) -> SilencesAnswer:
    """Return silences that are to come, in force or over, newest first."""
    async with dispatcher.database.read() as connection:
        found = await silences(connection, dispatcher.clock.now(), limit + 1, before=before, state=state)
    return SilencesAnswer(silences=found[:limit], next=next_page([each.number for each in found], limit))


@router.post("/silences", status_code=201, responses=responses(400, 413))
async def create_silence(asked: SilenceAsked, dispatcher: Dispatching, caller: Operator) -> SilenceShown:
    """Hold back messages for a while. What is held when it ends, of incidents that last, is sent then."""
    fits = Scope(asked.monitor, asked.group, asked.alert, asked.integration)
    period = _period(asked, dispatcher.clock.now())
    return await silence(dispatcher, fits, period, reason=asked.reason, by=caller.name)


@router.post("/silences/{silence_id}/expire", responses=responses(404, 409))
async def expire_silence(silence_id: str, dispatcher: Dispatching, caller: Operator) -> SilenceShown:
    """End a silence now, or call off one that is to come."""
    try:
        ended = await expire(dispatcher, silence_id, by=caller.name)
    except LookupError:
        raise ApiError(404, "not_found", f"there is no silence {silence_id}") from None
    if ended is None:
        raise ApiError(409, "over", f"the silence {silence_id} is over already")
    return ended


def _period(asked: SilenceAsked, now: datetime) -> Period:
    """Return from when until when; raises SilenceRefusedError where no calendar reaches that far."""
    begins = asked.starts_at or now
    try:
        ends = asked.ends_at if asked.ends_at is not None else begins + (asked.duration or now - now)
        return Period(max(begins, now), ends)
    except OverflowError:
        raise SilenceRefusedError("the silence would end after the year 9999") from None
