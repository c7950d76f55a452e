"""The definitions: what is running, a push, and a plan."""

import asyncio
import json
import re
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue

from tocsin_dispatcher.api.auth import Dispatching, Reader, Syncer
from tocsin_dispatcher.api.errors import ApiError, ErrorBody, responses
from tocsin_dispatcher.incidents.push import RefusedPushError, StalePushError
from tocsin_dispatcher.service.operations import push
from tocsin_dispatcher.store.revisions import current_revision, live, live_digest
from tocsin_schema.check import Checked, check
from tocsin_schema.findings import Finding, json_pointer
from tocsin_schema.models.definitions import Definitions
from tocsin_schema.plan.plan import Allowed, Change, plan
from tocsin_schema.text.credentials import without_credentials

router = APIRouter(tags=["definitions"])

REVISION_HEADER = "Tocsin-Revision"
"""The revision that an answer speaks of, also where it has no body."""

Text = Annotated[str, Field(max_length=200)]
Location = Annotated[str, Field(max_length=500), AfterValidator(without_credentials)]
"""An address, kept without what gives access to it."""
Key = Annotated[str, Field(max_length=100)]


class Entry(BaseModel):
    """A definition and the project that owns it."""

    owner: str
    document: dict[str, JsonValue]
    """The canonical document."""
    former_owner: str | None = None
    """The project that it was taken from by the revision `since`, where it was."""
    since: int | None = None


class LiveDefinitions(BaseModel):
    """What is running."""

    revision: int
    entries: list[Entry]


class PushSource(BaseModel):
    """Where a push comes from."""

    model_config = ConfigDict(extra="forbid")

    commit: Text | None = None
    branch: Text | None = None
    dirty: bool | None = None
    repository: Location | None = None
    """The remote that the repository was cloned from, without credentials."""
    job: Location | None = None
    """The CI job, without credentials."""
    user: Text | None = None
    tool_version: Text | None = None
    origin: Text | None = None
    """What was pushed where it was not the files of a repository: `rollback to 41`."""


class DefinitionsPushed(BaseModel):
    """Everything that a project defines."""

    model_config = ConfigDict(extra="forbid")

    project: dict[str, JsonValue]
    """The project file."""
    documents: list[JsonValue]
    adopt: list[Text] = []
    """Definitions to take from other projects, such as `monitor/shop-home`, or names for every kind."""
    source: PushSource = PushSource()


class PushAnswer(BaseModel):
    """What a push did; the same revision as before where there was nothing to do."""

    revision: int
    created: int
    updated: int
    deleted: int


class PlannedChange(BaseModel):
    """One definition that a push would change."""

    action: str
    kind: str
    name: str
    before: dict[str, JsonValue] | None
    after: dict[str, JsonValue] | None
    adopted_from: str | None = None
    """The project that it would be taken from."""

    @classmethod
    def of(cls, change: Change) -> "PlannedChange":
        """Show a change."""
        return cls(
            action=change.action,
            kind=change.identity.kind,
            name=change.identity.name,
            before=None if change.before is None else dict(change.before),
            after=None if change.after is None else dict(change.after),
            adopted_from=change.adopted_from,
        )


class PlannedRefusal(BaseModel):
    """Why a sync would be refused, and the option that allows it."""

    reason: str
    allow: str | None


class PlanAnswer(BaseModel):
    """What a push would do."""

    revision: int
    changes: list[PlannedChange]
    refusals: list[PlannedRefusal]
    warnings: list[str]
    """What the changes bring about and do not say themselves."""


class FindingShown(BaseModel):
    """One thing that is wrong with the definitions."""

    code: str
    severity: str
    message: str
    pointer: str
    """JSON pointer into the request."""
    start: int | None
    """Where in the text that the pointer leads to."""
    end: int | None
    help: str | None


class InvalidDefinitions(ErrorBody):
    """Definitions that were refused whole."""

    findings: list[FindingShown] = []


class ConflictBody(ErrorBody):
    """A push that doesn't go with what is running."""

    revision: int | None = None
    """The current one, where the push was planned against another."""


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
    entries = [
        Entry(owner=each.owner, document=dict(each.document), former_owner=each.former_owner, since=each.since)
        for each in there.entries
    ]
    body = LiveDefinitions(revision=there.revision, entries=entries)
    return Response(body.model_dump_json(), media_type="application/json", headers=headers)


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
        raise ApiError(409, "conflict", str(error), more={"revision": error.revision}) from None
    except RefusedPushError as error:
        raise ApiError(409, error.by, str(error)) from None
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
    raise ApiError(422, "invalid", message, more={"findings": [_finding(each) for each in checked.findings]})


def _check(pushed: DefinitionsPushed) -> Checked:
    try:
        json.dumps([pushed.project, pushed.documents], ensure_ascii=False, allow_nan=False).encode()
    except ValueError:
        message = "the definitions hold a lone surrogate, NaN or Infinity, which no JSON text can: nothing was changed"
        raise ApiError(422, "invalid", message, more={"findings": []}) from None
    return check(pushed.project, pushed.documents)


def _finding(finding: Finding) -> dict[str, JsonValue]:
    return {
        "code": finding.code,
        "severity": finding.severity,
        "message": finding.message,
        "pointer": json_pointer(finding.where),
        "start": finding.where.start,
        "end": finding.where.end,
        "help": finding.help,
    }


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
