"""Drift as text: a part of a plan of its own."""

from collections.abc import Iterator

from tocsin.deployment.drift import Drift, DriftedDefinition
from tocsin.deployment.history_text import commit, when, who
from tocsin.deployment.plan_text import SIGNS
from tocsin.differences import differences, show_change
from tocsin.terminal.style import Style, one_line
from tocsin_schema.api.revisions import RevisionEntry


def drift_text(drift: Drift | None, target: str, style: Style) -> str:
    """Return what changed on the target since the last sync from this repository; nothing where nothing did."""
    lines = [] if drift is None else list(drift_lines(drift, target, style))
    return "\n".join(["", *lines]) + "\n" if lines else ""


def drift_lines(drift: Drift, target: str, style: Style) -> Iterator[str]:
    """Yield the lines that tell it; none where nothing changed."""
    if drift.base is None:
        if drift.unknown is not None:
            yield style.aside(f"What changed on {target} itself can't be told: {drift.unknown}.")
        return
    if not drift.drifted:
        return
    yield style.heading(f"Changed on {target} itself") + style.aside(f" since {_base(drift.base)}")
    for each in drift.drifted:
        yield from _drifted(each, style)
    undone = [each for each in drift.drifted if each.here != "the same"]
    if undone:
        what, it = ("this", "it") if len(undone) == 1 else ("these", "them")
        yield f"A sync undoes {what}; `tocsin pull` brings {it} into the files."


def _drifted(each: DriftedDefinition, style: Style) -> Iterator[str]:
    change, made = each.later.change, each.later.revision
    paint = {"create": style.added, "update": style.changed, "delete": style.removed}[change.action]
    origin = f", {one_line(made.source.origin)}" if made.source.origin else ""
    by = f"  by {who(made)}, {when(made)}, revision {made.revision}{origin}"
    yield f"  {paint(f'{SIGNS[change.action]} {one_line(str(change.identity))}')}{style.aside(by)}"
    if change.before is not None and change.after is not None:
        for field in differences(change.before, change.after):
            yield from show_change(field, style, "      ")
    if each.here == "changed":
        yield "      " + style("changed here too", "yellow", bold=True)
    elif each.here == "the same":
        yield "      " + style.aside("the files say the same")


def _base(base: RevisionEntry) -> str:
    """Return the base in words: `revision 41 (commit 3f2a1bc)`."""
    if base.source.commit is None:
        return f"revision {base.revision}, the last that was synced without a commit"
    dirty = ", with changes that were not committed" if base.source.dirty else ""
    return f"revision {base.revision} (commit {commit(base).rstrip('*')}{dirty})"
