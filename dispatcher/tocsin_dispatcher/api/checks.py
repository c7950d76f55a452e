"""Checks in."""

import json
from typing import Annotated, Any

from fastapi import Body, Request
from pydantic import JsonValue, ValidationError

from tocsin_dispatcher.api.auth import Dispatching, Ingester
from tocsin_dispatcher.api.errors import ApiError, complaint, responses
from tocsin_dispatcher.api.scoped_route import scoped_router
from tocsin_dispatcher.service.operations import take_checks
from tocsin_schema.api.checks import Accepted, Checks
from tocsin_schema.models import Check
from tocsin_schema.models.check import Checkpoint, ReportedResponse
from tocsin_schema.text.suggest import did_you_mean

SURROGATE = rb"\ud"
"""How half a character begins in JSON."""

FIELDS = frozenset(name for model in (Check, Checkpoint, ReportedResponse) for name in model.model_fields)

router = scoped_router("checks")


_schemas: list[dict[str, Any]] = [
    model.model_json_schema(ref_template="#/components/schemas/{model}") for model in (Checks, Check)
]
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"anyOf": [{k: v for k, v in each.items() if k != "$defs"} for each in _schemas]}
            }
        },
    }
}
COMPONENTS: dict[str, Any] = {name: each for schema in _schemas for name, each in schema.get("$defs", {}).items()}
"""Schemas that the body speaks of, for the OpenAPI document."""


@router.post("/checks", status_code=202, responses=responses(400, 413), openapi_extra=_BODY)
async def post_checks(
    request: Request, body: Annotated[JsonValue, Body()], dispatcher: Dispatching, caller: Ingester
) -> Accepted:
    """Take checks in: `{"checks": [...]}` or one bare check."""
    may_be_broken = SURROGATE in (await request.body()).lower()
    checks = _checks(_well_formed(body) if may_be_broken else body)
    taken = await take_checks(dispatcher, checks)
    return Accepted(accepted=sum(taken.accepted.values()), duplicates=taken.duplicates)


def _well_formed(body: JsonValue) -> JsonValue:
    """Put a question mark for every half of a character: a cut response body must not keep an alert from coming."""
    whole: JsonValue = json.loads(json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"))
    return whole


def _checks(body: JsonValue) -> list[Check]:
    if not isinstance(body, dict):
        raise ApiError(422, "invalid", 'the body: expected {"checks": [...]} or one check')
    try:
        if "checks" in body:
            return Checks.model_validate(body).checks
        return [Check.model_validate(body)]
    except ValidationError as error:
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        first = error.errors()[0]
        hint = did_you_mean(str(first["loc"][-1]), FIELDS) if first["type"] == "extra_forbidden" else None
        raise ApiError(422, "invalid", complaint(first) + (f": {hint}" if hint else "") + more) from None
