"""The definitions: what is running, a push, and a plan."""

import asyncio
import re
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from fastapi import Header, Query, Request, Response
from pydantic import Field

from tocsin_dispatcher.api.auth import Dispatching, Reader, Syncer
from tocsin_dispatcher.api.errors import NOT_READ, ApiError, complaint, responses
from tocsin_dispatcher.api.scoped_route import scoped_router
from tocsin_dispatcher.incidents.push import StalePushError
from tocsin_dispatcher.planning.judgement import NO_JSON_TEXT, has_json_text, named_routes
from tocsin_dispatcher.sending.routing import Routing
from tocsin_dispatcher.service.operations import push
from tocsin_dispatcher.store.revisions import current_revision, live, live_digest
from tocsin_schema.api.definitions import (
    REVISION_HEADER,
    DefinitionsPushed,
    LiveDefinitions,
    PlanAnswer,
    PushAnswer,
)
from tocsin_schema.api.errors import UNKNOWN_ROUTE, ConflictBody, FindingShown, InvalidDefinitions
from tocsin_schema.check import Checked, check
from tocsin_schema.findings import Finding, Place
from tocsin_schema.models.definitions import Definitions
from tocsin_schema.plan.changes import Live

router = scoped_router("definitions")

Key = Annotated[str, Field(max_length=100)]

ROUTE_HELP = "name one that it has, or have the dispatcher's operator set it up"


@router.get(
    "/definitions",
    response_model=LiveDefinitions,
    responses={304: {"description": "unchanged"}, **responses()},
)
async def get_definitions(
    dispatcher: Dispatching,
    caller: Reader,
    project: Annotated[str | None, Query(max_length=63)] = None,
    others: Annotated[bool, Query(description="of other projects too; the ETag still speaks of `project`")] = False,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Any:
    """Return what is running, of one project or of all.

    The ETag is the revision's number. With `project` it is the digest of what the project owns, which whoever has
    its files can compute: a plan that finds nothing to do costs one request, without a body.
    """
    async with dispatcher.database.read() as connection:
        number = await current_revision(connection)
        etag = _etag(number if project is None else await live_digest(connection, project))
        headers = {"ETag": etag, REVISION_HEADER: str(number)}
        if if_none_match is not None and etag in _etags(if_none_match):
            return Response(status_code=304, headers=headers)
        there = await live(connection, None if others else project)
    return Response(LiveDefinitions.of(there).model_dump_json(), media_type="application/json", headers=headers)


@router.put("/definitions", responses=responses(400, 413, 428, _409=ConflictBody, _422=InvalidDefinitions))
async def put_definitions(
    pushed: DefinitionsPushed,
    dispatcher: Dispatching,
    caller: Syncer,
    response: Response,
    if_match: Annotated[str | None, Header()] = None,
    idempotency_key: Annotated[Key | None, Header()] = None,
) -> PushAnswer:
    """Make what the project owns equal to what is sent: all of it, or nothing.

    A push that comes again with its Idempotency-Key, because its answer was lost, is answered as the first time.
    """
    planned = _planned(if_match)
    definitions = await _checked(pushed)
    _require_routes(named_routes(pushed.documents, definitions), dispatcher.sender.routing)
    source = pushed.source.model_dump(exclude_none=True)
    try:
        done = await push(
            dispatcher,
            definitions,
            planned=planned,
            by=caller.name,
            source=source,
            adopt=pushed.adopt,
            key=idempotency_key,
        )
    except StalePushError as error:
        body = ConflictBody(error=error.code, message=str(error), revision=error.revision)
        raise ApiError.of(error.status, body) from None
    response.headers["ETag"] = _etag(done.revision)
    return PushAnswer(
        revision=done.revision,
        created=done.counts["create"],
        updated=done.counts["update"],
        deleted=done.counts["delete"],
    )


_PLAN_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/DefinitionsPushed"}}},
    }
}


@router.post(
    "/definitions/plan",
    response_model=PlanAnswer,
    responses=responses(400, 413, _422=InvalidDefinitions),
    openapi_extra=_PLAN_BODY,
)
async def plan_definitions(request: Request, dispatcher: Dispatching, caller: Reader) -> Response:
    """Say what a push would change, and change nothing.

    It takes 20,000 documents. One is judged at a time, in a process of its own; whoever comes while four are under way
    is answered 503.
    """
    if not _is_json(request.headers.get("content-type", "")):
        raise ApiError(422, "invalid", NOT_READ)
    async with dispatcher.plans.place():
        body = await request.body()
        async with dispatcher.database.read() as connection:
            there = await live(connection)
        running = await asyncio.to_thread(_as_json, there)
        judged = await dispatcher.plans.judge(body, running)
    if judged.complaint is not None:
        raise ApiError(judged.status, "invalid", complaint(judged.complaint))
    _require_routes(judged.routes, dispatcher.sender.routing)
    return Response(judged.body, judged.status, media_type="application/json")


def _as_json(there: Live) -> bytes:
    return LiveDefinitions.of(there).model_dump_json().encode()


def _is_json(content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


async def _checked(pushed: DefinitionsPushed) -> Definitions:
    checked = await asyncio.to_thread(_check, pushed)
    if checked.definitions is not None:
        return checked.definitions
    raise ApiError.of(422, InvalidDefinitions.of(checked.findings))


def _require_routes(routes: Sequence[tuple[int, str | None, str | None]], routing: Routing) -> None:
    """Refuse definitions that name a proxy or TLS settings that this dispatcher lacks, with the names that it has."""
    findings = list(_unknown_routes(routes, routing))
    if findings:
        message = f"{findings[0].message} ({findings[0].pointer}): nothing was changed"
        raise ApiError.of(422, InvalidDefinitions(error=UNKNOWN_ROUTE, message=message, findings=findings))


def _unknown_routes(routes: Sequence[tuple[int, str | None, str | None]], routing: Routing) -> Iterator[FindingShown]:
    for number, proxy, tls in routes:
        for key, problem in (("proxy", routing.unknown_proxy(proxy)), ("tls", routing.unknown_tls(tls))):
            if problem is not None:
                found = Finding(f"unknown-{key}", "error", str(problem), Place(number, (key,)), help=ROUTE_HELP)
                yield FindingShown.of(found)


def _check(pushed: DefinitionsPushed) -> Checked:
    if not has_json_text(pushed):
        raise ApiError.of(422, InvalidDefinitions(error="invalid", message=NO_JSON_TEXT, findings=[]))
    return check(pushed.project, pushed.documents)


def _planned(if_match: str | None) -> int:
    if if_match is None:
        message = 'state the revision that the push was planned against, as in If-Match: "41"'
        raise ApiError(428, "precondition_required", message)
    match = re.fullmatch(r'"([0-9]{1,18})"', if_match.strip())
    if match is None:
        raise ApiError(400, "bad_request", f'If-Match must be one revision in quotes, as in "41", not {if_match}')
    return int(match[1])


def _etag(of: int | str) -> str:
    return f'"{of}"'


def _etags(header: str) -> set[str]:
    return {each.strip().removeprefix("W/") for each in header.split(",")}
