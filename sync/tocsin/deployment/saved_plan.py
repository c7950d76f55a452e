"""A plan in a file: what was looked at is what is synced, or nothing is."""

import json
from collections.abc import Iterator
from pathlib import Path

from pydantic import JsonValue, ValidationError

from tocsin import __version__
from tocsin.atomic_files import replace_contents
from tocsin.deployment.deployment import Deployment
from tocsin.deployment.plan_json import VERSION, AllowedJson, PlanJson, SavedPlanContent, SavedPlanJson, json_text
from tocsin.errors import RefusedError, TocsinError, UsageError
from tocsin_schema.models.canonical import digest
from tocsin_schema.plan.plan import Allowed, Plan
from tocsin_schema.text.credentials import without_credentials

AGAIN = "plan again: tocsin plan --out FILE"


def write_plan(file: Path, plan: Plan, allowed: Allowed, url: str) -> None:
    """Write a plan and what was allowed, all of it or nothing; raises TocsinError where it can't be written."""
    content = SavedPlanContent(
        kind="tocsin-plan",
        version=VERSION,
        url=without_credentials(url),
        plan=PlanJson.of(plan),
        allowed=AllowedJson.of(allowed),
    )
    text = json_text(SavedPlanJson(**dict(content), checksum=digest(content.model_dump())))
    try:
        replace_contents(file, text.encode(), private=True)
    except OSError as error:
        raise TocsinError(f"can't write the plan to {file}: {error.strerror}") from error


def read_plan(file: Path) -> SavedPlanJson:
    """Read a plan. Raises UsageError where there is no such file, RefusedError where it is not what was written."""
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"the plan {file} can't be read: {error.strerror}", AGAIN) from error
    except UnicodeDecodeError as error:
        raise _refused(file, "it is no text") from error
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _refused(file, "it is cut off, or no JSON") from error
    if not isinstance(value, dict) or value.get("kind") != "tocsin-plan":
        raise _refused(file, "it was not written by `tocsin plan --out`")
    if value.get("version") != VERSION:
        raise _refused(file, f"it has version {json.dumps(value.get('version'))}, and this Tocsin reads {VERSION}")
    if value.pop("checksum", None) != (checksum := _digest(value)):
        raise _refused(file, "it was changed after it was written: its checksum is not that of its content")
    try:
        return SavedPlanJson.model_validate({**value, "checksum": checksum})
    except ValidationError as error:
        raise _refused(file, f"it lacks what a plan has: {error.errors()[0]['msg']}") from error


def plan_again(file: Path, saved: SavedPlanJson, deployment: Deployment) -> Plan:
    """Plan with what a saved plan allows, for the same target and with the same outcome.

    Raises RefusedError where it is another target, address, project or version of Tocsin, or the plan comes out
    otherwise now; it names all that differs.
    """
    target, project = deployment.target, deployment.definitions.project
    pairs = (
        ("target", saved.plan.target, deployment.target_name),
        ("address of the target", saved.url, without_credentials(target.url)),
        ("project", saved.plan.owner, project.name),
        ("version of Tocsin", saved.plan.tool_version, __version__),
    )
    _refuse(file, [f"{what}: planned for {was}, now {now}" for what, was, now in pairs if was != now])
    planned = deployment.plan(saved.allowed.value())
    _refuse(file, list(_differences(saved, planned)))
    return planned


def _differences(saved: SavedPlanJson, planned: Plan) -> Iterator[str]:
    if saved.plan.revision != planned.revision:
        yield f"revision: planned against revision {saved.plan.revision}, now {planned.revision}"
    if saved.plan.digest != planned.digest:
        was = {(each.kind, each.name) for each in saved.plan.changes}
        now = {(each.identity.kind, each.identity.name) for each in planned.changes}
        others = sorted(f"{kind}/{name}" for kind, name in was ^ now)
        more = f" ({', '.join(others[:3])}{', ...' if len(others) > 3 else ''})" if others else ""
        yield f"digest: the files or the target changed, so that the plan has other changes now{more}"
    elif saved.plan.revision == planned.revision and saved.plan != PlanJson.of(planned):
        yield "it was changed after it was written: it shows something else than would be done"


def _refuse(file: Path, reasons: list[str]) -> None:
    if reasons:
        raise _refused(file, "; ".join(reasons))


def _refused(file: Path, reason: str) -> RefusedError:
    return RefusedError(f"the plan {file} is refused, nothing was changed: {reason}", AGAIN)


def _digest(value: JsonValue) -> str:
    try:
        return digest(value)
    except ValueError:  # NaN, which no plan holds
        return ""
