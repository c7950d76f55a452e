"""Rules of the sixth hundred on what looks switched on and stays silent (`docs/domain.md#what-stays-silent`)."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from tocsin_schema.findings import Finding, Place, Related
from tocsin_schema.models import Alert, Level
from tocsin_schema.rules.finding import finding
from tocsin_schema.rules.registry import rule
from tocsin_schema.rules.subject import Subject
from tocsin_schema.text.suggest import nearest

MOST_RELATED = 3
"""Second places that one finding shows: more would bury the first."""


@rule(
    "TOC605",
    "no-monitors",
    "warning",
    finds="an active alert definition that names no monitors and no groups",
    why="It speaks of nothing, so it never alerts.",
    fix="Add `monitors` or `groups`, or say `active: false`.",
    of="alert",
)
def no_monitors(subject: Subject) -> Iterator[Finding]:
    """Alert definitions have monitors and groups (`docs/domain.md#alert-definitions-and-escalation-levels`)."""
    for alert in subject.definitions.alerts.values():
        if alert.active and not alert.monitors and not alert.groups:
            yield finding(
                "TOC605",
                f"`{alert.name}` names no monitors and no groups: it never alerts",
                subject.place(alert).at("name"),
                help="add `monitors` or `groups`, or say `active: false`",
            )


@rule(
    "TOC606",
    "no-active-level",
    "warning",
    finds="an active alert definition whose levels are all inactive",
    why="It looks switched on, and never alerts.",
    fix="Activate a level, or say `active: false` of the alert definition itself.",
    of="alert",
)
def no_active_level(subject: Subject) -> Iterator[Finding]:
    """Each level is active or not; one that is not stays silent (`docs/domain.md#what-stays-silent`)."""
    for alert in subject.definitions.alerts.values():
        if alert.active and not any(level.active for level in alert.levels):
            place = subject.place(alert)
            off = [place.at("levels", number, "active") for number in range(len(alert.levels))]
            yield finding(
                "TOC606",
                f"no level of `{alert.name}` is active: it never alerts",
                place.at("levels", key=True),
                related=tuple(Related("this level is inactive", each) for each in off[:MOST_RELATED]),
                help="activate a level, or say `active: false` of the alert definition itself",
            )


@rule(
    "TOC607",
    "level-tells-nobody",
    "warning",
    finds="an active level without integrations and without operators",
    why="It fires, and nobody hears of it.",
    fix="Add `integrations: [{use: name}]`, or say `active: false` of the level.",
    of="alert",
)
def level_tells_nobody(subject: Subject) -> Iterator[Finding]:
    """Alerts become messages by the integrations and operators of the level (`docs/domain.md#who-is-told`)."""
    for alert, level, number, where in active_levels(subject):
        if not (level.integrations or level.operators or level.operator_groups):
            yield finding(
                "TOC607",
                f"level {number} of `{alert.name}` has no integrations: it tells nobody",
                where,
                help="add `integrations: [{use: ...}]`, or say `active: false` of the level",
            )


@rule(
    "TOC608",
    "uncovered-monitor",
    "warning",
    finds="a monitor that generates alerts, and that no alert definition covers",
    why="Its errors would alert nobody.",
    fix="Name the monitor, or a group of it, in an alert definition, or say `generate_alerts: false`.",
)
def uncovered_monitor(subject: Subject) -> Iterator[Finding]:
    """A monitor alerts through alert definitions (`docs/domain.md#alert-definitions-and-escalation-levels`)."""
    if "alert" in subject.unread:
        return
    monitors, groups = set[str](), set[str]()
    for alert in subject.definitions.alerts.values():
        monitors.update(alert.monitors)
        groups.update(alert.groups)
    names = _meant(monitors, subject.names["monitor"])
    covered = _meant(groups, subject.definitions.groups.keys())
    for monitor in subject.definitions.monitors.values():
        if monitor.generate_alerts and monitor.name not in names and covered.isdisjoint(monitor.groups):
            yield finding(
                "TOC608",
                f"no alert definition covers `{monitor.name}`: its errors alert nobody",
                subject.place(monitor).at("name"),
                help="name it, or a group of it, in an alert definition, or say `generate_alerts: false`",
            )


@rule(
    "TOC614",
    "inactive-integration",
    "warning",
    finds="an active level that uses an inactive integration",
    why="An inactive integration stays silent: whoever it tells hears nothing.",
    fix="Activate the integration, or detach it from the level.",
    of="integration",
)
def inactive_integration(subject: Subject) -> Iterator[Finding]:
    """An inactive integration stays silent (`docs/domain.md#what-stays-silent`)."""
    for _, level, number, where in active_levels(subject):
        for position, attachment in enumerate(level.integrations):
            integration = subject.definitions.integrations.get(attachment.use)
            if integration is not None and not integration.active:
                switch = subject.place(integration).at("active")
                yield finding(
                    "TOC614",
                    f"`{integration.name}` is inactive: level {number} tells nobody through it",
                    where.at("integrations", position, "use"),
                    related=(Related("it is switched off here", switch),),
                    help="activate the integration, or detach it from this level",
                )


@rule(
    "TOC615",
    "silent-monitors",
    "warning",
    finds="an active alert definition all of whose monitors have `generate_alerts: false`",
    why="It looks switched on, and never alerts.",
    fix="Let a monitor generate alerts again, or say `active: false` of the alert definition.",
    of="alert",
)
def silent_monitors(subject: Subject) -> Iterator[Finding]:
    """A monitor has *Generate alerts* on or off (`docs/domain.md#what-stays-silent`)."""
    if "monitor" in subject.unread:
        return
    coverage = subject.definitions.coverage
    for alert in subject.definitions.alerts.values():
        if alert.active and coverage.is_silent(alert):
            key = "monitors" if alert.monitors else "groups"
            off = [subject.place(monitor).at("generate_alerts") for monitor in coverage.first(alert, MOST_RELATED)]
            yield finding(
                "TOC615",
                f"no monitor of `{alert.name}` generates alerts: it never alerts",
                subject.place(alert).at(key, key=True),
                related=tuple(Related("this monitor is silenced", each) for each in off),
                help="let a monitor generate alerts again, or say `active: false` of the alert definition",
            )


def active_levels(subject: Subject) -> Iterator[tuple[Alert, Level, int, Place]]:
    """Yield every active level of every active alert definition, with its number from 1 and its place."""
    for alert in subject.definitions.alerts.values():
        for number, level in enumerate(alert.levels):
            if alert.active and level.active:
                yield alert, level, number + 1, subject.place(alert).at("levels", number)


def _meant(named: AbstractSet[str], known: AbstractSet[str]) -> set[str]:
    """Return the names with what the misspelt ones among them may mean: those are findings already."""
    return {*named, *(match for name in named - known if (match := nearest(name, known)) is not None)}
