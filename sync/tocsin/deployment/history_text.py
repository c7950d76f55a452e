"""Revisions as text."""

from collections.abc import Iterator, Sequence
from datetime import UTC

from tocsin.deployment.plan_text import plan_text
from tocsin.terminal.style import Style, one_line
from tocsin_schema.api.revisions import RevisionEntry
from tocsin_schema.plan.plan import Change, Plan

COMMIT = 7
"""Characters of a commit that people know it by."""


def history_text(
    revisions: Sequence[RevisionEntry], *, target: str, project: str | None, limit: int, more: bool, style: Style
) -> str:
    """Return the revisions as a table, newest first; `project` is the one they are of, None for all."""
    of = f"project {project}" if project is not None else "all projects"
    lines = [style.heading(f"History of {target}") + style.aside(f" ({one_line(of)})")]
    if not revisions:
        return "\n".join([*lines, "Nothing was synced yet."]) + "\n"
    rows = [_row(each, with_project=project is None) for each in revisions]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row, each in zip(rows, revisions, strict=True):
        number, *cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        note = style.changed(f"  {one_line(each.source.origin)}") if each.source.origin else ""
        lines.append(f"  {style.heading(number)}  {'  '.join(cells).rstrip()}{note}")
    if more:
        lines.append(style.aside(f"Older ones are left out: --limit {limit * 10} shows more."))
    return "\n".join(lines) + "\n"


def revision_text(made: RevisionEntry, changes: tuple[Change, ...], target: str, style: Style) -> str:
    """Return one revision: who made it, from what, and its plan."""
    lines = [style.heading(f"Revision {made.revision} of {target}"), *(f"  {line}" for line in _told(made))]
    return "\n".join(lines) + "\n" + plan_text(_plan(made, changes, target), style)


def when(made: RevisionEntry) -> str:
    """Return the moment of a revision, in UTC to the minute."""
    return made.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def who(made: RevisionEntry) -> str:
    """Return who made a revision: the user, where one was recorded, and the name of the token."""
    user = made.source.user
    return one_line(f"{user} ({made.by})" if user and user != made.by else made.by)


def commit(made: RevisionEntry) -> str:
    """Return the commit in short, with a star where its files had changes that were not committed; `-` where unknown."""
    source = made.source
    return "-" if source.commit is None else one_line(source.commit[:COMMIT]) + ("*" if source.dirty else "")


def _row(made: RevisionEntry, *, with_project: bool) -> list[str]:
    counts = f"+{made.created} ~{made.updated} -{made.deleted}"
    project = [one_line(made.project)] if with_project else []
    return [str(made.revision), when(made), *project, who(made), commit(made), counts]


def _told(made: RevisionEntry) -> Iterator[str]:
    source = made.source
    yield f"made {when(made)} by {who(made)}"
    if source.origin:
        yield one_line(source.origin)
    if source.commit:
        branch = f" on {source.branch}" if source.branch else ""
        dirty = ", with changes that were not committed" if source.dirty else ""
        yield one_line(f"commit {source.commit}{branch}{dirty}")
    if source.repository:
        yield one_line(f"repository {source.repository}")
    if source.job:
        yield one_line(f"job {source.job}")
    yield from (one_line(f"adopted {each}") for each in made.adopted)
    if source.tool_version:
        yield one_line(f"tocsin {source.tool_version}")


def _plan(made: RevisionEntry, changes: tuple[Change, ...], target: str) -> Plan:
    version = made.source.tool_version or ""
    return Plan(target, one_line(made.project), made.revision - 1, version, changes)
