"""The page for what isn't there."""

from fastapi import Request
from fastapi.responses import Response

from tocsin_dispatcher.api.access import Caller
from tocsin_dispatcher.pages.rendering import page


def no_such(request: Request, visitor: Caller, what: str) -> Response:
    """Say that there is no such thing."""
    return page(request, "missing.html", visitor, status=404, values={"what": what})
