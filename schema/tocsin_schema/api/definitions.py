"""`/definitions`: what is running, a push, and a plan."""

from pydantic import JsonValue

from tocsin_schema.api.answer import Answer
from tocsin_schema.api.request import Request
from tocsin_schema.api.source import PushSource, Text
from tocsin_schema.plan.changes import Action, Change, Live, LiveEntry

REVISION_HEADER = "Tocsin-Revision"
"""The revision that an answer speaks of, also where it has no body."""


class Entry(Answer):
    """A definition and the project that owns it."""

    owner: str
    document: dict[str, JsonValue]
    """The canonical document."""
    former_owner: str | None = None
    """The project that it was taken from by the revision `since`, where it was."""
    since: int | None = None


class LiveDefinitions(Answer):
    """What is running."""

    revision: int
    entries: list[Entry]

    @classmethod
    def of(cls, live: Live) -> "LiveDefinitions":
        """Return what is live as an answer has it."""
        entries = [
            Entry(owner=each.owner, document=dict(each.document), former_owner=each.former_owner, since=each.since)
            for each in live.entries
        ]
        return cls(revision=live.revision, entries=entries)

    def live(self) -> Live:
        """Return it as plans compare it."""
        return Live(
            self.revision,
            tuple(LiveEntry(each.owner, each.document, each.former_owner, each.since) for each in self.entries),
        )


class DefinitionsPushed(Request):
    """Everything that a project defines."""

    project: dict[str, JsonValue]
    """The project file."""
    documents: list[JsonValue]
    adopt: list[Text] = []
    """Definitions to take from other projects, such as `monitor/shop-home`, or names for every kind."""
    source: PushSource = PushSource()


class PushAnswer(Answer):
    """What a push did; the same revision as before where there was nothing to do."""

    revision: int
    created: int
    updated: int
    deleted: int


class PlannedChange(Answer):
    """One definition that a push would change."""

    action: Action
    kind: str
    name: str
    before: dict[str, JsonValue] | None
    after: dict[str, JsonValue] | None
    adopted_from: str | None = None
    """The project that it would be taken from."""

    @classmethod
    def of(cls, change: Change) -> "PlannedChange":
        """Return a change as an answer has it."""
        return cls(
            action=change.action,
            kind=change.identity.kind,
            name=change.identity.name,
            before=None if change.before is None else dict(change.before),
            after=None if change.after is None else dict(change.after),
            adopted_from=change.adopted_from,
        )


class PlannedRefusal(Answer):
    """Why a sync would be refused, and the option that allows it."""

    reason: str
    allow: str | None


class PlanAnswer(Answer):
    """What a push would do."""

    revision: int
    changes: list[PlannedChange]
    refusals: list[PlannedRefusal]
    warnings: list[str]
    """What the changes bring about and do not say themselves."""
