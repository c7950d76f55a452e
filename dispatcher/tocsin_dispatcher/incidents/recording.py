"""From a step of an incident to what is kept of it: state, timer, incident, alerts, deliveries."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.incidents.definitions import RunningDefinitions, RunningMonitor
from tocsin_dispatcher.incidents.delivery_ids import delivery_id
from tocsin_dispatcher.incidents.new_delivery import NewDelivery, delivery_row
from tocsin_dispatcher.store.database.rows import Row, insert, update, upsert
from tocsin_dispatcher.store.database.tables import alert, delivery, incident, monitor_state, timer
from tocsin_dispatcher.store.deliveries import hasten_refused
from tocsin_dispatcher.store.skips import skip_over_of, skip_reminders_of
from tocsin_schema.escalation import AlertEvent, Incident, MonitorState, Outcome, next_due
from tocsin_schema.messages.values import alert_values
from tocsin_schema.models import Attachment

NotifiedLevel = tuple[str, str, int, str]
"""Incident key, alert definition, level and integration: who was told of what."""


class Ended(NamedTuple):
    """The end of an incident."""

    at: datetime
    why: str


class IncidentWriter:
    """Collects the steps of one transaction and writes them at its end."""

    def __init__(self, running: RunningDefinitions, now: datetime) -> None:
        """Take the running definitions, and the moment that messages are rendered at."""
        self._running = running
        self._now = now
        self._states: dict[str, tuple[RunningMonitor, MonitorState]] = {}
        self._troubled: set[str] = set()
        self._opened: dict[str, tuple[RunningMonitor, Incident]] = {}
        self._closed: dict[str, Ended] = {}
        self._alerts: list[tuple[RunningMonitor, AlertEvent, Row]] = []

    def add(self, monitor: RunningMonitor, before: MonitorState, outcome: Outcome) -> None:
        """Take one step of one monitor; its steps must come in their order.

        Where the values of its alerts can't be made, it raises what is wrong with them and takes nothing.
        """
        alerts = [(monitor, event, self._alert_row(monitor, event)) for event in outcome.alerts]
        self._states[monitor.key] = (monitor, outcome.state)
        was, now_open = before.incident, outcome.state.incident
        if was is not None or now_open is not None:
            self._troubled.add(monitor.key)
        if was is not None and (now_open is None or now_open.key != was.key):
            self._closed[was.key] = Ended(outcome.state.last_time or self._now, "ok")
        if now_open is not None and (was is None or was.key != now_open.key):
            self._opened[now_open.key] = (monitor, now_open)
        self._alerts.extend(alerts)

    @property
    def moves_timers(self) -> bool:
        """Whether a timer may be set or taken away."""
        return bool(self._troubled)

    async def write(self, connection: AsyncConnection) -> set[str]:
        """Write everything; returns the integrations that have something to send."""
        await upsert(connection, monitor_state, [state_row(*each) for each in self._states.values()])
        await set_timers(connection, [each for key, each in self._states.items() if key in self._troubled])
        await insert(connection, incident, [_incident_row(*each) for each in self._opened.values()])
        await close_incidents(connection, self._closed, self._now)
        if not self._alerts:
            return set()
        await insert(connection, alert, [row for _, _, row in self._alerts])
        told = await _told(connection, [event for _, event, _ in self._alerts if event.type == "ok"])
        deliveries = [row for monitor, event, _ in self._alerts for row in self._delivery_rows(monitor, event, told)]
        await insert(connection, delivery, deliveries)
        over = {row["incident_key"] for row in deliveries if row["type"] == "ok"}
        if over:
            await hasten_refused(connection, delivery.c.incident_key.in_(over), self._now)
            await skip_over_of(connection, over, self._now)
        return {str(row["integration"]) for row in deliveries}

    def _alert_row(self, monitor: RunningMonitor, event: AlertEvent) -> Row:
        definitions = monitor.definitions
        values = alert_values(definitions, definitions.alerts[event.alert], event.level, monitor.monitor, event)
        return {
            "guid": event.guid,
            "incident_key": event.incident_key,
            "owner": definitions.project.name,
            "monitor": monitor.monitor.name,
            "alert": event.alert,
            "level": event.level,
            "type": event.type,
            "at": event.time,
            "created_at": self._now,
            "values": {"system": _stated(values.system), "custom_fields": _stated(values.custom_fields)},
        }

    def _delivery_rows(self, monitor: RunningMonitor, event: AlertEvent, told: set[NotifiedLevel]) -> Iterator[Row]:
        definitions = monitor.definitions
        level = definitions.alerts[event.alert].levels[event.level - 1]
        attached: Counter[str] = Counter()
        for attachment in level.integrations:
            number = attached[attachment.use]
            attached[attachment.use] += 1
            integration = definitions.integrations.get(attachment.use)
            if integration is None or not integration.active or integration.message_set(event.type) is None:
                continue
            who: NotifiedLevel = (event.incident_key, event.alert, event.level, attachment.use)
            if event.type == "error":
                told.add(who)
            elif event.type == "ok" and who not in told:
                continue  # attached during the incident: no Ok where no Error was sent
            yield self._delivery_row(monitor, event, attachment, number)

    def _delivery_row(self, monitor: RunningMonitor, event: AlertEvent, attachment: Attachment, number: int) -> Row:
        return delivery_row(
            self._running,
            NewDelivery(
                id=delivery_id(event.time, event.guid, attachment.use, number),
                alert_guid=event.guid,
                incident_key=event.incident_key,
                project=monitor.definitions.project,
                integration=attachment.use,
                type=event.type,
                alert=event.alert,
                level=event.level,
                variables=attachment.variables,
            ),
            self._now,
        )


async def load_states(connection: AsyncConnection, guids: Iterable[str]) -> dict[str, MonitorState]:
    """Return what is remembered of monitors, by guid in lower case; one without checks is missing."""
    query = select(monitor_state.c.monitor_guid, monitor_state.c.state).where(monitor_state.c.monitor_guid.in_(guids))
    return {guid: MonitorState.model_validate(state) for guid, state in await connection.execute(query)}


async def set_timers(connection: AsyncConnection, states: Iterable[tuple[RunningMonitor, MonitorState]]) -> None:
    """Set each monitor's timer to the next moment at which something falls due by itself, or take it away."""
    due = {monitor.key: next_due(state, monitor.levels) for monitor, state in states}
    await connection.execute(
        delete(timer).where(timer.c.monitor_guid.in_([guid for guid, moment in due.items() if moment is None]))
    )
    rows = [{"monitor_guid": guid, "due_at": moment} for guid, moment in due.items() if moment is not None]
    await upsert(connection, timer, rows)


async def close_incidents(connection: AsyncConnection, ended: Mapping[str, Ended], now: datetime) -> None:
    """Write the end of incidents, by key; the reminders of theirs that are still on their way stay behind."""
    if not ended:
        return
    known = await connection.execute(select(incident.c.key, incident.c.details).where(incident.c.key.in_(ended)))
    rows = [
        {"key": key, "state": "closed", "ended_at": ended[key].at, "details": {**details, "ended_by": ended[key].why}}
        for key, details in known
    ]
    await update(connection, incident, rows, key="key")
    await skip_reminders_of(connection, ended.keys(), now)


async def _told(connection: AsyncConnection, oks: Sequence[AlertEvent]) -> set[NotifiedLevel]:
    keys = {event.incident_key for event in oks}
    if not keys:
        return set()
    columns = (delivery.c.incident_key, delivery.c.alert, delivery.c.level, delivery.c.integration)
    query = select(*columns).where(delivery.c.incident_key.in_(keys), delivery.c.type == "error")
    return {(key, name, level, integration) for key, name, level, integration in await connection.execute(query)}


def state_row(monitor: RunningMonitor, state: MonitorState) -> Row:
    """Return the row of what is remembered of a monitor."""
    return {
        "monitor_guid": monitor.key,
        "monitor": monitor.monitor.name,
        "owner": monitor.definitions.project.name,
        "state": state.model_dump(mode="json", exclude_defaults=True),
    }


def _stated(values: Mapping[str, str]) -> dict[str, str]:
    """Leave out the empty ones, which are many: a value that is missing is rendered as empty."""
    return {name: value for name, value in values.items() if value}


def _incident_row(monitor: RunningMonitor, begun: Incident) -> Row:
    details: Mapping[str, Any] = {
        "check": begun.first.id,
        "description": begun.first.description,
    }
    return {
        "key": begun.key,
        "monitor_guid": monitor.key,
        "monitor": monitor.monitor.name,
        "owner": monitor.definitions.project.name,
        "state": "open",
        "started_at": begun.first.time,
        "details": details,
    }
