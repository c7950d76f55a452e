"""Silences: list, create, end."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, model_validator

from tocsin_dispatcher.api.auth import Dispatching, Operator, Reader
from tocsin_dispatcher.api.errors import ApiError, responses
from tocsin_dispatcher.api.paging import Before, Limit, Next, next_page
from tocsin_dispatcher.service.operations import Line, SilenceRefusedError, expire, silence
from tocsin_dispatcher.store.silences import Period, Scope, SilenceShown, SilenceState, silences
from tocsin_schema.models.check import Time
from tocsin_schema.models.duration import Duration

router = APIRouter(tags=["silences"])

Name = Annotated[str, Field(min_length=1, max_length=63)]


class SilenceAsked(BaseModel):
    """What to hold back, why and how long. Every name that is stated must fit."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    monitor: Name | None = None
    group: Name | None = None
    """A group of monitors."""
    alert: Name | None = None
    """An alert definition."""
    integration: Name | None = None
    reason: Line
    starts_at: Time | None = None
    """Default: now."""
    ends_at: Time | None = None
    duration: Duration | None = None
    """Instead of `ends_at`: counted from `starts_at`, also where that is past."""

    @model_validator(mode="after")
    def _one_end(self) -> "SilenceAsked":
        if (self.ends_at is None) == (self.duration is None):
            raise ValueError("expected ends_at or duration")
        return self

    def period(self, now: datetime) -> Period:
        """Return from when until when; raises SilenceRefusedError where no calendar reaches that far."""
        begins = self.starts_at or now
        try:
            ends = self.ends_at if self.ends_at is not None else begins + (self.duration or now - now)
            return Period(max(begins, now), ends)
        except OverflowError:
            raise SilenceRefusedError("the silence would end after the year 9999") from None


class SilencesAnswer(BaseModel):
    """Silences, newest first."""

    silences: list[SilenceShown]
    next: Next


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
    try:
        period = asked.period(dispatcher.clock.now())
        return await silence(dispatcher, fits, period, reason=asked.reason, by=caller.name)
    except SilenceRefusedError as error:
        raise ApiError(422, "invalid", str(error)) from None


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
