"""Sending messages again that were given up."""

from fastapi import APIRouter

from tocsin_dispatcher.api.auth import Dispatching, Operator
from tocsin_dispatcher.api.errors import ApiError, responses
from tocsin_dispatcher.service.operations import UnknownNameError, replay_failed
from tocsin_dispatcher.store.replays import FailureFilter
from tocsin_schema.api.deliveries import ReplayAnswer, ReplayAsked

router = APIRouter(tags=["incidents"])


@router.post("/deliveries/resend", status_code=202, responses=responses(400, 413))
async def resend_failed(asked: ReplayAsked, dispatcher: Dispatching, caller: Operator) -> ReplayAnswer:
    """Send messages again that were given up, each with the same content under the same id."""
    wanted = FailureFilter(**asked.model_dump(exclude={"limit"}))
    try:
        done = await replay_failed(dispatcher, wanted, asked.limit, by=caller.name)
    except UnknownNameError as error:
        raise ApiError(422, "invalid", str(error)) from None
    return ReplayAnswer(resent=done.resent, oks=done.oks, left=done.left)
