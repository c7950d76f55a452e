"""Problems: what could not be delivered, receivers that take nothing, who was told, and a button to say that it is seen to."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from tocsin_dispatcher.api.auth import Dispatching
from tocsin_dispatcher.errors import RefusedError
from tocsin_dispatcher.pages.rendering import no_such, page
from tocsin_dispatcher.pages.session import OperatingVisitor, Visitor
from tocsin_dispatcher.service.operations import resolve_problem
from tocsin_dispatcher.store.problems.about import OF_MESSAGES
from tocsin_dispatcher.store.problems.listing import problems

router = APIRouter()

SHOWN = 200
"""Problems of the list at the most."""
WORDS = {
    "given_up": "given up",
    "unclear": "unclear",
    "down": "down",
    "locked_out": "locked out",
    "busy": "busy",
}


@router.get("/problems")
async def problems_page(request: Request, dispatcher: Dispatching, visitor: Visitor, state: str = "open") -> Response:
    """Show problems, newest first: those that aren't over, or all."""
    return await _page(request, dispatcher, visitor, everything=state == "all")


@router.post("/problems/{problem_id}/resolve")
async def resolve(request: Request, problem_id: str, dispatcher: Dispatching, visitor: OperatingVisitor) -> Response:
    """Say that a message which was given up is seen to, and show the problems."""
    try:
        await resolve_problem(dispatcher, problem_id, by=visitor.name)
    except LookupError:
        return no_such(request, visitor, f"problem {problem_id}")
    except RefusedError as error:
        return await _page(request, dispatcher, visitor, message=str(error))
    return RedirectResponse("/ui/problems", 303)


async def _page(
    request: Request, dispatcher: Dispatching, visitor: Visitor, *, everything: bool = False, message: str = ""
) -> Response:
    async with dispatcher.database.read() as connection:
        found = await problems(connection, SHOWN, state=None if everything else "open")
    values = {
        "problems": found,
        "shown": SHOWN,
        "everything": everything,
        "words": WORDS,
        "resolvable": OF_MESSAGES,
        "message": message,
        "now": dispatcher.clock.now(),
    }
    return page(request, "problems.html", visitor, status=409 if message else 200, values=values)
