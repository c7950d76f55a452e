"""Signing in with a token, and out."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from tocsin_dispatcher.api.auth import caller_of
from tocsin_dispatcher.api.errors import ApiError
from tocsin_dispatcher.errors import RefusedError
from tocsin_dispatcher.pages.rendering import page
from tocsin_dispatcher.pages.session import COOKIE, FROM_ELSEWHERE, HOME, SIGN_IN, ForbiddenError, is_foreign

router = APIRouter()


@router.get("/sign-in")
async def sign_in_page(request: Request, next: str = HOME) -> Response:
    """Ask for a token."""
    return page(request, "sign_in.html", None, values={"next": _inside(next), "message": None})


@router.post("/sign-in")
async def sign_in(request: Request, token: Annotated[str, Form()], next: Annotated[str, Form()] = HOME) -> Response:
    """Let the browser keep a token, if it is one."""
    text, after = token.strip(), _inside(next)
    try:
        if is_foreign(request):
            raise ApiError(403, "forbidden", "this came from another site: sign in here")
        await caller_of(request.app.state.dispatcher, text)
    except RefusedError as error:
        values = {"next": after, "message": str(error)}
        refused = page(request, "sign_in.html", None, status=error.status, values=values)
        if isinstance(error, ApiError) and error.status == 429:
            refused.headers.update(error.headers or {})
        return refused
    answer = RedirectResponse(after, 303)
    secure = request.url.scheme == "https"
    answer.set_cookie(COOKIE, text, path="/ui", httponly=True, samesite="strict", secure=secure)
    return answer


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """Have the browser forget the token; raises ForbiddenError where another site asks for it."""
    if is_foreign(request):
        raise ForbiddenError(None, FROM_ELSEWHERE)
    answer = RedirectResponse(SIGN_IN, 303)
    answer.delete_cookie(COOKIE, path="/ui")
    return answer


def _inside(path: str) -> str:
    """Return the path where it leads to a page of ours; a link from elsewhere could name any other."""
    return path if path.startswith("/ui/") and "\\" not in path else HOME
