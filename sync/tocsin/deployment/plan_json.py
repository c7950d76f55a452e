"""The JSON that a plan is printed and saved as.

The models say which keys there are and what they mean: `schema/plan.schema.json` and `schema/saved-plan.schema.json`
are made from them.
"""

import json
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field

from tocsin.deployment.change_json import ChangedDefinitionJson, changed_definition
from tocsin.deployment.drift import Drift
from tocsin.deployment.drift_json import DriftJson
from tocsin_schema.models.document import Strict
from tocsin_schema.models.items import Items
from tocsin_schema.plan.plan import Action, Allowed, Change, LimitUse, Plan, Refusal

VERSION: Literal[1] = 1
"""Changes when a key changes its meaning."""

Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Texts = Annotated[tuple[str, ...], Items()]


class ChangeJson(ChangedDefinitionJson):
    """One definition that would be created, updated or deleted."""

    adopted_from: str | None
    """The project that it is taken from."""

    @classmethod
    def of(cls, change: Change) -> Self:
        """Return a change as JSON has it, complete with before and after."""
        return cls(**changed_definition(change), adopted_from=change.adopted_from)


class LimitJson(Strict):
    """How much of a limit the plan uses."""

    action: Literal["delete", "update"]
    """What is limited."""
    count: Annotated[int, Field(ge=1)]
    """Definitions that count for the limit."""
    owned: int
    """Definitions that the project owns there."""
    percent: int
    """The share, rounded up."""
    limit: int | None
    """The most that is allowed, in percent; null where any share is."""

    @classmethod
    def of(cls, use: LimitUse) -> Self:
        """Return the use of a limit as JSON has it."""
        return cls(action=use.action, count=use.count, owned=use.owned, percent=use.percent, limit=use.limit)


class RefusalJson(Strict):
    """Why a sync is refused."""

    reason: str
    """What is wrong, in words."""
    allow: str | None
    """The options that would allow it."""
    by: Literal["ownership", "protection", "limits"]
    """What it would violate."""

    @classmethod
    def of(cls, refusal: Refusal) -> Self:
        """Return a refusal as JSON has it."""
        return cls(reason=refusal.reason, allow=refusal.allow, by=refusal.by)


class PlanJson(Strict):
    """A plan, complete. `version` changes when a key changes its meaning."""

    version: Literal[1]
    """The version of this form."""
    target: str
    """The target that it is for."""
    owner: str
    """The project."""
    revision: int
    """The revision of the target that it was planned against."""
    tool_version: str
    """The version of Tocsin that planned."""
    digest: Digest
    """Over target, owner, tool version and every change."""
    counts: dict[Action, int]
    """Definitions that each action touches."""
    changes: Annotated[tuple[ChangeJson, ...], Items()]
    """By kind, in the order of their dependencies, and name."""
    limits: Annotated[tuple[LimitJson, ...], Items()]
    """The limits that it uses."""
    refusals: Annotated[tuple[RefusalJson, ...], Items()]
    """Why it can't be synced as it is; nothing where it can."""
    warnings: Texts
    """What to know before it is synced, in words."""

    @classmethod
    def of(cls, plan: Plan) -> Self:
        """Return the plan as it is printed and saved, complete with before and after of every change."""
        return cls(
            version=VERSION,
            target=plan.target,
            owner=plan.owner,
            revision=plan.revision,
            tool_version=plan.tool_version,
            digest=plan.digest,
            counts=plan.counts,
            changes=tuple(map(ChangeJson.of, plan.changes)),
            limits=tuple(map(LimitJson.of, plan.limits)),
            refusals=tuple(map(RefusalJson.of, plan.refusals)),
            warnings=plan.warnings,
        )


class PrintedPlanJson(PlanJson):
    """What `tocsin plan --format json` prints: the plan, and what changed on the target itself."""

    drift: DriftJson | None
    """What changed on the target since the last sync from here; null where that was not looked at."""


class AllowedJson(Strict):
    """What was allowed beyond the limits when it was planned."""

    delete_percent: int
    """The share of what the project owns that may be deleted, in percent."""
    update_percent: int
    """The share that may be updated, in percent."""
    deletions: Texts
    """Definitions whose deletion was allowed by name, such as `alert/shop-down`."""
    adoptions: Texts
    """Definitions that may be taken from another project."""

    @classmethod
    def of(cls, allowed: Allowed) -> Self:
        """Return what is allowed as JSON has it, sorted."""
        return cls(
            delete_percent=allowed.delete_percent,
            update_percent=allowed.update_percent,
            deletions=tuple(sorted(allowed.deletions)),
            adoptions=tuple(sorted(allowed.adoptions)),
        )

    def value(self) -> Allowed:
        """Return it as plans take it."""
        return Allowed(self.delete_percent, self.update_percent, frozenset(self.deletions), frozenset(self.adoptions))


class SavedPlanContent(Strict):
    """What a saved plan says."""

    kind: Literal["tocsin-plan"]
    """What the file is."""
    version: Literal[1]
    """The version of this form."""
    url: str
    """Where the target answers."""
    plan: PlanJson
    """The plan that was looked at."""
    allowed: AllowedJson
    """What was allowed beyond the limits when it was planned."""


class SavedPlanJson(SavedPlanContent):
    """What `tocsin plan --out FILE` writes."""

    checksum: Digest
    """SHA-256 of the canonical JSON of everything else here."""


def plan_json(plan: Plan, drift: Drift | None = None) -> str:
    """Return the plan as one JSON object, with the target's drift."""
    told = DriftJson.of(drift) if drift is not None else None
    return json_text(PrintedPlanJson(**dict(PlanJson.of(plan)), drift=told))


def json_text(value: BaseModel) -> str:
    """Return JSON as it is written to files and printed."""
    return json.dumps(value.model_dump(), indent=2, ensure_ascii=False) + "\n"
