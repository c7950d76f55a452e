"""Revisions as JSON: which keys there are, and what they mean."""

import json
from collections.abc import Sequence
from datetime import UTC
from typing import Literal, Self

from pydantic import BaseModel

from tocsin.deployment.change_json import ChangedDefinitionJson, changed_definition
from tocsin_schema.api.revisions import RevisionEntry
from tocsin_schema.api.source import RevisionSource
from tocsin_schema.models.document import Strict
from tocsin_schema.plan.plan import Change


class SourceJson(Strict):
    """Where a push came from; null is what was not recorded."""

    commit: str | None
    """The commit of the files."""
    branch: str | None
    """The branch of the files."""
    dirty: bool
    """Whether it is known that the files had changes that were not committed."""
    repository: str | None
    """The repository of the files."""
    job: str | None
    """Where the CI job that synced can be seen."""
    user: str | None
    """Who synced."""
    tool_version: str | None
    """The version of Tocsin that synced."""
    origin: str | None
    """What was pushed where it was not the files of a repository, such as `rollback to 41`."""

    @classmethod
    def of(cls, source: RevisionSource) -> Self:
        """Return where a push came from as JSON has it."""
        return cls(
            commit=source.commit,
            branch=source.branch,
            dirty=source.dirty is True,
            repository=source.repository,
            job=source.job,
            user=source.user,
            tool_version=source.tool_version,
            origin=source.origin,
        )


class CountsJson(Strict):
    """Definitions that each action touched."""

    create: int
    """How many were created."""
    update: int
    """How many were updated."""
    delete: int
    """How many were deleted."""


class RevisionJson(Strict):
    """A push that changed something."""

    revision: int
    """Its number."""
    project: str
    """The project whose definitions were pushed."""
    at: str
    """When, in UTC."""
    by: str
    """The name of the token that was used."""
    source: SourceJson
    """Where it came from."""
    counts: CountsJson
    """Definitions that each action touched."""
    adopted: tuple[str, ...]
    """What was taken from other projects, in words."""

    @classmethod
    def of(cls, made: RevisionEntry) -> Self:
        """Return what is known of a revision as JSON has it."""
        return cls(
            revision=made.revision,
            project=made.project,
            at=made.at.astimezone(UTC).isoformat(),
            by=made.by,
            source=SourceJson.of(made.source),
            counts=CountsJson(create=made.created, update=made.updated, delete=made.deleted),
            adopted=tuple(made.adopted),
        )


class _Head(Strict):
    version: Literal[1]
    """The version of this form."""
    target: str
    """The target that was asked."""


class HistoryJson(_Head):
    """What `tocsin history --format json` prints."""

    revisions: tuple[RevisionJson, ...]
    """Newest first."""


class RevisionWithChangesJson(RevisionJson, _Head):
    """What `tocsin history REVISION --format json` prints."""

    changes: tuple[ChangedDefinitionJson, ...]
    """What it did."""


def history_json(revisions: Sequence[RevisionEntry], target: str) -> str:
    """Return the revisions as one JSON object, newest first."""
    return _text(HistoryJson(version=1, target=target, revisions=tuple(map(RevisionJson.of, revisions))))


def revision_json(made: RevisionEntry, changes: Sequence[Change], target: str) -> str:
    """Return one revision as a JSON object, with before and after of every change."""
    shown = tuple(ChangedDefinitionJson(**changed_definition(each)) for each in changes)
    return _text(RevisionWithChangesJson(version=1, target=target, **dict(RevisionJson.of(made)), changes=shown))


def _text(value: BaseModel) -> str:
    return json.dumps(value.model_dump(), indent=2, ensure_ascii=False) + "\n"
