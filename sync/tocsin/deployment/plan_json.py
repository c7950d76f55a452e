"""The JSON that a plan is printed and saved as; `tocsin schema plan` and `saved-plan` describe it."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from tocsin_schema.plan.plan import Action, Allowed, Document, Plan

VERSION: Literal[1] = 1
"""Changes when a key changes its meaning."""

Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ChangeShape(_Closed):
    """One definition that would be created, updated or deleted."""

    action: Action
    kind: str
    name: str
    before: dict[str, JsonValue] | None
    after: dict[str, JsonValue] | None
    adopted_from: str | None = Field(description="The project that it is taken from.")


class LimitShape(_Closed):
    """How much of a limit the plan uses."""

    action: Literal["delete", "update"]
    count: Annotated[int, Field(ge=1, description="Definitions that count for the limit.")]
    owned: int = Field(description="Definitions that the project owns there.")
    percent: int = Field(description="The share, rounded up.")
    limit: int | None = Field(description="The most that is allowed, in percent; null where any share is.")


class RefusalShape(_Closed):
    """Why a sync is refused."""

    reason: str
    allow: str | None = Field(description="The options that would allow it.")
    by: Literal["ownership", "protection", "limits"]


class PlanShape(_Closed):
    """A plan, complete. `version` changes when a key changes its meaning."""

    version: Literal[1]
    target: str
    owner: str = Field(description="The project.")
    revision: int = Field(description="The revision of the target that it was planned against.")
    tool_version: str
    digest: Digest = Field(description="Over target, owner, tool version and every change.")
    counts: dict[Action, int]
    changes: list[ChangeShape]
    limits: list[LimitShape]
    refusals: list[RefusalShape]
    warnings: list[str]


class PrintedPlanShape(PlanShape):
    """What `tocsin plan --format json` prints: the plan, and what changed on the target itself."""

    drift: dict[str, JsonValue] | None = Field(
        description="What changed on the target since the last sync from here: `base`, `unknown`, `changes`."
    )


class AllowedShape(_Closed):
    """What was allowed beyond the limits when it was planned."""

    delete_percent: int
    update_percent: int
    deletions: list[str]
    adoptions: list[str]

    @classmethod
    def of(cls, allowed: Allowed) -> "AllowedShape":
        """Return what is allowed, sorted."""
        return cls(
            delete_percent=allowed.delete_percent,
            update_percent=allowed.update_percent,
            deletions=sorted(allowed.deletions),
            adoptions=sorted(allowed.adoptions),
        )

    def value(self) -> Allowed:
        """Return it as plans take it."""
        return Allowed(self.delete_percent, self.update_percent, frozenset(self.deletions), frozenset(self.adoptions))


class SavedPlanShape(_Closed):
    """What `tocsin plan --out FILE` writes."""

    kind: Literal["tocsin-plan"]
    version: Literal[1]
    url: str = Field(description="Where the target answers.")
    plan: PlanShape
    allowed: AllowedShape
    checksum: Digest = Field(description="SHA-256 of the canonical JSON of everything else here.")


def plan_shape(plan: Plan) -> PlanShape:
    """Return the plan as it is printed and saved, complete with before and after of every change."""
    return PlanShape(
        version=VERSION,
        target=plan.target,
        owner=plan.owner,
        revision=plan.revision,
        tool_version=plan.tool_version,
        digest=plan.digest,
        counts=plan.counts,
        changes=[
            ChangeShape(
                action=each.action,
                kind=each.identity.kind,
                name=each.identity.name,
                before=_dict(each.before),
                after=_dict(each.after),
                adopted_from=each.adopted_from,
            )
            for each in plan.changes
        ],
        limits=[
            LimitShape(action=use.action, count=use.count, owned=use.owned, percent=use.percent, limit=use.limit)
            for use in plan.limits
        ],
        refusals=[RefusalShape(reason=each.reason, allow=each.allow, by=each.by) for each in plan.refusals],
        warnings=list(plan.warnings),
    )


def plan_json(plan: Plan, drift: dict[str, JsonValue] | None = None) -> str:
    """Return the plan as one JSON object, with the target's drift."""
    return json_text({**plan_shape(plan).model_dump(), "drift": drift})


def json_text(value: Mapping[str, Any]) -> str:
    """Return JSON as it is written to files and printed."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def plan_schema_text(kind: str) -> str:
    """Return the JSON Schema of `plan` or `saved-plan`, as the text of its file."""
    from tocsin_schema.models.json_schema import DIALECT

    schema = (PrintedPlanShape if kind == "plan" else SavedPlanShape).model_json_schema(mode="serialization")
    return json_text({"$schema": DIALECT, **schema, "title": f"Tocsin {kind}"})


def _dict(document: Document | None) -> dict[str, JsonValue] | None:
    return dict(document) if document is not None else None
