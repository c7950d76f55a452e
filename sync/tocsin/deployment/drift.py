"""Drift: what changed on a dispatcher since the last sync from this repository's history, apart from what we changed.

The base is the newest revision of the project that was synced from HEAD or from a commit before it. From base to live is
drift; from base to the definitions here is the repository's own part.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Self

from tocsin.git.command import answer_of_git
from tocsin.git.source import why_untold
from tocsin.targets.client import DispatcherClient
from tocsin.targets.revisions import LaterChange, changes_since, revisions
from tocsin_schema.api.revisions import RevisionEntry
from tocsin_schema.models.canonical import canonical_json
from tocsin_schema.plan.plan import Document, Identity

LOOKED_AT = 400
"""Revisions among which the base is looked for."""
ASKED = 50
"""Commits that git is asked about."""
COMMIT = re.compile("[0-9a-f]{7,64}")

Here = Literal["unchanged", "changed", "the same"]
"""What the repository did to a definition that changed on the dispatcher."""


@dataclass(frozen=True, slots=True)
class DriftedDefinition:
    """A definition that changed on the dispatcher, and whether it changed here too."""

    later: LaterChange
    here: Here


@dataclass(frozen=True, slots=True)
class Drift:
    """What changed on a target since `base`; without one, `unknown` says why, unless nothing was ever synced."""

    base: RevisionEntry | None
    unknown: str | None = None
    drifted: tuple[DriftedDefinition, ...] = ()

    def undone(self) -> Self:
        """Return the part that a sync undoes: what the files say too stays."""
        return replace(self, drifted=tuple(each for each in self.drifted if each.here != "the same"))


def drift_of(
    dispatcher: DispatcherClient, folder: Path, project: str, desired: Mapping[Identity, Document], live_revision: int
) -> Drift:
    """Return the drift up to what is live now; asks the dispatcher and git, and writes nothing."""
    base, unknown = _base(revisions(dispatcher, LOOKED_AT, project), folder)
    if base is None:
        return Drift(None, unknown)
    if base.revision == live_revision:
        return Drift(base)
    later = changes_since(dispatcher, base.revision, project)
    return Drift(base, None, tuple(DriftedDefinition(each, _here(each, desired)) for each in later))


def _base(made: Iterable[RevisionEntry], folder: Path) -> tuple[RevisionEntry | None, str | None]:
    """Return the revision to compare with, or why there is none."""
    synced = [each for each in made if each.source.origin is None]
    if not synced:
        return None, None
    if answer_of_git(folder, "rev-parse", "--verify", "--quiet", "HEAD") is None:
        if (untold := why_untold(folder)) is not None:
            return None, untold
        newest = next((each for each in synced if each.source.commit is None), None)
        return newest, None if newest else "there is no commit here to compare with those that were synced"
    for commit in list(dict.fromkeys(_commits(synced)))[:ASKED]:
        if answer_of_git(folder, "merge-base", "--is-ancestor", commit, "HEAD") is not None:
            return next(each for each in synced if each.source.commit == commit), None
    shallow = answer_of_git(folder, "rev-parse", "--is-shallow-repository") == "true"
    more = "; this is a shallow clone: `git fetch --unshallow` brings the rest" if shallow else ""
    return None, f"nothing that was synced there comes from HEAD or a commit before it{more}"


def _commits(synced: Iterable[RevisionEntry]) -> Iterator[str]:
    """Yield the commits, newest first; what is none is not for git's command line."""
    for each in synced:
        if each.source.commit is not None and COMMIT.fullmatch(each.source.commit):
            yield each.source.commit


def _here(later: LaterChange, desired: Mapping[Identity, Document]) -> Here:
    wanted = _text(desired.get(later.change.identity))
    if wanted == _text(later.change.before):
        return "unchanged"
    return "the same" if wanted == _text(later.change.after) else "changed"


def _text(document: Document | None) -> str | None:
    return None if document is None else canonical_json(dict(document))
