"""Sending messages again that were given up."""

from tocsin_dispatcher.api.auth import Dispatching, Operator
from tocsin_dispatcher.api.errors import responses
from tocsin_dispatcher.api.scoped_route import scoped_router
from tocsin_dispatcher.service.operations import replay_failed
from tocsin_dispatcher.store.replays import FailureFilter
from tocsin_schema.api.deliveries import ReplayAnswer, ReplayAsked

router = scoped_router("incidents")


@router.post("/deliveries/resend", status_code=202, responses=responses(400, 413))
async def resend_failed(asked: ReplayAsked, dispatcher: Dispatching, caller: Operator) -> ReplayAnswer:
    """Send messages again that were given up, each with the same content under the same id."""
    wanted = FailureFilter(**asked.model_dump(exclude={"limit"}))
    done = await replay_failed(dispatcher, wanted, asked.limit, by=caller.name)
    return ReplayAnswer(resent=done.resent, oks=done.oks, left=done.left)
