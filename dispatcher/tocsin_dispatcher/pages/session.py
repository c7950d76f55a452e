"""Who looks at a page: the token that was given at sign-in, kept by the browser alone.

The cookie opens pages only, never the API, and `SameSite=Strict` keeps it out of requests that another site starts;
requests that change something are refused besides where the browser says that they come from elsewhere.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated
from urllib.parse import quote, urlsplit

from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as AsgiScope

from tocsin_dispatcher.api.auth import Caller, caller_of
from tocsin_dispatcher.api.errors import ApiError, error_answer
from tocsin_dispatcher.errors import DispatcherError, RefusedError
from tocsin_dispatcher.pages.rendering import page
from tocsin_dispatcher.scopes import Scope
from tocsin_dispatcher.store.problems.listing import open_counts

COOKIE = "tocsin_token"
HOME = "/ui/"
SIGN_IN = "/ui/sign-in"
SIGN_OUT = "/ui/sign-out"


FROM_ELSEWHERE = "this came from another site: nothing was done"


class SignInNeededError(DispatcherError):
    """A page that nobody may see without a token."""


class ForbiddenError(DispatcherError):
    """A page, or a deed, that the visitor's token doesn't allow."""

    def __init__(self, visitor: Caller | None, message: str) -> None:
        """Take who it was, if known, and what is wrong."""
        super().__init__(message)
        self.visitor = visitor


class VisitorCheck:
    """Lets forms be read only of those who have a token: the others are sent to the sign-in before."""

    def __init__(self, app: ASGIApp) -> None:
        """Take what it stands before."""
        self._app = app

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Find the visitor, where something is sent to a page."""
        path = scope.get("path", "")
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD") or not path.startswith(HOME):
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        try:
            if path not in (SIGN_IN, SIGN_OUT):
                request.state.visitor = await visitor_of(request)
                if request.state.visitor is None:
                    await to_sign_in(request)(scope, receive, send)
                    return
        except (RefusedError, SQLAlchemyError) as error:
            await error_answer(error, path)(scope, receive, send)
            return
        await self._app(scope, receive, send)


async def visitor_of(request: Request) -> Caller | None:
    """Return who looks, None without a valid token.

    Raises ApiError 429 where that token comes too often, and what the database raises.
    """
    if hasattr(request.state, "visitor"):
        found: Caller | None = request.state.visitor
        return found
    text = request.cookies.get(COOKIE)
    if not text:
        return None
    try:
        return await caller_of(request.app.state.dispatcher, text)
    except ApiError as error:
        if error.status == 429:
            raise
        return None


def visiting(scope: Scope) -> Callable[[Request], Awaitable[Caller]]:
    """Return what lets visitors with a scope through; raises SignInNeededError and ForbiddenError for the others.

    It counts the open problems besides, which every page shows.
    """

    async def check(request: Request) -> Caller:
        visitor = await visitor_of(request)
        if visitor is None:
            raise SignInNeededError
        if scope not in visitor.scopes:
            raise ForbiddenError(visitor, f"the token `{visitor.name}` lacks the scope `{scope}`")
        if request.method == "POST" and is_foreign(request):
            raise ForbiddenError(visitor, FROM_ELSEWHERE)
        async with request.app.state.dispatcher.database.read() as connection:
            request.state.open_problems = sum((await open_counts(connection)).values())
        return visitor

    return check


Visitor = Annotated[Caller, Depends(visiting("read"))]
OperatingVisitor = Annotated[Caller, Depends(visiting("operate"))]


def is_foreign(request: Request) -> bool:
    """Whether the browser says that another site started the request.

    `Sec-Fetch-Site` says so, and `Origin` where a browser is too old for that, or the page came over plain HTTP
    (https://www.w3.org/TR/fetch-metadata/, https://www.rfc-editor.org/rfc/rfc6454#section-7). Who sends neither is no
    browser, which has no cookie that others could use.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in {"same-origin", "none"}
    started = request.headers.get("origin")
    if started is None:
        return False
    here = _host(f"//{request.headers.get('host', '')}")
    return here is None or _host(started) != here


def _host(url: str) -> tuple[str, int | None] | None:
    """Return host and port, without a port that goes without saying: what is in front of us may speak TLS, we don't."""
    try:
        parts = urlsplit(url)
        return (parts.hostname, None if parts.port in (80, 443) else parts.port) if parts.hostname else None
    except ValueError:
        return None


def answer_visitors(app: FastAPI) -> None:
    """Send those without a token to the sign-in, and tell the others what their token lacks."""
    app.add_exception_handler(SignInNeededError, _sign_in_needed)
    app.add_exception_handler(ForbiddenError, _forbidden)


async def _sign_in_needed(request: Request, error: Exception) -> Response:
    return to_sign_in(request)


def to_sign_in(request: Request) -> Response:
    """Return what leads a browser to the sign-in, and from there to the page that was asked for."""
    where = f"{SIGN_IN}?next={quote(request.url.path if request.method == 'GET' else HOME)}"
    if "hx-request" in request.headers:
        return Response(status_code=401, headers={"HX-Redirect": where})
    return RedirectResponse(where, 303)


async def _forbidden(request: Request, error: Exception) -> Response:
    assert isinstance(error, ForbiddenError)  # noqa: S101  # registered for it
    return page(request, "forbidden.html", error.visitor, status=403, values={"message": str(error)})
