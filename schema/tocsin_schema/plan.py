"""A plan: what a sync would change, complete before anything is written.

A plan is a value. Showing it, saving it and applying it are other places.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue

from tocsin_schema.canonical import canonical, canonical_json, digest
from tocsin_schema.definitions import Definitions
from tocsin_schema.models import Limits

Action = Literal["create", "update", "delete"]
Document = Mapping[str, JsonValue]

KIND_ORDER = {kind: number for number, kind in enumerate(("project", "monitor", "integration", "alert", "sample"))}

DELETE_LIMIT = 30
"""Percent of what the project owns on a target that one sync may delete (`design.md`, section 7)."""
UPDATE_LIMIT = 50
"""Percent that one sync may update, once the project owns more than `UPDATE_FLOOR` definitions there."""
UPDATE_FLOOR = 10


@dataclass(frozen=True, slots=True, order=True)
class Identity:
    """What names a definition everywhere: kind and name."""

    kind: str
    name: str

    def __str__(self) -> str:
        """Give it as options and messages write it: `alert/shop-down`."""
        return f"{self.kind}/{self.name}"

    @classmethod
    def of(cls, document: Document) -> "Identity":
        """Give the identity of a canonical document."""
        return cls(str(document.get("kind")), str(document.get("name")))

    @property
    def sort_key(self) -> tuple[int, str, str]:
        """Kinds in dependency order, then names."""
        return (KIND_ORDER.get(self.kind, len(KIND_ORDER)), self.kind, self.name)


@dataclass(frozen=True, slots=True)
class LiveEntry:
    """A definition as a target has it: the canonical document and the project that owns it."""

    owner: str
    document: Document

    @property
    def identity(self) -> Identity:
        """Kind and name of the document."""
        return Identity.of(self.document)


@dataclass(frozen=True, slots=True)
class Live:
    """All that a target has, at one revision."""

    revision: int
    entries: tuple[LiveEntry, ...] = ()

    def owned_by(self, project: str) -> dict[Identity, Document]:
        """Give what a project owns there."""
        return {entry.identity: entry.document for entry in self.entries if entry.owner == project}


@dataclass(frozen=True, slots=True)
class Change:
    """One definition that would be created, updated or deleted."""

    action: Action
    identity: Identity
    before: Document | None
    after: Document | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a plan may not be applied, and the option that would allow it, where there is one."""

    reason: str
    allow: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Sorted changes, refusals, and the revision that they were made against."""

    target: str
    owner: str
    revision: int
    tool_version: str
    changes: tuple[Change, ...]
    refusals: tuple[Refusal, ...] = ()

    @property
    def counts(self) -> dict[Action, int]:
        """How many definitions each action touches."""
        counted = Counter(change.action for change in self.changes)
        return {"create": counted["create"], "update": counted["update"], "delete": counted["delete"]}

    @property
    def digest(self) -> str:
        """SHA-256 over target, owner, identities, before and after, and the tool's version."""
        changes: list[JsonValue] = [
            [change.action, str(change.identity), _json(change.before), _json(change.after)] for change in self.changes
        ]
        return digest([self.target, self.owner, self.tool_version, changes])


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the user allows beyond the limits: percentages, and identities such as `alert/shop-down`."""

    delete_percent: int = DELETE_LIMIT
    update_percent: int = UPDATE_LIMIT
    deletions: frozenset[str] = frozenset()

    @classmethod
    def by(cls, limits: Limits | None) -> "Allowed":
        """Give what the target's own `limits` say."""
        if limits is None:
            return cls()
        return cls(_percent(limits.delete, DELETE_LIMIT), _percent(limits.update, UPDATE_LIMIT))


def desired_documents(definitions: Definitions) -> list[dict[str, JsonValue]]:
    """Give the canonical documents to sync, the project's own first."""
    return [canonical(definitions.project), *(canonical(each) for each in definitions)]


def plan(
    definitions: Definitions, live: Live, *, target: str, tool_version: str, allowed: Allowed | None = None
) -> Plan:
    """Give the plan that makes what the project owns on a target equal to `definitions`."""
    owner = definitions.project.name
    desired = {Identity.of(document): document for document in desired_documents(definitions)}
    owned = live.owned_by(owner)
    changes = tuple(sorted(_changes(desired, owned), key=lambda change: change.identity.sort_key))
    refusals = (*_ownership(desired, live, owner), *_limits(changes, owned, allowed or Allowed()))
    return Plan(target, owner, live.revision, tool_version, changes, refusals)


def _changes(desired: Mapping[Identity, Document], owned: Mapping[Identity, Document]) -> Iterator[Change]:
    for identity, document in desired.items():
        before = owned.get(identity)
        if before is None:
            yield Change("create", identity, None, document)
        elif canonical_json(dict(before)) != canonical_json(dict(document)):  # Python takes true for 1
            yield Change("update", identity, before, document)
    for identity, document in owned.items():
        if identity not in desired:
            yield Change("delete", identity, document, None)


def _ownership(desired: Mapping[Identity, Document], live: Live, owner: str) -> Iterator[Refusal]:
    foreign = [entry for entry in live.entries if entry.owner != owner]
    names = {entry.identity: entry for entry in foreign}
    guids = {guid: entry for entry in foreign if (guid := _guid(entry.document)) is not None}
    for identity, document in sorted(desired.items(), key=lambda item: item[0].sort_key):
        taken = names.get(identity)
        if taken is not None:
            yield Refusal(
                f"{identity} belongs to the project `{taken.owner}`: give it another name, or remove it there"
            )
        other = guids.get(_guid(document) or "")
        if other is not None and other is not taken:
            yield Refusal(
                f"{identity} has the guid of {other.identity} in the project `{other.owner}`: "
                "every monitor needs its own"
            )


def _limits(changes: tuple[Change, ...], owned: Mapping[Identity, Document], allowed: Allowed) -> Iterator[Refusal]:
    owned_count = sum(identity.kind != "project" for identity in owned)
    touched = {
        action: [each.identity for each in changes if each.action == action and each.identity.kind != "project"]
        for action in ("create", "update", "delete")
    }
    unallowed = [identity for identity in touched["delete"] if str(identity) not in allowed.deletions]
    if len(unallowed) > 1 and len(unallowed) * 100 > owned_count * allowed.delete_percent:
        yield Refusal(
            f"it deletes {len(unallowed)} of the {owned_count} definitions that the project owns there, "
            f"more than {allowed.delete_percent}%",
            f"--allow-delete {_share(len(unallowed), owned_count)}%",
        )
    yield from _emptied_kinds(touched["create"], touched["delete"], unallowed, owned)
    updated = len(touched["update"])
    if owned_count > UPDATE_FLOOR and updated * 100 > owned_count * allowed.update_percent:
        yield Refusal(
            f"it updates {updated} of the {owned_count} definitions that the project owns there, "
            f"more than {allowed.update_percent}%",
            f"--allow-update {_share(updated, owned_count)}%",
        )


def _emptied_kinds(
    created: Iterable[Identity], deleted: Iterable[Identity], unallowed: Iterable[Identity], owned: Iterable[Identity]
) -> Iterator[Refusal]:
    """Refuse what leaves none of a kind, until each of its deletions is allowed by name."""
    staying = {identity.kind for identity in set(owned) - set(deleted)} | {identity.kind for identity in created}
    for kind in KIND_ORDER:
        going = [identity for identity in unallowed if identity.kind == kind]
        if going and kind not in staying:
            yield Refusal(
                f"it deletes every {kind} that the project owns there",
                " ".join(f"--allow-delete {identity}" for identity in going),
            )


def _guid(document: Document) -> str | None:
    """Give the guid that a monitor states, in one case: checks may name the monitor by it."""
    guid = document.get("guid") if document.get("kind") == "monitor" else None
    return guid.lower() if isinstance(guid, str) else None


def _share(part: int, whole: int) -> int:
    """Give the percentage that `part` is of `whole`, rounded up so that it suffices."""
    return -(-part * 100 // whole)


def _percent(text: str | None, default: int) -> int:
    return int(text.rstrip("%")) if text is not None else default


def _json(document: Document | None) -> JsonValue:
    return dict(document) if document is not None else None
