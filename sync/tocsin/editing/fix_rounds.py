"""Fixes in rounds: what mends one mistake may uncover another, and what makes matters worse is undone."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from tocsin.editing.splicing import overlap, says_what_was_meant, spliced
from tocsin.project.findings import LocatedEdit, LocatedFinding
from tocsin.workspace import Workspace

Judge = Callable[[Mapping[str, str]], Workspace]
"""Reads and checks the definitions with these texts in place of those of some files."""

Choice = Callable[[Workspace], Sequence[LocatedFinding]]
"""Gives the findings that a person wants to have mended: those that no comment accepts, for one."""

ROUNDS = 30
ORDER = {"TOC1": 1, "TOC2": 2, "TOC3": 3, "TOC6": 4, "TOC4": 5, "TOC7": 5, "TOC8": 5, "TOC5": 6}
"""In which order mistakes hide one another: nothing is said of a message before its document has a sound shape."""


@dataclass(frozen=True)
class Undone:
    """A fix that was tried and taken back, and why."""

    finding: LocatedFinding
    reason: str


@dataclass(frozen=True)
class Fixed:
    """What fixing gives: the new texts of the files that changed, and the definitions as they are then."""

    texts: Mapping[str, str]
    workspace: Workspace
    count: int
    """How many findings were mended."""
    undone: tuple[Undone, ...] = ()


@dataclass
class _Round:
    """The state between two rounds."""

    judge: Judge
    wanted: Choice
    workspace: Workspace
    texts: dict[str, str] = field(default_factory=dict)
    count: int = 0
    undone: dict[tuple[str, str, str], Undone] = field(default_factory=dict)


def fixed(judge: Judge, workspace: Workspace, *, unsafe: bool, wanted: Choice = attrgetter("findings")) -> Fixed:
    """Make every fix that is `wanted` and can be made, the safe ones or also the `unsafe` ones."""
    state = _Round(judge, wanted, workspace)
    for _ in range(ROUNDS):
        chosen = _chosen(state, unsafe=unsafe)
        if not chosen:
            break
        _make(state, chosen)
    return Fixed(state.texts, state.workspace, state.count, tuple(state.undone.values()))


def fixable(findings: Sequence[LocatedFinding], *, unsafe: bool) -> list[LocatedFinding]:
    """Return the findings that have a fix: a safe one, or also an `unsafe` one."""
    return [each for each in findings if each.fix is not None and (unsafe or each.fix.safety == "safe")]


def _chosen(state: _Round, *, unsafe: bool) -> list[LocatedFinding]:
    """Return the findings to mend in one round: those that may hide others first, and no two whose edits overlap."""
    waiting = [
        each for each in fixable(state.wanted(state.workspace), unsafe=unsafe) if _name(each) not in state.undone
    ]
    first = min((_order(each.code) for each in waiting), default=0)
    chosen: list[LocatedFinding] = []
    taken: set[LocatedEdit] = set()
    for each in waiting:
        edits = _edits(each)
        clash = any(overlap(edit, other) for edit in edits if edit not in taken for other in taken)
        if _order(each.code) == first and not clash:
            chosen.append(each)
            taken.update(edits)
    return chosen


def _make(state: _Round, chosen: Sequence[LocatedFinding]) -> None:
    """Make as many of the fixes as can be made together; those that do harm are found by halving."""
    before, made, latest = state.workspace, list[LocatedFinding](), dict[str, str]()
    waiting = [list(chosen)]
    while waiting:
        group = waiting.pop()
        outcome = _tried(state, before, [*made, *group])
        if isinstance(outcome, tuple):
            made += group
            state.workspace, latest = outcome
        elif len(group) == 1:
            state.undone[_name(group[0])] = Undone(group[0], outcome)
        else:
            waiting += [group[len(group) // 2 :], group[: len(group) // 2]]
    state.texts |= latest
    state.count += len(made)


def _tried(
    state: _Round, before: Workspace, findings: Sequence[LocatedFinding]
) -> tuple[Workspace, dict[str, str]] | str:
    """Return the definitions and the texts with some findings mended, or why they can't be."""
    edits = list({edit: None for each in findings for edit in _edits(each)})
    texts = spliced(before.reading, edits)
    if not says_what_was_meant(before.reading, edits, texts):
        return "it would change more than it should"
    after = state.judge({**state.texts, **texts})
    harm = _harm(before.findings, after.findings, findings)
    return harm if harm is not None else (after, texts)


def _harm(
    before: Sequence[LocatedFinding], after: Sequence[LocatedFinding], mended: Sequence[LocatedFinding]
) -> str | None:
    """Say what is worse with some findings mended; new ones that those may have hidden are no harm."""
    was, now = Counter(map(_name, before)), Counter(map(_name, after))
    for name, count in Counter(map(_name, mended)).items():
        if now[name] > was[name] - count:
            return "it would not mend it"
    hides = min(_order(each.code) for each in mended)
    for each in after:
        order = _order(each.code)
        shown = order > hides or order == hides <= ORDER["TOC2"]
        if now[_name(each)] > was[_name(each)] and not shown:
            return f"it would lead to {each.code}: {each.message}"
    return None


def _edits(finding: LocatedFinding) -> tuple[LocatedEdit, ...]:
    return finding.fix.edits if finding.fix is not None else ()


def _order(code: str) -> int:
    return ORDER.get(code[:4], 0)


def _name(finding: LocatedFinding) -> tuple[str, str, str]:
    """Identify a finding across edits that move it or rename what it is about."""
    return finding.code, finding.file, finding.message
