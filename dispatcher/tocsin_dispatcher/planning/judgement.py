"""What a push would change, or what is wrong with it, from the bytes of a request to those of its answer. Pure."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue, ValidationError

from tocsin_schema.api.definitions import DefinitionsPushed, PlanAnswer, PlannedChange, PlannedRefusal
from tocsin_schema.api.errors import InvalidDefinitions
from tocsin_schema.check import check
from tocsin_schema.models.definitions import Definitions
from tocsin_schema.plan.changes import Live, LiveEntry
from tocsin_schema.plan.plan import Allowed, plan

MAX_DOCUMENTS = 20_000
UNREADABLE = "the body is not JSON that can be read: nested too deeply, not in UTF-8, or a number is too long"
NO_JSON_TEXT = "the definitions hold a lone surrogate, NaN or Infinity, which no JSON text can: nothing was changed"


@dataclass(frozen=True, slots=True)
class Judged:
    """An answer, with the proxies and TLS settings that the definitions name, which the dispatcher knows."""

    status: int
    body: str
    """JSON."""
    routes: Sequence[tuple[int, str | None, str | None]] = ()
    """Number of an integration's document, its proxy and its TLS settings, where it names one."""
    complaint: dict[str, Any] | None = None
    """What pydantic found wrong with the request, in place of a body."""


def judge(body: bytes, running: bytes) -> Judged:
    """Judge a request's body against what is running, `LiveDefinitions` as JSON."""
    if not body:
        return Judged(422, "", complaint={"type": "missing", "loc": [], "msg": ""})
    try:
        value = json.loads(body)
    except json.JSONDecodeError as error:
        return _refused(400, "bad_request", f"the body is not JSON: {error.msg}")
    except (ValueError, RecursionError):
        return _refused(400, "bad_request", UNREADABLE)
    try:
        pushed = DefinitionsPushed.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        return Judged(422, "", complaint={"type": first["type"], "loc": list(first["loc"]), "msg": first["msg"]})
    count = len(pushed.documents)
    if count > MAX_DOCUMENTS:
        message = (
            f"a plan takes {MAX_DOCUMENTS:,} documents, these are {count:,}: `tocsin plan` judges them where they are"
        )
        return _refused(422, "too_large", message)
    if not has_json_text(pushed):
        return _refused(422, "invalid", NO_JSON_TEXT)
    checked = check(pushed.project, pushed.documents)
    if checked.definitions is None:
        return Judged(422, InvalidDefinitions.of(checked.findings).model_dump_json(exclude_unset=True))
    planned = plan(
        checked.definitions,
        _live(running),
        target="",
        tool_version=pushed.source.tool_version or "",
        allowed=Allowed(adoptions=frozenset(pushed.adopt)),
    )
    answer = PlanAnswer(
        revision=planned.revision,
        changes=[PlannedChange.of(change) for change in planned.changes],
        refusals=[PlannedRefusal(reason=each.reason, allow=each.allow) for each in planned.refusals],
        warnings=list(planned.warnings),
    )
    return Judged(200, answer.model_dump_json(), named_routes(pushed.documents, checked.definitions))


def _live(running: bytes) -> Live:
    """Return what is running as plans compare it, without models: of 100,000 definitions they take 200 MiB."""
    told = json.loads(running)
    entries = (
        LiveEntry(each["owner"], each["document"], each["former_owner"], each["since"]) for each in told["entries"]
    )
    return Live(told["revision"], tuple(entries))


def named_routes(documents: Sequence[JsonValue], definitions: Definitions) -> list[tuple[int, str | None, str | None]]:
    """Return the proxies and TLS settings that integrations name, with the numbers of their documents."""
    found = []
    for number, document in enumerate(documents):
        if isinstance(document, dict) and document.get("kind") == "integration":
            named = definitions.integrations[str(document["name"])]
            if named.proxy is not None or named.tls is not None:
                found.append((number, named.proxy, named.tls))
    return found


def has_json_text(pushed: DefinitionsPushed) -> bool:
    """Whether the definitions can be written as JSON: half a character, NaN and infinity can't."""
    try:
        json.dumps([pushed.project, pushed.documents], ensure_ascii=False, allow_nan=False).encode()
    except ValueError:
        return False
    return True


def _refused(status: int, error: str, message: str) -> Judged:
    return Judged(status, json.dumps({"error": error, "message": message}))
