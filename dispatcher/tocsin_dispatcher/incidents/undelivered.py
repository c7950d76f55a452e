"""Somebody is told of what can't be delivered: through the integration's fallback, and through the operators' integration.

A problem and the messages that tell it are made in one transaction: after a crash there are both, or the next look
makes both. What becomes of those messages makes no further one, so nothing can loop.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.incidents.definitions import RunningDefinitions
from tocsin_dispatcher.incidents.delivery_ids import notice_id, problem_id
from tocsin_dispatcher.incidents.new_delivery import NewDelivery, delivery_row
from tocsin_dispatcher.store.database.rows import Row, insert
from tocsin_dispatcher.store.database.tables import delivery
from tocsin_dispatcher.store.problems.about import OF_MESSAGES, OF_RECEIVERS, About
from tocsin_dispatcher.store.problems.undelivered import (
    Found,
    OpenProblem,
    Undelivered,
    add_problems,
    ended_oks,
    forget_oks_of_given_up,
    given_up,
    problems_so_far,
    set_told_ok,
)
from tocsin_schema.api.problems import ProblemKind
from tocsin_schema.messages.values import ALERT_TYPES
from tocsin_schema.models import Integration, MessageType, Project
from tocsin_schema.text.suggest import cut

LONGEST_REASON = 1000
"""Characters of a reason at the most: it quotes receivers."""
AT_ONCE = 200
"""Oks told in one transaction at the most, so that others get their turn between."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Told:
    """What was told in a transaction."""

    integrations: set[str] = field(default_factory=set)
    """Those with something to send."""
    problems: list[tuple[str, ProblemKind]] = field(default_factory=list)
    """Integration and kind of each problem that is new."""


async def tell_of_given_up(
    connection: AsyncConnection, running: RunningDefinitions, delivery_ids: Sequence[str], now: datetime
) -> Told:
    """Tell of those of the deliveries that have been given up, in the transaction that writes it.

    One that was itself about another is a problem that nobody is sent a message of.
    """
    told = Told()
    messages = await given_up(connection, delivery_ids)
    earlier = await problems_so_far(connection, messages, OF_MESSAGES)
    found = []
    for message in messages:
        reason = _reason("; ".join(message.last_failure) or "it was given up")
        kind: ProblemKind = "unclear" if message.outcome == "unclear" else "given_up"
        id = problem_id(message.id, "message", earlier[message.id])
        found.append(_found(running, id, kind, message, reason, message.finished_at or now))
    await _tell(connection, running, found, now, told)
    await forget_oks_of_given_up(connection, [each for each in messages if each.type == "ok" and each.about is None])
    return told


async def tell_of_receiver(
    connection: AsyncConnection,
    running: RunningDefinitions,
    kind: ProblemKind,
    message: Undelivered,
    *,
    reason: str,
    since: datetime,
    now: datetime,
) -> Told:
    """Tell that a receiver takes nothing; `message` is the one that has waited longest for it."""
    told = Told()
    earlier = await problems_so_far(connection, [message], OF_RECEIVERS)
    id = problem_id(message.id, "receiver", earlier[message.id])
    await _tell(connection, running, [_found(running, id, kind, message, _reason(reason), since)], now, told)
    return told


async def tell_that_over(
    connection: AsyncConnection, running: RunningDefinitions, over: OpenProblem, reason: str, now: datetime
) -> set[str]:
    """Tell those who were told that a receiver takes nothing that it does again; returns who has something to send."""
    about = _about(over.id, over.integration, reason, over.kind, "ok")
    about["ends"] = True
    rows = [_row(running, name, over.message, "ok", about, now) for name in over.told if _sends_ok(running, name)]
    await insert(connection, delivery, rows)
    return {str(row["integration"]) for row in rows}


async def tell_of_ended_incidents(connection: AsyncConnection, running: RunningDefinitions, now: datetime) -> set[str]:
    """Send an Ok to those who were told of an Error that never arrived, once its incident is over.

    Returns who has something to send. The message's own integration had its Ok, or never will: it was skipped.
    """
    ended = await ended_oks(connection, AT_ONCE)
    if not ended:
        return set()
    rows: dict[tuple[str, ...], Row] = {}
    for each, ok_guid in ended:
        about = About(problem=each.id, integration=each.integration, reason="the incident is over", ends=True)
        for name in each.told:
            if _sends_ok(running, name):
                rows.setdefault(
                    (name, each.integration, ok_guid), _row(running, name, each.message, "ok", about, now, ok_guid)
                )
    await insert(connection, delivery, list(rows.values()))
    await set_told_ok(connection, [each.id for each, _ in ended])
    return {name for name, *_ in rows}


async def _tell(
    connection: AsyncConnection, running: RunningDefinitions, found: Sequence[Found], now: datetime, told: Told
) -> None:
    rows = [
        _row(
            running,
            name,
            each.message,
            kind,
            _about(each.id, each.message.integration, each.reason, each.kind, kind),
            now,
        )
        for each in found
        for name in each.told
        for kind in [_type_for(running.integrations[name][1], each.message.type)]
    ]
    await add_problems(connection, found, now)
    await insert(connection, delivery, rows)
    told.integrations.update(str(row["integration"]) for row in rows)
    told.problems += [(each.message.integration, each.kind) for each in found]
    for each in found:
        known = {"problem": each.id, "integration": each.message.integration, "delivery": each.message.id}
        log.error("can't be delivered", kind=each.kind, reason=each.reason, told=list(each.told), **known)


def _found(
    running: RunningDefinitions, id: str, kind: ProblemKind, message: Undelivered, reason: str, since: datetime
) -> Found:
    told = tuple(_recipients(running, message, kind)) if message.about is None else ()
    return Found(id, kind, message, reason, since, told)


def _recipients(running: RunningDefinitions, message: Undelivered, kind: ProblemKind) -> Iterator[str]:
    """Yield the integrations that are told, each once: the fallback as it is named now, and the operators'.

    A receiver that takes nothing is not told so itself; of one message it is, as the next may well arrive.
    """
    there = running.integrations.get(message.integration)
    fallback = there[1].fallback if there is not None else message.fallback
    definitions = there[0] if there is not None else running.projects.get(message.owner)
    operators = definitions.project.operators_integration if definitions is not None else None
    for name in dict.fromkeys((fallback, operators)):
        if name is None or name not in running.integrations or not running.integrations[name][1].active:
            continue
        if name != message.integration or kind not in OF_RECEIVERS:
            yield name


def _row(
    running: RunningDefinitions,
    name: str,
    message: Undelivered,
    message_type: MessageType,
    about: About,
    now: datetime,
    alert_guid: str | None = None,
) -> Row:
    """Return the row of a message that speaks of another. Of a receiver's trouble it is of an incident of its own."""
    project: Project = running.integrations[name][0].project
    alert_guid, ends = alert_guid or message.alert_guid, about.get("ends", False)
    new = NewDelivery(
        id=notice_id(message.id, about["problem"], alert_guid, name, message_type, ends=ends),
        alert_guid=alert_guid,
        incident_key=about.get("values", {}).get("@incident.key", message.incident_key),
        project=project,
        integration=name,
        type=message_type,
        alert=message.alert,
        level=message.level,
        about=about,
    )
    return delivery_row(running, new, now)


def _about(problem: str, integration: str, reason: str, kind: ProblemKind, message_type: MessageType) -> About:
    """Return what a message says of another beside that one's own values.

    Trouble of a receiver has a key of its own: an Ok that ends it must not end the incident whose message waited, and
    doesn't speak of that incident's monitor.
    """
    values = {"@alert.type": ALERT_TYPES[message_type]}
    if kind in OF_RECEIVERS:
        values["@incident.key"] = problem
        if message_type == "ok":
            values |= {"@monitor.name": "Tocsin", "@alert.description": reason}
    return About(problem=problem, integration=integration, reason=reason, values=values)


def _type_for(integration: Integration, message_type: MessageType) -> MessageType:
    """Return the type of the message itself where the integration sends it, else error: every one sends that."""
    return message_type if integration.message_set(message_type) is not None else "error"


def _sends_ok(running: RunningDefinitions, name: str) -> bool:
    there = running.integrations.get(name)
    return there is not None and there[1].active and there[1].message_set("ok") is not None


def _reason(text: str) -> str:
    return cut(text, LONGEST_REASON)
