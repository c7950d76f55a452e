"""What a plan is made of: identities, what is live, changes, and what the user allows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue

from tocsin_schema.models import Limits
from tocsin_schema.models.canonical import canonical_json, digest
from tocsin_schema.models.document import default_guid

Action = Literal["create", "update", "delete"]
Document = Mapping[str, JsonValue]

KIND_ORDER = {kind: number for number, kind in enumerate(("project", "monitor", "integration", "alert", "sample"))}

DELETE_LIMIT = 30
"""Percent of what a project owns that one sync may delete (`docs/sync.md#what-is-refused-and-what-allows-it`)."""
UPDATE_LIMIT = 50
"""Percent that one sync may update, once the project owns more than `UPDATE_FLOOR` definitions there."""
UPDATE_FLOOR = 10


@dataclass(frozen=True, slots=True, order=True)
class Identity:
    """What names a definition everywhere: kind and name."""

    kind: str
    name: str

    def __str__(self) -> str:
        """Return it as options and messages write it: `alert/shop-down`."""
        return f"{self.kind}/{self.name}"

    @classmethod
    def of(cls, document: Document) -> "Identity":
        """Return the identity of a canonical document."""
        return cls(str(document.get("kind")), str(document.get("name")))

    @property
    def sort_key(self) -> tuple[int, str, str]:
        """Kinds in dependency order, then names."""
        return (KIND_ORDER.get(self.kind, len(KIND_ORDER)), self.kind, self.name)


@dataclass(frozen=True, slots=True)
class LiveEntry:
    """A definition as a target has it: the canonical document and the project that owns it.

    `former_owner` is the project that it was taken from by the revision `since`, where it was.
    """

    owner: str
    document: Document
    former_owner: str | None = None
    since: int | None = None

    @property
    def identity(self) -> Identity:
        """Kind and name of the document."""
        return Identity.of(self.document)

    @property
    def guid(self) -> str | None:
        """The guid of a monitor, stated or not, in one case: checks may name the monitor by it."""
        return guid_of(self.document, self.owner)


@dataclass(frozen=True, slots=True)
class Live:
    """All that a target has, at one revision."""

    revision: int
    entries: tuple[LiveEntry, ...] = ()

    def owned_by(self, project: str) -> dict[Identity, Document]:
        """Return what a project owns there."""
        return {entry.identity: entry.document for entry in self.entries if entry.owner == project}


@dataclass(frozen=True, slots=True)
class Change:
    """One definition that would be created, updated or deleted; `adopted_from` is the project that it is taken from."""

    action: Action
    identity: Identity
    before: Document | None
    after: Document | None
    adopted_from: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a plan may not be applied, and the option that would allow it, where there is one.

    The dispatcher itself enforces all but the limits: those are the repository's.
    """

    reason: str
    allow: str | None = None
    by: Literal["ownership", "protection", "limits"] = "limits"


@dataclass(frozen=True, slots=True)
class LimitUse:
    """How much of a limit a plan uses: definitions deleted or updated of those owned, and the limit in percent.

    `limit` is None where there is none for so few definitions.
    """

    action: Literal["delete", "update"]
    count: int
    owned: int
    limit: int | None

    @property
    def percent(self) -> int:
        """The share in percent, rounded up so that a limit of as much suffices."""
        return share(self.count, self.owned)


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the user allows beyond the limits: percentages, deletions and adoptions, such as `alert/shop-down`."""

    delete_percent: int = DELETE_LIMIT
    update_percent: int = UPDATE_LIMIT
    deletions: frozenset[str] = frozenset()
    adoptions: frozenset[str] = frozenset()
    """Identities, or names that stand for definitions of every kind."""

    @classmethod
    def by(cls, limits: Limits | None) -> "Allowed":
        """Return what the target's own `limits` say."""
        if limits is None:
            return cls()
        return cls(_percent(limits.delete, DELETE_LIMIT), _percent(limits.update, UPDATE_LIMIT))

    def adopts(self, identity: Identity) -> bool:
        """Whether a definition of another project may be taken."""
        return identity.kind != "project" and not self.adoptions.isdisjoint((str(identity), identity.name))


def guid_of(document: Document, owner: str) -> str | None:
    """Return the guid of a monitor, stated or the one that it has by default, in one case; None for other kinds."""
    if document.get("kind") != "monitor":
        return None
    stated = document.get("guid")
    return (stated if isinstance(stated, str) else default_guid(owner, "monitor", str(document.get("name")))).lower()


def set_digest(owner: str, digests: Mapping[Identity, str]) -> str:
    """Return the digest of everything that a project owns: over its name, identities and the documents' digests.

    The command computes it from files and the dispatcher from what it runs: equal digests, nothing to do.
    """
    entries: list[JsonValue] = [
        [each.kind, each.name, digests[each]] for each in sorted(digests, key=lambda each: (each.kind, each.name))
    ]
    return digest([owner, entries])


def same(one: Document, other: Document) -> bool:
    """Whether two documents say the same. Python takes true for 1, JSON does not."""
    return canonical_json(dict(one)) == canonical_json(dict(other))


def share(part: int, whole: int) -> int:
    """Return the percentage that `part` is of `whole`, rounded up so that it suffices."""
    return -(-part * 100 // whole) if whole else 0


def _percent(text: str | None, default: int) -> int:
    return int(text.rstrip("%")) if text is not None else default
