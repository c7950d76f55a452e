"""The HTTP application."""

from functools import cache
from importlib.metadata import version
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.openapi.utils import get_openapi

from tocsin_dispatcher.api import (
    audit,
    checks,
    definitions,
    health,
    incidents,
    integrations,
    problems,
    replays,
    revisions,
    silences,
)
from tocsin_dispatcher.api.auth import Reader, TokenCheck
from tocsin_dispatcher.api.body_limit import KIB, MIB, Body, BodyLimit, BodyLimits
from tocsin_dispatcher.api.errors import answer_errors
from tocsin_dispatcher.api.query import refuse_unknown
from tocsin_dispatcher.pages.routes import add_pages
from tocsin_dispatcher.pages.session import SIGN_IN, SIGN_OUT, VisitorCheck
from tocsin_dispatcher.service.lifecycle import Dispatcher
from tocsin_schema.api import PREFIX

SIGN_IN_BODY = Body(16 * KIB, 10)
"""Whoever has no token yet may send no more than this."""
BODIES = BodyLimits(
    usual=Body(MIB, 10),
    paths={
        SIGN_IN: SIGN_IN_BODY,
        SIGN_OUT: SIGN_IN_BODY,
        f"{PREFIX}/checks": Body(8 * MIB, 30),
        f"{PREFIX}/definitions": Body(64 * MIB, 120),
        f"{PREFIX}/definitions/plan": Body(8 * MIB, 30),
    },
    below={f"{PREFIX}/integrations/": Body(8 * MIB, 30), "/ui/integrations/": Body(8 * MIB, 30)},
)
"""What a request may carry. Test messages state any values, a receiver's long answer among them."""


def create_health_app(dispatcher: Dispatcher) -> FastAPI:
    """Return the application of a process that only works: health, and what it counts."""
    app = FastAPI(title="Tocsin worker", version=version("tocsin"), openapi_url=None, docs_url=None, redoc_url=None)
    app.state.dispatcher = dispatcher
    app.include_router(health.router)
    answer_errors(app)
    app.add_middleware(TokenCheck, dispatcher=dispatcher)
    return app


def create_app(dispatcher: Dispatcher) -> FastAPI:
    """Return the application of a dispatcher; whoever serves it opens and closes the dispatcher."""
    routed = _routed()
    app = FastAPI(
        title=routed.title,
        version=routed.version,
        openapi_url=None,  # among the routes, for those who have a token
        docs_url=None,
        redoc_url=None,
        routes=routed.routes,
    )
    app.exception_handlers.update(routed.exception_handlers)
    app.state.dispatcher = dispatcher
    app.add_middleware(VisitorCheck)
    app.add_middleware(BodyLimit, limits=BODIES)
    app.add_middleware(TokenCheck, dispatcher=dispatcher)
    return app


@cache
def _routed() -> FastAPI:
    """Return what is the same whatever the dispatcher: the routes, which take a while to build, and what errors become."""
    app = FastAPI(title="Tocsin dispatcher", version=version("tocsin"), openapi_url=None, docs_url=None, redoc_url=None)
    for router in (
        *(definitions.router, revisions.router, checks.router, problems.router),
        *(incidents.router, replays.router, silences.router, integrations.router, audit.router),
    ):
        app.include_router(router, prefix=PREFIX, dependencies=[Depends(refuse_unknown)])
    app.include_router(health.router)
    add_pages(app)
    answer_errors(app)

    @app.get("/openapi.json", include_in_schema=False)
    async def openapi(caller: Reader) -> dict[str, Any]:
        """Describe the API."""
        document = get_openapi(title=app.title, version=app.version, routes=app.routes)
        document.setdefault("components", {}).setdefault("schemas", {}).update(checks.COMPONENTS)
        return document

    return app
