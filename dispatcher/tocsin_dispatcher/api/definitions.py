"""The definitions: what is running, a push, and a plan."""

import asyncio
import json
import re
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response
from pydantic import Field, JsonValue

from tocsin_dispatcher.api.auth import Dispatching, Reader, Syncer
from tocsin_dispatcher.api.errors import ApiError, responses
from tocsin_dispatcher.incidents.push import StalePushError
from tocsin_dispatcher.sending.routing import Routing
from tocsin_dispatcher.service.operations import push
from tocsin_dispatcher.store.revisions import current_revision, live, live_digest
from tocsin_schema.api.definitions import (
    REVISION_HEADER,
    DefinitionsPushed,
    LiveDefinitions,
    PlanAnswer,
    PlannedChange,
    PlannedRefusal,
    PushAnswer,
)
from tocsin_schema.api.errors import UNKNOWN_ROUTE, ConflictBody, FindingShown, InvalidDefinitions
from tocsin_schema.check import Checked, check
from tocsin_schema.findings import Finding, Place
from tocsin_schema.models.definitions import Definitions
from tocsin_schema.plan.plan import Allowed, plan

router = APIRouter(tags=["definitions"])

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
    _require_routes(pushed, definitions, dispatcher.sender.routing)
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


@router.post("/definitions/plan", responses=responses(400, 413, _422=InvalidDefinitions))
async def plan_definitions(pushed: DefinitionsPushed, dispatcher: Dispatching, caller: Reader) -> PlanAnswer:
    """Say what a push would change, and change nothing."""
    definitions = await _checked(pushed)
    _require_routes(pushed, definitions, dispatcher.sender.routing)
    async with dispatcher.database.read() as connection:
        there = await live(connection)
    allowed = Allowed(adoptions=frozenset(pushed.adopt))
    version = pushed.source.tool_version or ""
    planned = await asyncio.to_thread(plan, definitions, there, target="", tool_version=version, allowed=allowed)
    return PlanAnswer(
        revision=planned.revision,
        changes=[PlannedChange.of(change) for change in planned.changes],
        refusals=[PlannedRefusal(reason=each.reason, allow=each.allow) for each in planned.refusals],
        warnings=list(planned.warnings),
    )


async def _checked(pushed: DefinitionsPushed) -> Definitions:
    checked = await asyncio.to_thread(_check, pushed)
    if checked.definitions is not None:
        return checked.definitions
    errors = len(checked.errors)
    message = f"the definitions have {errors} error{'s' if errors != 1 else ''}: nothing was changed"
    findings = [FindingShown.of(each) for each in checked.findings]
    raise ApiError.of(422, InvalidDefinitions(error="invalid", message=message, findings=findings))


def _require_routes(pushed: DefinitionsPushed, definitions: Definitions, routing: Routing) -> None:
    """Refuse definitions that name a proxy or TLS settings that this dispatcher lacks, with the names that it has."""
    findings = list(_unknown_routes(pushed.documents, definitions, routing))
    if findings:
        message = f"{findings[0].message} ({findings[0].pointer}): nothing was changed"
        raise ApiError.of(422, InvalidDefinitions(error=UNKNOWN_ROUTE, message=message, findings=findings))


def _unknown_routes(
    documents: Sequence[JsonValue], definitions: Definitions, routing: Routing
) -> Iterator[FindingShown]:
    for number, document in enumerate(documents):
        if not isinstance(document, dict) or document.get("kind") != "integration":
            continue
        named = definitions.integrations[str(document["name"])]
        for key, problem in (
            ("proxy", routing.unknown_proxy(named.proxy)),
            ("tls", routing.unknown_tls(named.tls)),
        ):
            if problem is not None:
                found = Finding(f"unknown-{key}", "error", str(problem), Place(number, (key,)), help=ROUTE_HELP)
                yield FindingShown.of(found)


def _check(pushed: DefinitionsPushed) -> Checked:
    try:
        json.dumps([pushed.project, pushed.documents], ensure_ascii=False, allow_nan=False).encode()
    except ValueError:
        message = "the definitions hold a lone surrogate, NaN or Infinity, which no JSON text can: nothing was changed"
        raise ApiError.of(422, InvalidDefinitions(error="invalid", message=message, findings=[])) from None
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
