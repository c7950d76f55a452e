"""What an integration may send now: within its limits, and with care where its receiver fails."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.delivery.circuit_breaker import TRY_EVERY, at_no_cost, health_after
from tocsin_dispatcher.store.deliveries import Progress
from tocsin_dispatcher.store.health import Health
from tocsin_dispatcher.store.integrations import Known, hasten, in_flight, keep_known, known_of

AT_ONCE = 50
"""Deliveries of one integration under way at the most: in one process, and over all where there is a rate, since none
that was counted may wait for its turn."""

log = structlog.get_logger(__name__)


@dataclass
class Pace:
    """How fast one integration may be sent to, within one transaction; see `pace_of`."""

    integration: str
    now: datetime
    before: Known
    known: Known

    def at_no_cost(self, judged: Sequence[Progress]) -> Sequence[Progress]:
        """Return where messages stand, with their failures undone where these are to cost nothing."""
        return at_no_cost(judged, self.now) if self.known.health.paused_at is not None else judged

    async def room(self, connection: AsyncConnection, limit: int) -> int:
        """Return how many may be claimed, `limit` at the most; says how the receiver fares where that has changed."""
        await _turned(connection, self.integration, self.before.health, self.known.health, self.now)
        self.known = self.known.sent_within(self.now)
        limits = self.known.limits
        most = 1 if self.known.health.paused_at is not None else limits.max_in_flight
        if most is None and limits.rate_limit is not None:
            most = AT_ONCE
        if most is not None and limit > 0:
            limit = min(limit, most - await in_flight(connection, self.integration))
        if limits.rate_limit is not None:
            limit = min(limit, self.known.left(limits.rate_limit))
        return 0 if _between_tries(self.known, self.now) else limit

    async def keep(self, connection: AsyncConnection, claimed: int) -> None:
        """Write down how the integration fares, and that so many were claimed now."""
        known = _held(self.known.with_sent(self.now, claimed), self.now)
        if known != self.before:
            await keep_known(connection, self.integration, known)


async def pace_of(connection: AsyncConnection, integration: str, judged: Sequence[Progress], now: datetime) -> Pace:
    """Return the pace of an integration after these turns of its messages.

    Other processes wait for their turn until the transaction ends, but only with the same integration, and only
    where it has limits or fails.
    """
    before = await known_of(connection, integration) or Known()
    health = health_after(before.health, judged, before.limits.pause_after, now)
    return Pace(integration, now, before, replace(before, health=health))


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
