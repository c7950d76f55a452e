"""A plan: what a sync would change, complete before anything is written.

A plan is a value. Showing it, saving it and applying it are other places.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from tocsin_schema.models.canonical import canonical, digest
from tocsin_schema.models.definitions import Definitions
from tocsin_schema.plan import refusals as refused
from tocsin_schema.plan.changes import (
    KIND_ORDER,
    Action,
    Allowed,
    Change,
    Document,
    Identity,
    LimitUse,
    Live,
    LiveEntry,
    Refusal,
    same,
    set_digest,
)
from tocsin_schema.plan.warnings import warnings

__all__ = [
    "KIND_ORDER",
    "Action",
    "Allowed",
    "Change",
    "Document",
    "Identity",
    "LimitUse",
    "Live",
    "LiveEntry",
    "Plan",
    "Refusal",
    "definitions_digest",
    "desired_documents",
    "plan",
]


@dataclass(frozen=True, slots=True)
class Plan:
    """Sorted changes, the limits they use, refusals, warnings, and the revision that they were made against."""

    target: str
    owner: str
    revision: int
    tool_version: str
    changes: tuple[Change, ...]
    refusals: tuple[Refusal, ...] = ()
    warnings: tuple[str, ...] = ()
    limits: tuple[LimitUse, ...] = ()

    @property
    def counts(self) -> dict[Action, int]:
        """How many definitions each action touches."""
        counted = Counter(change.action for change in self.changes)
        return {"create": counted["create"], "update": counted["update"], "delete": counted["delete"]}

    @property
    def adopted(self) -> tuple[Change, ...]:
        """The changes that take a definition from another project."""
        return tuple(change for change in self.changes if change.adopted_from is not None)

    @property
    def digest(self) -> str:
        """SHA-256 over target, owner, identities, before and after, and the tool's version."""
        changes: list[JsonValue] = [
            [each.action, str(each.identity), _json(each.before), _json(each.after), each.adopted_from]
            for each in self.changes
        ]
        return digest([self.target, self.owner, self.tool_version, changes])


def desired_documents(definitions: Definitions) -> list[dict[str, JsonValue]]:
    """Return the canonical documents to sync, the project's own first."""
    return [canonical(definitions.project), *(canonical(each) for each in definitions)]


def definitions_digest(definitions: Definitions) -> str:
    """Return the digest that a target has for this project where it runs exactly these definitions."""
    documents = desired_documents(definitions)
    return set_digest(definitions.project.name, {Identity.of(each): digest(each) for each in documents})


def plan(
    definitions: Definitions, live: Live, *, target: str, tool_version: str, allowed: Allowed | None = None
) -> Plan:
    """Return the plan that makes what the project owns on a target equal to `definitions`."""
    allowed = allowed or Allowed()
    owner = definitions.project.name
    desired = {Identity.of(document): document for document in desired_documents(definitions)}
    owned = live.owned_by(owner)
    foreign = {entry.identity: entry for entry in live.entries if entry.owner != owner}
    changes = tuple(sorted(_changes(desired, owned, foreign, allowed), key=lambda change: change.identity.sort_key))
    uses = refused.limit_uses(changes, owned, allowed)
    return Plan(
        target,
        owner,
        live.revision,
        tool_version,
        changes,
        (
            *refused.ownership(desired, live, owner, allowed),
            *refused.left_behind(changes, live),
            *refused.protection(changes),
            *refused.limits(changes, owned, uses, allowed),
        ),
        (*warnings(changes, owned, desired, owner), *refused.idle(changes, allowed)),
        uses,
    )


def _changes(
    desired: Mapping[Identity, Document],
    owned: Mapping[Identity, Document],
    foreign: Mapping[Identity, LiveEntry],
    allowed: Allowed,
) -> Iterator[Change]:
    for identity, document in desired.items():
        before, taken = owned.get(identity), foreign.get(identity)
        if before is not None:
            if not same(before, document):
                yield Change("update", identity, before, document)
        elif taken is None:
            yield Change("create", identity, None, document)
        elif allowed.adopts(identity):
            yield Change("update", identity, taken.document, document, taken.owner)
    for identity, document in owned.items():
        if identity not in desired:
            yield Change("delete", identity, document, None)


def _json(document: Document | None) -> JsonValue:
    return dict(document) if document is not None else None
