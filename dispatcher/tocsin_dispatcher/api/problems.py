"""Problems: what could not be delivered and receivers that take nothing; saying that one is seen to."""

from typing import Literal

from tocsin_dispatcher.api.auth import Dispatching, Operator, Reader
from tocsin_dispatcher.api.errors import ApiError, responses
from tocsin_dispatcher.api.incidents import Filter
from tocsin_dispatcher.api.paging import Before, Limit, next_page
from tocsin_dispatcher.api.query import Moment
from tocsin_dispatcher.api.scoped_route import scoped_router
from tocsin_dispatcher.service.operations import resolve_problem
from tocsin_dispatcher.store.paging import Span
from tocsin_dispatcher.store.problems.listing import problems
from tocsin_schema.api.problems import ProblemKind, ProblemsAnswer, ProblemShown

router = scoped_router("problems")


@router.get("/problems", responses=responses())
async def get_problems(
    *,
    dispatcher: Dispatching,
    caller: Reader,
    limit: Limit = 50,
    state: Literal["open", "resolved", "all"] = "open",
    kind: ProblemKind | None = None,
    integration: Filter = None,
    since: Moment = None,
    until: Moment = None,
    before: Before = None,
) -> ProblemsAnswer:
    """Return problems, newest first: those that aren't over, unless `state` says otherwise."""
    async with dispatcher.database.read() as connection:
        found = await problems(
            connection,
            limit + 1,
            Span(since, until, before),
            state=None if state == "all" else state,
            kind=kind,
            integration=integration,
        )
    return ProblemsAnswer(problems=found[:limit], next=next_page([each.number for each in found], limit))


@router.post("/problems/{problem_id}/resolve", responses=responses(404, 409))
async def resolve(problem_id: str, dispatcher: Dispatching, caller: Operator) -> ProblemShown:
    """Say that a message which was given up is seen to. A receiver's problem ends by itself."""
    try:
        resolved = await resolve_problem(dispatcher, problem_id, by=caller.name)
    except LookupError:
        raise ApiError(404, "not_found", f"there is no problem {problem_id}") from None
    if resolved is None:
        raise ApiError(409, "over", f"the problem {problem_id} is over already")
    return resolved
