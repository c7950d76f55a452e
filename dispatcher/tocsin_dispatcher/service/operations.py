"""What is asked of a dispatcher while it runs: take checks, run definitions, send again, silence, acknowledge.

What operators do is written to the audit.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

import structlog
from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.delivery import pacing
from tocsin_dispatcher.errors import RefusedError
from tocsin_dispatcher.incidents import ingest
from tocsin_dispatcher.incidents import push as pushing
from tocsin_dispatcher.incidents.definitions import RunningDefinitions
from tocsin_dispatcher.service.lifecycle import Dispatcher
from tocsin_dispatcher.store import deliveries, listing
from tocsin_dispatcher.store.acknowledgements import acknowledge
from tocsin_dispatcher.store.audit import begin_deed, end_deed, write_audit
from tocsin_dispatcher.store.database.locking import change_definitions, keep_definitions
from tocsin_dispatcher.store.problems.about import OF_RECEIVERS
from tocsin_dispatcher.store.problems.listing import problems
from tocsin_dispatcher.store.problems.undelivered import resolve
from tocsin_dispatcher.store.replays import FailureFilter, Replayed, replay
from tocsin_dispatcher.store.silences import (
    Period,
    Scope,
    add_silence,
    end_silence,
    silences,
)
from tocsin_schema.api.incidents import IncidentShown
from tocsin_schema.api.problems import ProblemShown
from tocsin_schema.api.silences import SilenceShown
from tocsin_schema.models import Check
from tocsin_schema.models.definitions import Definitions, covers
from tocsin_schema.text.suggest import did_you_mean, listed

log = structlog.get_logger(__name__)

LONGEST = timedelta(days=366)
"""A silence's length at the most: one that never ends is a level or an integration to be switched off."""


class SilenceRefusedError(RefusedError):
    """A silence that makes no sense. The text says why; nothing was done."""


class UnknownNameError(RefusedError):
    """A name that nothing has, to which anything could be sent again. The text says which; nothing was done."""


class LastingProblemError(RefusedError):
    """A problem that nobody can say to be over, since it lasts."""

    status = 409
    code = "lasting"

    def __init__(self, integration: str) -> None:
        """Take whose receiver it is."""
        super().__init__(
            f"the receiver of {integration} takes nothing: this ends by itself once a message is delivered"
        )


async def take_checks(dispatcher: Dispatcher, checks: Sequence[Check]) -> ingest.Taken:
    """Take checks in; durable once this returns. Raises ChecksRefusedError."""
    async with dispatcher.database.write() as connection:
        await keep_definitions(connection)
        running = await dispatcher.definitions.at(connection)
        taken = await ingest.take_checks(connection, running, checks, dispatcher.clock.now())
        unannounced = await dispatcher.wakes.announce(connection, taken.integrations)
    for status, count in taken.accepted.items():
        dispatcher.metrics.checks.labels(status).inc(count)
    dispatcher.metrics.duplicates.inc(taken.duplicates)
    dispatcher.metrics.late.inc(taken.late)
    await dispatcher.wakes.wake(unannounced)
    if taken.timers_moved:
        dispatcher.timers.trigger()
    return taken


async def push(
    dispatcher: Dispatcher,
    definitions: Definitions,
    *,
    planned: int,
    by: str,
    source: dict[str, JsonValue],
    adopt: Sequence[str] = (),
    key: str | None = None,
) -> pushing.Pushed:
    """Put a project's definitions in force; raises StalePushError and RefusedPushError."""
    now = dispatcher.clock.now()
    async with dispatcher.database.write() as connection:
        await change_definitions(connection)
        pushed = await pushing.push(
            connection, definitions, planned=planned, by=by, source=source, now=now, adopt=adopt, key=key
        )
    if pushed.running is not None:
        dispatcher.definitions.adopt(pushed.running)
        dispatcher.metrics.revision.set(pushed.revision)
        log.info("definitions pushed", revision=pushed.revision, project=definitions.project.name, by=by)
    dispatcher.timers.trigger()
    dispatcher.sweeper.trigger()  # a changed integration may send again
    return pushed


async def resend(dispatcher: Dispatcher, delivery_id: str, *, by: str) -> bool:
    """Send a delivery now, under its id, also one that waits; raises LookupError. False: it is being sent already."""
    now = dispatcher.clock.now()
    async with dispatcher.database.write() as connection:
        deed = await begin_deed(connection, now, by, "resend", {"delivery": delivery_id})
        done = await deliveries.resend(connection, delivery_id, now)
        await end_deed(
            connection, deed, now, "done" if done else "failed", {} if done else {"reason": "it is being sent already"}
        )
        due = await deliveries.integrations_due(connection, now) | await deliveries.integrations_urged(connection, now)
        unannounced = await dispatcher.wakes.announce(connection, due)
    await dispatcher.wakes.wake(unannounced)
    return done


async def flush(dispatcher: Dispatcher, integration: str, *, by: str) -> int:
    """Send all that waits for an integration now, whatever holds it back; returns how many messages that are."""
    now = dispatcher.clock.now()
    async with dispatcher.database.write() as connection:
        deed = await begin_deed(connection, now, by, "flush", {"integration": integration})
        waiting = await pacing.flush(connection, integration, now)
        await end_deed(connection, deed, now, result={"waiting": waiting})
        unannounced = await dispatcher.wakes.announce(connection, {integration})
    await dispatcher.wakes.wake(unannounced)
    log.info("flushed", integration=integration, waiting=waiting, by=by)
    return waiting


async def silence(dispatcher: Dispatcher, fits: Scope, period: Period, *, reason: str, by: str) -> SilenceShown:
    """Hold messages back for a while; raises SilenceRefusedError."""
    now = dispatcher.clock.now()
    _refuse_odd(period, now)
    async with dispatcher.database.write() as connection:
        _refuse_unknown(fits, await dispatcher.definitions.at(connection))
        details: dict[str, JsonValue] = {**_stated(fits), "reason": reason}
        details |= {"from": period.starts_at.isoformat(), "until": period.ends_at.isoformat()}
        deed = await begin_deed(connection, now, by, "silence", details)
        silence_id = await add_silence(connection, fits, period, reason=reason, by=by, now=now)
        (made,) = await silences(connection, now, 1, silence_id=silence_id)
        await end_deed(connection, deed, now, result={"silence": silence_id})
    dispatcher.sweeper.trigger()
    return made


async def expire(dispatcher: Dispatcher, silence_id: str, *, by: str) -> SilenceShown | None:
    """End a silence now, or call off one that is to come; raises LookupError without one. None: it was over."""
    now = dispatcher.clock.now()
    async with dispatcher.database.write() as connection:
        if not await end_silence(connection, silence_id, by, now):
            return None
        (ended,) = await silences(connection, now, 1, silence_id=silence_id)
        await write_audit(connection, now, by, "silence ended", {"silence": silence_id})
    dispatcher.sweeper.trigger()
    return ended


async def acknowledge_incident(
    dispatcher: Dispatcher, incident_key: str, *, by: str, note: str
) -> IncidentShown | None:
    """Say that somebody sees to an incident; raises LookupError without one. None: it is over."""
    now = dispatcher.clock.now()
    async with dispatcher.database.write() as connection:
        if not await acknowledge(connection, incident_key, by=by, note=note, now=now):
            return None
        (shown,) = await listing.incidents(connection, 1, key=incident_key)
        await write_audit(connection, now, by, "acknowledge", {"incident": incident_key, "note": note})
    dispatcher.sweeper.trigger()
    return shown


async def resolve_problem(dispatcher: Dispatcher, problem_id: str, *, by: str) -> ProblemShown | None:
    """Say that a message which was given up is seen to; raises LookupError and LastingProblemError. None: it was over."""
    now = dispatcher.clock.now()
    async with dispatcher.database.write() as connection:
        found = await problems(connection, 1, id=problem_id)
        if not found:
            raise LookupError(problem_id)
        if found[0].state == "open" and found[0].kind in OF_RECEIVERS:
            raise LastingProblemError(found[0].integration)
        if not await resolve(connection, problem_id, now, by):
            return None
        (resolved,) = await problems(connection, 1, id=problem_id)
        await write_audit(connection, now, by, "resolve", {"problem": problem_id, "integration": resolved.integration})
    return resolved


async def replay_failed(dispatcher: Dispatcher, wanted: FailureFilter, limit: int, *, by: str) -> Replayed:
    """Send messages again that were given up, oldest first, so many at the most.

    Raises UnknownNameError for a name that neither the definitions nor any message has.
    """
    now = dispatcher.clock.now()
    async with dispatcher.database.write() as connection:
        await _refuse_unheard(connection, wanted, await dispatcher.definitions.at(connection))
        stated = {name: _plain(value) for name, value in asdict(wanted).items() if value is not None}
        deed = await begin_deed(connection, now, by, "resend many", {**stated, "limit": limit})
        done = await replay(connection, wanted, limit, now)
        await end_deed(connection, deed, now, result={"resent": done.resent, "oks": done.oks, "left": done.left})
    dispatcher.sweeper.trigger()
    return done


async def _refuse_unheard(connection: AsyncConnection, wanted: FailureFilter, running: RunningDefinitions) -> None:
    """Refuse names that no definition has and no message either, as those of what was deleted do."""
    if wanted.incident is not None and not await listing.incidents(connection, 1, key=wanted.incident):
        raise UnknownNameError(f"there is no incident {wanted.incident}")
    if wanted.monitor is not None and not (
        wanted.monitor in running.monitors or await listing.incidents(connection, 1, monitor=wanted.monitor)
    ):
        raise UnknownNameError(_unknown("monitor", wanted.monitor, running))
    if wanted.integration is not None and not (
        wanted.integration in running.integrations
        or await listing.deliveries(connection, 1, integration=wanted.integration)
    ):
        raise UnknownNameError(_unknown("integration", wanted.integration, running))


def _plain(value: str | datetime) -> str:
    return value.isoformat() if isinstance(value, datetime) else value


def _refuse_odd(period: Period, now: datetime) -> None:
    if period.ends_at <= now:
        raise SilenceRefusedError("the silence would be over before it begins: give an end in the future")
    if period.ends_at <= period.starts_at:
        raise SilenceRefusedError("the silence would end before it begins")
    if period.ends_at - period.starts_at > LONGEST:
        raise SilenceRefusedError(
            f"a silence lasts {LONGEST.days} days at the most: for longer, set `active: false` in the definitions"
        )


def _refuse_unknown(fits: Scope, running: RunningDefinitions) -> None:
    """Refuse names that no definition has; raises SilenceRefusedError."""
    stated = _stated(fits)
    if not stated:
        raise SilenceRefusedError("say what to silence: a monitor, group, alert or integration")
    for kind, name in stated.items():
        if name not in _known(kind, running):
            raise SilenceRefusedError(_unknown(kind, name, running))
    if len(stated) > 1 and not _fits_anything(fits, running):
        names = " and ".join(f"{_WORDS[kind]} `{name}`" for kind, name in stated.items())
        raise SilenceRefusedError(f"no message fits {names} at once: make a silence of each")


def _fits_anything(fits: Scope, running: RunningDefinitions) -> bool:
    """Whether the definitions, active or not, bring messages that fit all the names."""
    return any(
        covers(alert, each.monitor) and (fits.integration is None or fits.integration in alert.uses)
        for each in running.monitors.values()
        if fits.monitor in (None, each.monitor.name) and (fits.group is None or fits.group in each.monitor.groups)
        for alert in each.definitions.alerts.values()
        if fits.alert in (None, alert.name)
    )


def _unknown(kind: str, name: str, running: RunningDefinitions) -> str:
    known = sorted(_known(kind, running))
    names = f"there are {listed(known)}" if known else "none are defined: sync definitions first"
    return f"there is no {_WORDS[kind]} `{name}`: {did_you_mean(name, known, otherwise=names)}"


_WORDS = {"monitor": "monitor", "group": "group of monitors", "alert": "alert definition", "integration": "integration"}


def _known(kind: str, running: RunningDefinitions) -> Collection[str]:
    if kind == "monitor":
        return running.monitors
    if kind == "integration":
        return running.integrations
    if kind == "alert":
        return {name for definitions in running.projects.values() for name in definitions.alerts}
    return {group for each in running.monitors.values() for group in each.monitor.groups}


def _stated(fits: Scope) -> Mapping[str, str]:
    names = {"monitor": fits.monitor, "group": fits.group, "alert": fits.alert, "integration": fits.integration}
    return {kind: name for kind, name in names.items() if name is not None}
