"""A plan as text and as JSON."""

import json
from collections.abc import Iterator

from pydantic import JsonValue

from tocsin.showing.differences import differences, show_change
from tocsin.showing.style import Style, one_line
from tocsin_schema.plan import Change, Plan

SIGNS = {"create": "+", "update": "~", "delete": "-"}
VERBS = {"create": "to create", "update": "to update", "delete": "to delete"}


def plan_text(plan: Plan, style: Style) -> str:
    """Give the plan as people read it: every change with its fields, the counts, the refusals."""
    return "\n".join(_lines(plan, style)) + "\n"


def plan_json(plan: Plan, drift: JsonValue = None) -> str:
    """Give the plan as one JSON object, complete with before and after of every change, and with the target's drift."""
    value = {
        "version": 1,
        "target": plan.target,
        "owner": plan.owner,
        "revision": plan.revision,
        "tool_version": plan.tool_version,
        "digest": plan.digest,
        "counts": plan.counts,
        "changes": [
            {
                "action": change.action,
                "kind": change.identity.kind,
                "name": change.identity.name,
                "before": change.before,
                "after": change.after,
            }
            for change in plan.changes
        ],
        "refusals": [{"reason": refusal.reason, "allow": refusal.allow} for refusal in plan.refusals],
        "drift": drift,
    }
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _lines(plan: Plan, style: Style) -> Iterator[str]:
    yield style.heading(f"Plan for {plan.target}") + style.aside(
        f" (project {plan.owner}, against revision {plan.revision})"
    )
    if not plan.changes and not plan.refusals:
        yield "Nothing to do: the target is what the definitions say."
        return
    for change in plan.changes:
        yield from _change(change, style)
    yield _counted(plan)
    for refusal in plan.refusals:
        yield style("refused: ", "red", bold=True) + one_line(refusal.reason)
        if refusal.allow:
            yield style("hint: ", "cyan", bold=True) + f"if that is meant, add {one_line(refusal.allow)}"


def _change(change: Change, style: Style) -> Iterator[str]:
    paint = {"create": style.added, "update": style.changed, "delete": style.removed}[change.action]
    title = (change.after or change.before or {}).get("title")
    shown = style.aside(f"  {one_line(str(title))}") if title else ""
    yield f"  {paint(f'{SIGNS[change.action]} {one_line(str(change.identity))}')}{shown}"
    if change.before is not None and change.after is not None:
        for field in differences(change.before, change.after):
            yield from show_change(field, style, "      ")


def _counted(plan: Plan) -> str:
    counts = [f"{count} {VERBS[action]}" for action, count in plan.counts.items() if count]
    return (", ".join(counts) if counts else "No changes") + "."
