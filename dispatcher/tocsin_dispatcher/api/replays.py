"""Sending messages again that were given up."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from tocsin_dispatcher.api.auth import Dispatching, Operator
from tocsin_dispatcher.api.errors import ApiError, responses
from tocsin_dispatcher.service.operations import UnknownNameError, replay_failed
from tocsin_dispatcher.store.replays import FailureFilter

router = APIRouter(tags=["incidents"])

Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]


class ReplayAsked(BaseModel):
    """Which messages to send again: those that were given up, and fit everything that is stated."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    integration: Name | None = None
    incident: Name | None = None
    monitor: Name | None = None
    since: AwareDatetime | None = None
    """Made at this moment or later."""
    until: AwareDatetime | None = None
    """Made before this moment."""
    limit: Annotated[int, Field(ge=1, le=1000)] = 100
    """So many at the most, oldest first."""


class ReplayAnswer(BaseModel):
    """What is on its way again."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    resent: int
    """Failed messages."""
    oks: int
    """Ok messages that were skipped since their Error had failed: they follow it now."""
    left: int
    """Failed messages that fit and are beyond the limit."""


@router.post("/deliveries/resend", status_code=202, responses=responses(400, 413))
async def resend_failed(asked: ReplayAsked, dispatcher: Dispatching, caller: Operator) -> ReplayAnswer:
    """Send messages again that were given up, each with the same content under the same id."""
    wanted = FailureFilter(**asked.model_dump(exclude={"limit"}))
    try:
        done = await replay_failed(dispatcher, wanted, asked.limit, by=caller.name)
    except UnknownNameError as error:
        raise ApiError(422, "invalid", str(error)) from None
    return ReplayAnswer(resent=done.resent, oks=done.oks, left=done.left)
