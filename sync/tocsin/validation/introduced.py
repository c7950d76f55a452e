"""Which findings a change caused: those of now, less those of before, wherever the lines and files have gone.

Findings are compared by what they are about, kind and name and key, not by file, line or place in a list. What was
renamed is followed. A finding about a file itself, such as a key given twice, is compared with those of that file.
"""

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from tocsin.project.findings import LocatedFinding
from tocsin.project.reading import Reading
from tocsin.validation.renames import renamed_definitions, renamed_files
from tocsin_schema.plan.changes import Identity

QUOTED = re.compile("`([^`]*)`")
Likeness = Callable[[LocatedFinding], Hashable]


@dataclass(frozen=True)
class Renamed:
    """New names of files, and new identities (kind and name) of definitions, by old ones."""

    files: Mapping[str, str] = field(default_factory=dict)
    definitions: Mapping[Identity, Identity] = field(default_factory=dict)

    @cached_property
    def names(self) -> Mapping[str, str]:
        """New names of definitions by old ones, whatever their kinds."""
        return {old.name: new.name for old, new in self.definitions.items()}

    @property
    def reversed(self) -> "Renamed":
        """Old names by new ones."""
        return Renamed(
            {new: old for old, new in self.files.items()}, {new: old for old, new in self.definitions.items()}
        )


def renamed(before: Reading, now: Reading) -> Renamed:
    """Return what was renamed between two readings."""
    files = renamed_files(before, now)
    return Renamed(files, renamed_definitions(before, now, files))


def introduced_findings(
    now: Sequence[LocatedFinding], before: Sequence[LocatedFinding], renames: Renamed | None = None
) -> list[LocatedFinding]:
    """Return the findings of `now` that `before` does not explain, each explaining one: the most alike first."""
    follow = renames or Renamed()
    left, unused = list(now), list(before)
    for ours, theirs in (
        (_in_place, lambda each: _in_place(each, follow)),
        (_anywhere, lambda each: _anywhere(each, follow)),
        (_anywhere, lambda each: _anywhere(each, follow, everywhere=True)),
    ):
        left, unused = _unmatched(left, ours, unused, theirs)
    return left


def _unmatched(
    now: Iterable[LocatedFinding], ours: Likeness, before: Iterable[LocatedFinding], theirs: Likeness
) -> tuple[list[LocatedFinding], list[LocatedFinding]]:
    """Return what is left of both where those that are alike explain one another."""
    known = Counter(theirs(each) for each in before)
    left = []
    used: Counter[Hashable] = Counter()
    for each in now:
        likeness = ours(each)
        if used[likeness] < known[likeness]:
            used[likeness] += 1
        else:
            left.append(each)
    unused = []
    for each in before:
        likeness = theirs(each)
        if used[likeness]:
            used[likeness] -= 1
        else:
            unused.append(each)
    return left, unused


def _in_place(finding: LocatedFinding, follow: Renamed = Renamed()) -> Hashable:
    """Return what stays of a finding where nothing but lines moved."""
    file = follow.files.get(finding.file, finding.file)
    return finding.code, file, _subject(finding, follow), _message(finding, follow)


def _anywhere(finding: LocatedFinding, follow: Renamed = Renamed(), *, everywhere: bool = False) -> Hashable:
    """Return what stays of a finding wherever it moves: list positions, `messages/0/types`, are left out.

    `everywhere` follows definitions also where the finding about another one names them.
    """
    subject = _subject(finding, follow)
    if "/" not in subject:
        return _in_place(finding, follow)
    parts = tuple(part for part in subject.split("/") if not part.isdecimal())
    return finding.code, parts, _message(finding, follow, everywhere=everywhere)


def _message(finding: LocatedFinding, follow: Renamed, *, everywhere: bool = False) -> str:
    own = _identity(finding.subject)
    names = (
        follow.names if everywhere else {own.name: follow.definitions[own].name} if own in follow.definitions else {}
    )
    if not names:
        return finding.message
    return QUOTED.sub(lambda quoted: f"`{names.get(quoted[1], quoted[1])}`", finding.message)


def _subject(finding: LocatedFinding, follow: Renamed) -> str:
    new = follow.definitions.get(_identity(finding.subject))
    return finding.subject if new is None else "/".join((str(new), *finding.subject.split("/")[2:]))


def _identity(subject: str) -> Identity:
    kind, _, rest = subject.partition("/")
    return Identity(kind, rest.partition("/")[0])
