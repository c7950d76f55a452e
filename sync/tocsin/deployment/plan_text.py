"""A plan as people read it."""

from collections.abc import Iterator

from tocsin.differences import differences, show_change
from tocsin.terminal.style import Style, one_line
from tocsin_schema.plan.plan import Change, LimitUse, Plan

SIGNS = {"create": "+", "update": "~", "delete": "-"}
VERBS = {"create": "to create", "update": "to update", "delete": "to delete"}


def plan_text(plan: Plan, style: Style) -> str:
    """Return the plan: every change with its fields, counts, limits used, warnings, refusals."""
    return "\n".join(_lines(plan, style)) + "\n"


def counted(plan: Plan) -> str:
    """Return how much a plan changes, in a sentence."""
    counts = [f"{count} {VERBS[action]}" for action, count in plan.counts.items() if count]
    taken = f", of which {len(plan.adopted)} from other projects" if plan.adopted else ""
    return (", ".join(counts) if counts else "No changes") + taken + "."


def limit_use(use: LimitUse) -> str:
    """Return how much of a limit is used: `deletes 1 of 9 (11 %), limit 30 %`."""
    share = use.count * 100 / use.owned if use.owned else 0
    over = use.limit is not None and use.count * 100 > use.owned * use.limit
    percent = f"{share:.1f}" if over and round(share) <= (use.limit or 0) else f"{share:.0f}"
    limit = f"limit {use.limit} %" if use.limit is not None else "no limit for so few"
    return f"{use.action}s {use.count} of {use.owned} ({percent} %), {limit}"


def change_fields(change: Change, style: Style, indent: str) -> Iterator[str]:
    """Yield the lines that tell an update field by field, and whom it is taken from."""
    if change.adopted_from is not None:
        yield f"{indent}{style.changed('~')} project: {one_line(change.adopted_from)} → this one"
    if change.before is not None and change.after is not None:
        for field in differences(change.before, change.after):
            yield from show_change(field, style, indent)


def _lines(plan: Plan, style: Style) -> Iterator[str]:
    yield style.heading(f"Plan for {plan.target}") + style.aside(
        f" (project {plan.owner}, against revision {plan.revision})"
    )
    if not plan.changes and not plan.refusals:
        yield "Nothing to do: the target is what the definitions say."
        return
    for change in plan.changes:
        yield from _change(change, style)
    yield counted(plan)
    for use in plan.limits:
        yield style.aside(limit_use(use))
    for warning in plan.warnings:
        yield style("warning: ", "yellow", bold=True) + one_line(warning)
    for refusal in plan.refusals:
        yield style("refused: ", "red", bold=True) + one_line(refusal.reason)
        if refusal.allow:
            yield style("hint: ", "cyan", bold=True) + f"if that is meant, add {one_line(refusal.allow)}"


def _change(change: Change, style: Style) -> Iterator[str]:
    paint = {"create": style.added, "update": style.changed, "delete": style.removed}[change.action]
    title = (change.after or change.before or {}).get("title")
    shown = style.aside(f"  {one_line(str(title))}") if title else ""
    yield f"  {paint(f'{SIGNS[change.action]} {one_line(str(change.identity))}')}{shown}"
    yield from change_fields(change, style, "      ")
