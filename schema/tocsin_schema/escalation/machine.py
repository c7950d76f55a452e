"""The steps of an incident: a check arrives, or time passes. The rules stand in the package's docstring."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from tocsin_schema.escalation.levels import EscalationLevel
from tocsin_schema.escalation.state import (
    AlertEvent,
    Fired,
    Incident,
    MonitorState,
    Outcome,
    alert_guid,
    incident_key,
)
from tocsin_schema.models.check import Check
from tocsin_schema.models.integration import MessageType


def observe(state: MonitorState, check: Check, levels: Iterable[EscalationLevel], monitor_guid: str) -> Outcome:
    """Let time pass up to the check's time, then take the check into account.

    `levels` are those of the monitor now; `monitor_guid` goes into the key of an incident that begins here.
    A late or duplicate check gives the state back as it is, without alerts.
    """
    if state.last_time is not None and check.time < state.last_time:
        return Outcome(state, (), "late")
    seen = state.ids_at_last_time if check.time == state.last_time else ()
    if check.id in seen:
        return Outcome(state, (), "duplicate")

    levels = tuple(levels)
    before = advance(state, check.time, levels, monitor_guid)
    incident = before.state.incident
    alerts: tuple[AlertEvent, ...] = ()
    if check.status == "ok":
        alerts = _oks(incident, check, levels) if incident is not None else ()
        incident = None
    elif check.confirmed:
        incident, alerts = _fire(_with_error(incident, check, monitor_guid), check.time, levels)
    after = MonitorState(last_time=check.time, ids_at_last_time=(*seen, check.id), incident=incident)
    ignored = check.status == "error" and not check.confirmed
    return Outcome(after, before.alerts + alerts, "unconfirmed" if ignored else "processed")


def advance(state: MonitorState, now: datetime, levels: Iterable[EscalationLevel], monitor_guid: str) -> Outcome:
    """Let time pass up to `now` (aware): fire every level and reminder that is due at or before it.

    An open incident keeps the key that it began with, whatever `monitor_guid` is now.
    """
    if state.incident is None:
        return Outcome(state, (), "advanced")
    incident, alerts = _fire(state.incident, now, levels)
    return Outcome(state.model_copy(update={"incident": incident}), alerts, "advanced")


def next_due(state: MonitorState, levels: Iterable[EscalationLevel]) -> datetime | None:
    """Return the earliest time at which `advance` fires something, None where nothing comes by itself.

    It may be in the past: after the levels have changed, or for checks that arrive long after their time.
    """
    if state.incident is None:
        return None
    times = (_next_due(state.incident, level) for level in levels)
    return min((time for time in times if time is not None), default=None)


def _next_due(incident: Incident, level: EscalationLevel) -> datetime | None:
    fired = incident.fired.get(level.key)
    if fired is None:
        return _error_due(incident, level)
    if fired.reminders >= level.reminders or not level.every:
        return None
    return _later(fired.at, level.every, fired.reminders + 1)


def _error_due(incident: Incident, level: EscalationLevel) -> datetime | None:
    """Return when the level's condition holds in this incident, as far as is known; None for not yet."""
    if level.error_for is not None:
        return _later(incident.first.time, level.error_for)
    enough = level.errors is not None and incident.errors >= level.errors
    return incident.last.time if enough else None


def _later(moment: datetime, duration: timedelta, times: int = 1) -> datetime | None:
    try:
        return moment + duration * times
    except OverflowError:  # beyond the year 9999, which is never
        return None


def _fire(
    incident: Incident, now: datetime, levels: Iterable[EscalationLevel]
) -> tuple[Incident, tuple[AlertEvent, ...]]:
    """Fire what is due at or before `now`; alerts are ordered by due time, then alert and level."""
    fired = dict(incident.fired)
    alerts: list[AlertEvent] = []
    for level in levels:
        been = fired.get(level.key)
        if been is None:
            due = _error_due(incident, level)
            if due is None or due > now:
                continue
            been = Fired(at=due)
            alerts.append(_alert("error", incident, level, due, incident.last))
        reminder = _latest_reminder(been, level, now)
        if reminder > been.reminders:
            due = been.at + reminder * level.every
            alerts.append(_alert("reminder", incident, level, due, incident.last, reminder=reminder))
            been = Fired(at=been.at, reminders=reminder)
        fired[level.key] = been
    alerts.sort(key=lambda alert: (alert.time, alert.alert, alert.level, alert.reminder))
    return incident.model_copy(update={"fired": fired}), tuple(alerts)


def _latest_reminder(fired: Fired, level: EscalationLevel, now: datetime) -> int:
    """Return the number of the last reminder due at or before `now`; those before it are missed or sent."""
    if not level.every:
        return 0
    return min(level.reminders, (now - fired.at) // level.every)


def _with_error(incident: Incident | None, check: Check, monitor_guid: str) -> Incident:
    if incident is None:
        return Incident(key=incident_key(monitor_guid, check.id), first=check, last=check, errors=1)
    return incident.model_copy(update={"last": check, "errors": incident.errors + 1})


def _oks(incident: Incident, check: Check, levels: Iterable[EscalationLevel]) -> tuple[AlertEvent, ...]:
    """Return one Ok for each level that fired and is still there to speak."""
    fired = sorted(
        (level for level in levels if level.key in incident.fired), key=lambda each: (each.alert, each.number)
    )
    return tuple(_alert("ok", incident, level, check.time, check) for level in fired)


def _alert(
    message_type: MessageType,
    incident: Incident,
    level: EscalationLevel,
    time: datetime,
    check: Check,
    *,
    reminder: int = 0,
) -> AlertEvent:
    return AlertEvent(
        type=message_type,
        alert=level.alert,
        level=level.number,
        time=time,
        guid=alert_guid(incident.key, level.alert, level.number, message_type, reminder),
        incident_key=incident.key,
        errors=incident.errors,
        check=check,
        first=incident.first,
        reminder=reminder,
    )
