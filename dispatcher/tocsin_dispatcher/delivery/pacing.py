"""What an integration may send now: within its limits, and with care where its receiver fails."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.delivery.circuit_breaker import TRY_EVERY, at_no_cost, health_after
from tocsin_dispatcher.store.deliveries import Claimed, Progress, claim, record
from tocsin_dispatcher.store.health import Health
from tocsin_dispatcher.store.integrations import Known, hasten, in_flight, keep_known, known_of

AT_ONCE = 50
"""Deliveries of one integration under way at the most: in one process, and over all where there is a rate, since none
that was counted may wait for its turn."""

log = structlog.get_logger(__name__)


async def record_and_claim(
    connection: AsyncConnection,
    integration: str,
    ended: Sequence[Progress],
    now: datetime,
    limit: int,
    process_id: str,
    held: list[str] | None = None,
) -> list[Claimed]:
    """Write back turns of an integration as `record` does and claim as `claim` does, as many as it may send now.

    Other processes wait for their turn meanwhile, but only with the same integration, and only where it has
    limits or fails.
    """
    before = await known_of(connection, integration)
    known = before or Known()
    known = replace(known, health=health_after(known.health, ended, known.limits.pause_after, now))
    if known.health.paused_at is not None:
        ended = at_no_cost(ended, now)
    await record(connection, ended, now, process_id)
    if before is None and known == Known():
        return await claim(connection, integration, now, limit, process_id, held)
    if known.health != (before or Known()).health:
        await _turned(connection, integration, (before or Known()).health, known.health, now)
    known = known.sent_within(now)
    room = await _room(connection, integration, known, now, limit)
    claimed = await claim(connection, integration, now, room, process_id, held)
    known = _held(known.with_sent(now, len(claimed)), now)
    if known != before:
        await keep_known(connection, integration, known)
    return claimed


async def _room(connection: AsyncConnection, integration: str, known: Known, now: datetime, limit: int) -> int:
    limits = known.limits
    most = 1 if known.health.paused_at is not None else limits.max_in_flight
    if most is None and limits.rate_limit is not None:
        most = AT_ONCE
    if most is not None and limit > 0:
        limit = min(limit, most - await in_flight(connection, integration))
    if limits.rate_limit is not None:
        limit = min(limit, known.left(limits.rate_limit))
    return 0 if _between_tries(known, now) else limit


def _between_tries(known: Known, now: datetime) -> bool:
    paused_at, until = known.health.paused_at, known.held_until
    return paused_at is not None and (until is None or now < until or paused_at == now)


def _held(known: Known, now: datetime) -> Known:
    """Hold an integration back until its next try or until its rate allows more; else not at all."""
    until = known.free_at
    if known.health.paused_at is not None:
        until = known.held_until if known.held_until and known.held_until > now else now + TRY_EVERY
    return replace(known, held_until=until)


async def _turned(connection: AsyncConnection, integration: str, before: Health, after: Health, now: datetime) -> None:
    """Say what changed, and send what waits once a pause is over."""
    known = log.bind(integration=integration)
    if before.state == after.state:
        return
    if after.state == "paused":
        since = str(after.failing_since)
        known.error("paused: its messages wait, one is tried now and then", since=since, failures=after.last_failure)
    elif after.state == "failing":
        known.error("failing", since=str(after.failing_since), failures=after.last_failure)
    else:
        known.info("recovered")
        if before.state == "paused":
            await hasten(connection, integration, now)
