"""Rules of the sixth hundred: what definitions say of one another."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import Literal

from tocsin_schema.findings import Finding
from tocsin_schema.rules.analysis.sites import attachments
from tocsin_schema.rules.finding import finding, renamed
from tocsin_schema.rules.registry import rule
from tocsin_schema.rules.subject import Subject
from tocsin_schema.text.suggest import did_you_mean, listed, nearest


@rule(
    "TOC601",
    "unknown-integration",
    "error",
    finds="a level that uses an integration which does not exist",
    why="Nobody would be told.",
    fix="Take the name that the help line suggests, or define the integration.",
    of="alert",
    in_broken="always",
)
def unknown_integration(subject: Subject) -> Iterator[Finding]:
    """A level uses integrations that exist."""
    known = subject.names["integration"]
    if "integration" in subject.unnamed:
        return
    for alert in subject.definitions.alerts.values():
        for where, used, _ in attachments(alert, subject.place(alert)):
            if used not in known:
                help = did_you_mean(used, known, otherwise=_there_are(known, "integrations/"))
                fix = renamed(where.at("use"), nearest(used, known))
                yield finding("TOC601", f"there is no integration `{used}`", where.at("use"), help=help, fix=fix)


@rule(
    "TOC602",
    "unknown-monitor",
    "error",
    finds="an alert definition for a monitor that does not exist",
    why="Its errors would alert nobody.",
    fix="Take the name that the help line suggests, or define the monitor.",
    of="alert",
    in_broken="always",
)
def unknown_monitor(subject: Subject) -> Iterator[Finding]:
    """An alert definition speaks of monitors that exist."""
    if "monitor" not in subject.unnamed:
        known = subject.names["monitor"]
        yield from _unknown("TOC602", "there is no monitor", subject, "monitors", known, "monitors/")


@rule(
    "TOC603",
    "unknown-group",
    "error",
    finds="a monitor group that no monitor is in",
    why="Errors there would alert nobody.",
    fix="Take the name that the help line suggests, or put a monitor into the group.",
    of="alert",
    in_broken="always",
)
def unknown_group(subject: Subject) -> Iterator[Finding]:
    """An alert definition speaks of monitor groups that some monitor is in."""
    if "monitor" not in subject.unread:
        known = subject.definitions.groups.keys()
        yield from _unknown("TOC603", "no monitor is in a group", subject, "groups", known, "a monitor's `groups`")


def _unknown(
    code: str,
    said: str,
    subject: Subject,
    key: Literal["monitors", "groups"],
    known: AbstractSet[str],
    elsewhere: str,
) -> Iterator[Finding]:
    """Yield a finding for every name under `key` of an alert definition that is not known."""
    for alert in subject.definitions.alerts.values():
        for number, name in enumerate(getattr(alert, key)):
            if name not in known:
                where = subject.place(alert).at(key, number)
                help = did_you_mean(name, known, otherwise=_there_are(known, elsewhere))
                fix = renamed(where, nearest(name, known))
                yield finding(code, f"{said} `{name}`", where, help=help, fix=fix)


@rule(
    "TOC604",
    "attached-to-nothing",
    "warning",
    finds="an integration that no escalation level attaches, and that is nobody's fallback",
    why="It does nothing at all: the commonest mistake of all.",
    fix="Add `{use: name}` to the `integrations` of a level, or say `active: false`.",
)
def attached_to_nothing(subject: Subject) -> Iterator[Finding]:
    """An integration attached to no level does nothing at all (`docs/domain.md#who-is-told`)."""
    if "alert" in subject.unread:
        return
    named = subject.attaching.keys() | subject.standing_in.keys()
    known = subject.names["integration"]
    meant = {nearest(name, known) for name in named - known}
    used = named | meant  # a misspelt name is a finding already
    for name in (each for each in subject.definitions.integrations if each not in used):
        integration = subject.definitions.integrations[name]
        if integration.active:
            yield finding(
                "TOC604",
                f"no escalation level attaches `{integration.name}`: it does nothing",
                subject.place(integration).at("name"),
                help=f"add `{{use: {integration.name}}}` to a level, or say `active: false`",
            )


def _there_are(known: AbstractSet[str], where: str) -> str:
    """Say which names there are, where none of them is like the one that is missing."""
    if not known:
        return f"define it under {where}"
    return f"there {'is only' if len(known) == 1 else 'are'} {listed(sorted(known))}"
