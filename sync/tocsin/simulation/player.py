"""Playing the checks of one monitor as the dispatcher would: each at its time, and timers whenever they are due."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from tocsin.simulation.result import CheckKind, Fired, Overlap, Play, PlayedCheck, PlayedLevel, Recipient, Span
from tocsin_schema.escalation import (
    AlertEvent,
    EscalationLevel,
    MonitorState,
    Outcome,
    advance,
    escalation_levels,
    next_due,
    observe,
)
from tocsin_schema.models import Alert, Check, Integration, Level, Monitor
from tocsin_schema.models.definitions import Definitions
from tocsin_schema.models.duration import format_duration

KINDS: dict[str, CheckKind] = {"late": "ignored", "duplicate": "ignored", "unconfirmed": "unconfirmed"}


def played(
    definitions: Definitions,
    alert: Alert,
    monitors: Sequence[Monitor],
    checks: Sequence[Check],
    *,
    interval: timedelta | None = None,
    assumed: bool = False,
    dated: bool = False,
) -> Play:
    """Return what comes of the checks, of which there is at least one; `monitors` fare alike, the first is played.

    Where the last check leaves an incident open, time goes on until nothing more is due.
    """
    monitor = monitors[0]
    levels = [each for each in escalation_levels(definitions, monitor) if each.alert == alert.name]
    guid = definitions.guid(monitor)
    start = min(check.time for check in checks)
    state, events, shown = MonitorState(), list[AlertEvent](), list[PlayedCheck]()
    ids: set[str] = set()
    for check in checks:
        for outcome in _due(state, levels, guid, check):
            state = outcome.state
            events += outcome.alerts
        kind: CheckKind = "ignored"
        if check.id not in ids:  # a second check of the same id changes nothing, whenever it comes
            outcome = observe(state, check, levels, guid)
            state = outcome.state
            events += outcome.alerts
            kind = KINDS.get(outcome.verdict, check.status)
        ids.add(check.id)
        shown.append(PlayedCheck(check.time - start, check.time, kind))
    failing = state.incident is not None
    for outcome in _due(state, levels, guid):
        events += outcome.alerts
    fired = tuple(_fired(definitions, alert, event, event.time - start) for event in events)
    end = max([*(each.at for each in shown), *(each.at for each in fired)])
    played_levels = tuple(
        _level(definitions, alert, number, level, monitor, fired, end) for number, level in enumerate(alert.levels, 1)
    )
    return Play(
        monitors=tuple(each.name for each in monitors),
        interval=interval,
        assumed=assumed,
        start=start,
        dated=dated,
        checks=shown,
        levels=played_levels,
        fired=fired,
        overlaps=tuple(_overlaps(fired)),
        end=end,
        failing=failing,
    )


def _due(
    state: MonitorState, levels: Sequence[EscalationLevel], guid: str, check: Check | None = None
) -> Iterator[Outcome]:
    """Let time pass from one timer to the next, up to a check or until there is none."""
    while (due := next_due(state, levels)) is not None and (check is None or due <= check.time):
        outcome = advance(state, due, levels, guid)
        state = outcome.state
        yield outcome


def _fired(definitions: Definitions, alert: Alert, event: AlertEvent, at: timedelta) -> Fired:
    attached = alert.levels[event.level - 1].integrations
    told = tuple(_told(definitions.integrations[each.use], event) for each in attached)
    return Fired(at, event.time, event.level, event.type, event.reminder, event.errors, event.incident_key, told)


def _told(integration: Integration, event: AlertEvent) -> Recipient:
    if not integration.active:
        return Recipient(integration.name, 0, "is inactive")
    messages = integration.message_set(event.type)
    if messages is None:
        return Recipient(integration.name, 0, f"sends no {event.type}")
    return Recipient(integration.name, sum(step.request is not None for step in messages.steps))


def _level(
    definitions: Definitions,
    alert: Alert,
    number: int,
    level: Level,
    monitor: Monitor,
    fired: Sequence[Fired],
    end: timedelta,
) -> PlayedLevel:
    reminders = level.reminders.max if level.reminders is not None else 0
    return PlayedLevel(
        number=number,
        when=condition(level),
        reminders=reminders,
        every=level.reminders.every if level.reminders is not None else timedelta(0),
        silent=_silence(alert, level, monitor),
        spans=tuple(_spans([each for each in fired if each.level == number], end)),
        integrations=tuple(dict.fromkeys(each.use for each in level.integrations)),
    )


def condition(level: Level) -> str:
    """Return when a level fires, in few words."""
    if level.when.error_for is not None:
        return f"after {format_duration(level.when.error_for)}"
    return "1 error" if level.when.errors == 1 else f"{level.when.errors} errors"


def _silence(alert: Alert, level: Level, monitor: Monitor) -> str | None:
    if not alert.active:
        return "the alert definition is inactive"
    if not level.active:
        return "inactive"
    return None if monitor.generate_alerts else f"{monitor.name} generates no alerts"


def _spans(fired: Iterable[Fired], end: timedelta) -> Iterator[Span]:
    incidents: dict[str, list[Fired]] = {}
    for each in fired:
        incidents.setdefault(each.incident, []).append(each)
    for several in incidents.values():
        reminders = [each.at for each in several if each.type == "reminder"]
        oks = [each.at for each in several if each.type == "ok"]
        since = several[0].at
        yield Span(since, max([since, *reminders]), oks[0] if oks else end, over=bool(oks))


def _overlaps(fired: Sequence[Fired]) -> Iterator[Overlap]:
    """Find reminders that come when a later level has started: people are told by two levels at once."""
    heard = [each for each in fired if not all(told.silent for told in each.told)]
    errors: dict[str, list[Fired]] = defaultdict(list)
    reminded: dict[tuple[str, int], list[timedelta]] = defaultdict(list)
    for each in heard:
        if each.type == "error":
            errors[each.incident].append(each)
        elif each.type == "reminder":
            reminded[each.incident, each.level].append(each.at)
    for earlier in (each for each in heard if each.type == "error"):
        for later in errors[earlier.incident]:  # one of each level
            if later.level <= earlier.level:
                continue
            since = max(earlier.at, later.at)
            reminders = tuple(at for at in reminded[earlier.incident, earlier.level] if at >= since)
            if reminders:
                yield Overlap(earlier.level, later.level, since, reminders[-1], reminders)
