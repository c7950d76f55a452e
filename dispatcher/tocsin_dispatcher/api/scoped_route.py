"""Routes that look at the caller's scope before they read a body.

FastAPI reads and parses a body before it asks dependencies: 64 MiB of JSON are a gigabyte and seconds of the event loop for
somebody who may not push at all.
"""

from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from tocsin_dispatcher.api.auth import ScopeCheck


class ScopedRoute(APIRoute):
    """A route whose scopes are judged first of all."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what judges the scopes that the endpoint's dependencies ask for, and then handles the request."""
        handle, checks = super().get_route_handler(), tuple(_scope_checks(self.dependant))

        async def handle_if_allowed(request: Request) -> Response:
            for check in checks:
                check.caller(request)
            return await handle(request)

        return handle_if_allowed


def scoped_router(tag: str) -> APIRouter:
    """Return a router of such routes, with the tag that its calls have in the API's description."""
    return APIRouter(route_class=ScopedRoute, tags=[tag])


def _scope_checks(dependant: Dependant) -> Iterator[ScopeCheck]:
    for each in dependant.dependencies:
        if isinstance(each.call, ScopeCheck):
            yield each.call
        yield from _scope_checks(each)
