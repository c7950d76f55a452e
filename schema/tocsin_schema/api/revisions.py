"""`/revisions`: who made them, what each changed, and what ran at each."""

from datetime import datetime

from pydantic import model_validator

from tocsin_schema.api.answer import Answer
from tocsin_schema.api.definitions import PlannedChange
from tocsin_schema.api.source import RevisionSource


class RevisionEntry(Answer):
    """One push that changed something."""

    revision: int
    project: str
    at: datetime
    by: str
    """Name of the token."""
    source: RevisionSource
    created: int
    updated: int
    deleted: int
    adopted: list[str] = []
    """What was taken from other projects, as `monitor/shop-home from bakery`."""


class RevisionsAnswer(Answer):
    """Revisions, newest first."""

    revisions: list[RevisionEntry]
    before: int | None
    """What `before` is for the revisions that follow; null where these are the last."""


class RevisionDetails(RevisionEntry):
    """One push, and what it changed."""

    changes: list[PlannedChange]


class LaterChangeShown(PlannedChange):
    """How a definition differs from what it was."""

    revision: int
    """The revision that touched it last."""


class ChangesSinceAnswer(Answer):
    """How what a project runs differs from what it ran at a revision."""

    since: int
    revision: int
    """The current one."""
    changes: list[LaterChangeShown]
    revisions: list[RevisionEntry]
    """Those that the changes speak of, newest first."""

    @model_validator(mode="after")
    def _complete(self) -> "ChangesSinceAnswer":
        if not {each.revision for each in self.changes} <= {each.revision for each in self.revisions}:
            raise ValueError("a revision that a change speaks of is missing")
        return self
