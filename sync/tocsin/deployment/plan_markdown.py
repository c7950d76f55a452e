"""A plan in Markdown, as a comment on a pull request or a page of a CI job shows it."""

import html
import re
from collections.abc import Iterator

from tocsin.deployment.drift import Drift
from tocsin.deployment.drift_text import drift_lines
from tocsin.deployment.plan_text import SIGNS, change_fields, counted, limit_use
from tocsin.terminal.style import Style, one_line
from tocsin_schema.plan.plan import Change, Plan

PLAIN = Style(colour=False)
SPECIAL = re.compile(r"([\\`*_\[\]<>#!|~&$])")
"""What Markdown could take for markup: HTML, links and mentions in text from elsewhere among them."""
DIFF_SIGN = re.compile(r"^( *)([+~-]) ")


def plan_markdown(plan: Plan, drift: Drift | None = None) -> str:
    """Return the plan: a table of what changes, the fields as differences to unfold, warnings, refusals, drift."""
    return "\n".join([*_lines(plan), *_drift(drift, plan.target)]) + "\n"


def _lines(plan: Plan) -> Iterator[str]:
    yield f"### Plan for {_text(plan.target)}"
    yield ""
    yield f"Project {_text(plan.owner)}, against revision {plan.revision}. " + (
        counted(plan) if plan.changes or plan.refusals else "Nothing to do: the target is what the definitions say."
    )
    for heading, texts in (
        ("Refused", [_refusal(each.reason, each.allow) for each in plan.refusals]),
        ("Warnings", [_text(each) for each in plan.warnings]),
        ("Limits", [_text(limit_use(each)) for each in plan.limits]),
    ):
        if texts:
            yield from ("", f"**{heading}**", "", *(f"- {text}" for text in texts))
    if plan.changes:
        yield from ("", "| | definition | title |", "| --- | --- | --- |")
        for change in plan.changes:
            title = (change.after or change.before or {}).get("title")
            yield f"| {change.action} | {_text(str(change.identity))} | {_text(str(title)) if title else ''} |"
    for change in plan.changes:
        yield from _fields(change)


def _fields(change: Change) -> Iterator[str]:
    lines = [_diff_line(line) for line in change_fields(change, PLAIN, "")]
    if not lines:
        return
    yield from (
        "",
        f"<details><summary>{SIGNS[change.action]} {html.escape(one_line(str(change.identity)))}</summary>",
        "",
    )
    yield from (*_block(lines), "", "</details>")


def _drift(drift: Drift | None, target: str) -> Iterator[str]:
    """Yield what changed on the target itself: a merge would undo it, so that it is not folded."""
    if drift is None:
        return
    heading, *lines = [*drift_lines(drift, target, PLAIN)] or [""]
    undone = lines.pop() if lines and not lines[-1].startswith(" ") else None
    if heading:
        yield from ("", f"**{_text(heading)}**" if lines else _text(heading))
    if lines:
        yield from ("", *_block([_diff_line(line.removeprefix("  ")) for line in lines]))
    if undone is not None:
        yield from ("", undone)


def _block(lines: list[str]) -> Iterator[str]:
    """Yield lines as a block of differences whose fence nothing in them ends."""
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", "\n".join(lines))), 3)
    yield from (f"{fence}diff", *lines, fence)


def _diff_line(line: str) -> str:
    """Bring the sign to the front, where a `diff` block takes its colour from; `!` stands for a change."""
    match = DIFF_SIGN.match(line)
    if match is None:
        return f"  {line}"
    return f"{'!' if match[2] == '~' else match[2]} {match[1]}{line[match.end() :]}"


def _refusal(reason: str, allow: str | None) -> str:
    return _text(reason) + (f" If that is meant, add `{one_line(allow).replace('`', '')}`." if allow else "")


def _text(text: str) -> str:
    """Return text that Markdown shows as it is."""
    return SPECIAL.sub(r"\\\1", one_line(text)).replace("@", "@\u200b")
