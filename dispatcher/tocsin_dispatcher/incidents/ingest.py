"""Checks in: each step, its incident, alerts and deliveries commit together, or nothing does."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.errors import RefusedError
from tocsin_dispatcher.incidents.definitions import RunningDefinitions, RunningMonitor
from tocsin_dispatcher.incidents.recording import IncidentWriter, load_states, state_row
from tocsin_dispatcher.store.database.locking import hold_monitors
from tocsin_dispatcher.store.database.rows import insert_missing
from tocsin_dispatcher.store.database.tables import check_seen, incident
from tocsin_schema.escalation import MonitorState, incident_key, observe
from tocsin_schema.models import Check
from tocsin_schema.text.suggest import did_you_mean, listed

TOLERATED_AHEAD = timedelta(minutes=5)
"""How far a check's time may lie in the future: clocks differ."""
FAR_AHEAD = timedelta(days=1)
"""What is remembered as later than this from now came by a clock that was wrong: it must not make all that follows late."""
IDS_KEPT = timedelta(days=30)
"""How long the id of a check is remembered. An older one is late anyway and changes nothing."""


class ChecksRefusedError(RefusedError):
    """A batch that can't be taken. The text says why; nothing of it was taken."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a batch, and which integrations have something to send now."""

    accepted: Mapping[Literal["ok", "error"], int]
    """How many were new, by status."""
    duplicates: int
    late: int
    """New ones that are older than the newest of their monitor: they changed nothing."""
    integrations: frozenset[str]
    timers_moved: bool


async def take_checks(
    connection: AsyncConnection, running: RunningDefinitions, checks: Sequence[Check], now: datetime
) -> Taken:
    """Take checks in, in the order of their times; raises ChecksRefusedError where one of them is unfit."""
    _refuse_future(checks, now)
    monitors = _monitors(running, checks)
    by_key = {each.key: each for each in monitors.values()}
    await hold_monitors(connection, by_key, lambda key: state_row(by_key[key], MonitorState()))
    fresh = await _fresh(connection, monitors, checks)
    states = await load_states(connection, {monitors[check.monitor].key for check in fresh})
    steps, late = IncidentWriter(running, now), 0
    for check in sorted(fresh, key=lambda each: each.time):
        monitor = monitors[check.monitor]
        before = set_right(states.get(monitor.key, MonitorState()), now)
        outcome = observe(before, check, monitor.levels, monitor.guid)
        late += outcome.verdict == "late"
        if outcome.state is not before:
            steps.add(monitor, before, outcome)
            states[monitor.key] = outcome.state
    integrations = await steps.write(connection)
    await insert_missing(connection, check_seen, [{"id": check.id, "at": now} for check in fresh])
    return Taken(
        accepted=Counter(check.status for check in fresh),
        duplicates=len(checks) - len(fresh),
        late=late,
        integrations=frozenset(integrations),
        timers_moved=steps.moves_timers,
    )


def set_right(state: MonitorState, now: datetime) -> MonitorState:
    """Return what is remembered of a monitor, what came by a clock that was far ahead as if it were of now."""
    if state.last_time is None or state.last_time <= now + FAR_AHEAD:
        return state
    incident = state.incident
    if incident is not None:
        first, last = (
            check.model_copy(update={"time": min(check.time, now)}) for check in (incident.first, incident.last)
        )
        fired = {key: each.model_copy(update={"at": min(each.at, now)}) for key, each in incident.fired.items()}
        incident = incident.model_copy(update={"first": first, "last": last, "fired": fired})
    return MonitorState(incident=incident)


async def forget_old_ids(connection: AsyncConnection, now: datetime) -> None:
    """Delete the check ids that need not be remembered any more."""
    await connection.execute(delete(check_seen).where(check_seen.c.at < now - IDS_KEPT))


def _refuse_future(checks: Sequence[Check], now: datetime) -> None:
    for check in checks:
        if check.time > now + TOLERATED_AHEAD:
            raise ChecksRefusedError(
                f"check {check.id} is of {check.time:%Y-%m-%dT%H:%M:%SZ},"
                f" but here it is {now:%Y-%m-%dT%H:%M:%SZ}:"
                " a check may be at most 5 minutes ahead; compare the clocks"
            )


def _monitors(running: RunningDefinitions, checks: Sequence[Check]) -> dict[str, RunningMonitor]:
    found = {check.monitor: running.monitor(check.monitor) for check in checks}
    unknown = [named for named, monitor in found.items() if monitor is None]
    if unknown:
        known = sorted(running.monitors)
        names = f"the monitors are {listed(known)}" if known else "no monitors are defined: sync definitions first"
        hint = did_you_mean(unknown[0], known) if len(unknown) == 1 else None
        noun = "unknown monitor" if len(unknown) == 1 else "unknown monitors"
        raise ChecksRefusedError(
            f"{noun} {listed(unknown)}: {names if hint is None else f'{hint} {names[0].upper()}{names[1:]}'}"
        )
    return {named: monitor for named, monitor in found.items() if monitor is not None}


async def _fresh(
    connection: AsyncConnection, monitors: dict[str, RunningMonitor], checks: Sequence[Check]
) -> list[Check]:
    """Return the checks not seen before, each id once.

    A check that began an incident is known as long as the incident is, however long ago its id was forgotten.
    """
    by_id: dict[str, Check] = {}
    for check in checks:
        by_id.setdefault(check.id, check)
    seen = set(await connection.scalars(select(check_seen.c.id).where(check_seen.c.id.in_(by_id))))
    errors = [check for check in by_id.values() if check.status == "error"]
    if errors:
        keys = {incident_key(monitors[check.monitor].guid, check.id): check.id for check in errors}
        begun = await connection.scalars(select(incident.c.key).where(incident.c.key.in_(keys)))
        seen.update(keys[key] for key in begun)
    return [check for check in by_id.values() if check.id not in seen]
