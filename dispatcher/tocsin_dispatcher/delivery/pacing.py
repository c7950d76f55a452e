"""What an integration may send now: within its limits, at the pace that its receiver takes, with care where that is down."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.delivery import learnt_pace
from tocsin_dispatcher.delivery.circuit_breaker import health_after, is_paused, probed
from tocsin_dispatcher.delivery.progress import too_old
from tocsin_dispatcher.store.attempts import delivered_since
from tocsin_dispatcher.store.deliveries import Progress
from tocsin_dispatcher.store.health import Health
from tocsin_dispatcher.store.integrations import Known, due_of, hasten, in_flight, keep_known, known_of
from tocsin_schema.messages.delivery_policy import PAUSED_PROBE
from tocsin_schema.models.integration import GIVE_UP_AFTER, PROBE_EVERY

AT_ONCE = learnt_pace.AT_ONCE
"""Deliveries of one integration under way at the most: in one process, and over all where there is a rate, since none
that was counted may wait for its turn."""

LATELY = timedelta(seconds=1)
"""What a receiver took within this time before it refused one shows its pace."""

log = structlog.get_logger(__name__)


@dataclass
class Gate:
    """What one integration may send, within one transaction; see `gate_of`."""

    integration: str
    now: datetime
    before: Known
    known: Known
    pace: learnt_pace.Pace
    """`known.pace`, read."""

    def aged(self, judged: Sequence[Progress], trusted: datetime) -> Sequence[Progress]:
        """Return where messages stand, those given up that have become too old by as much of the clock as may be trusted."""
        limits = self.known.limits
        if is_paused(self.known.health, limits.pause_after, self.now):
            return judged
        return [too_old(each, limits.give_up_after or GIVE_UP_AFTER, self.now, trusted) for each in judged]

    @property
    def holds(self) -> bool:
        """Whether anything but its limits may hold messages back: then what is urgent goes first."""
        return self.is_open or self.pace != learnt_pace.Pace()

    @property
    def waits(self) -> bool:
        """Whether the receiver is to be left alone now, but for what is tried or urgent."""
        return self.is_open or (self.pace.held_until is not None and self.now < self.pace.held_until)

    @property
    def is_paced(self) -> bool:
        """Whether a pace was learnt."""
        return self.pace.ceiling is not None

    def goes_on(self, progress: Progress) -> bool:
        """Tell whether a message that is tried while the circuit breaker is open goes on with its next step."""
        passed = progress.outcome == "delivered" or not progress.counts
        return self.is_open and passed and progress.attempt is not None and progress.state == "pending"

    @property
    def is_open(self) -> bool:
        """Whether the circuit breaker is open."""
        return self.known.health.opened_at is not None

    async def room(self, connection: AsyncConnection, limit: int) -> int:
        """Return how many may be claimed, `limit` at the most; says how the receiver fares where that has changed."""
        await _turned(connection, self.integration, self.before.health, self.known.health, self.now)
        self.known = self.known.sent_within(self.now)
        limits, health = self.known.limits, self.known.health
        most = 1 if self.is_open else limits.max_in_flight
        if most is None and limits.rate_limit is not None:
            most = AT_ONCE
        if most is not None and limit > 0:
            limit = min(limit, most - await in_flight(connection, self.integration))
        if limits.rate_limit is not None:
            limit = min(limit, self.known.left(limits.rate_limit))
        if self.is_open:
            return 0 if health.probe_at is not None and self.now < health.probe_at else limit
        learnt = learnt_pace.room(self.pace, self.now)
        return limit if learnt is None else min(limit, learnt)

    async def keep(self, connection: AsyncConnection, claimed: int) -> None:
        """Write down how the integration fares, and that so many were claimed now."""
        limits, known = self.known.limits, self.known.with_sent(self.now, claimed)
        if self.is_open:
            every = limits.probe_every or PROBE_EVERY
            if is_paused(known.health, limits.pause_after, self.now):
                every = max(every, PAUSED_PROBE)
            known = replace(known, health=probed(known.health, claimed, every, self.now))
            until = known.health.probe_at
        else:
            self.pace = learnt_pace.claimed(self.pace, claimed, self.now)
            until = learnt_pace.next_at(self.pace, self.now)
        until = max((each for each in (until, known.free_at) if each is not None), default=None)
        known = replace(known, pace=self.pace.to_json(), held_until=until)
        if known != self.before:
            await keep_known(connection, self.integration, known)


async def gate_of(connection: AsyncConnection, integration: str, judged: Sequence[Progress], now: datetime) -> Gate:
    """Return what an integration may send after these turns of its messages.

    Other processes wait for their turn until the transaction ends, but only with the same integration, and only where it
    has limits, fails or is busy.
    """
    before = await known_of(connection, integration) or Known()
    health = health_after(before.health, judged, now)
    pace = learnt_pace.Pace.from_json(before.pace)
    delivered = sum(each.outcome == "delivered" and each.attempt is not None for each in judged)
    refusals = [each.hold for each in judged if each.outcome == "busy" and each.attempt is not None]
    if refusals and pace.ceiling is None:  # what it took before it refused, from all processes
        delivered += await delivered_since(connection, integration, now - LATELY)
    pace = learnt_pace.answered(pace, delivered, refusals, now)
    holds = [each.hold for each in judged if each.hold and each.outcome != "busy"]
    if holds:
        pace = learnt_pace.held(pace, now + max(holds))
    if pace.held_until is not None and pace.held_until > now and health.busy_since is None:
        health = replace(health, busy_since=now)  # others that were under way may have been taken
    return Gate(integration, now, before, replace(before, health=health), pace)


async def flush(connection: AsyncConnection, integration: str, now: datetime) -> int:
    """Have all that waits for an integration sent now: close its circuit breaker, end its hold.

    Returns how many messages wait. What was learnt of its pace stays.
    """
    known = await known_of(connection, integration)
    if known is not None:
        pace = learnt_pace.released(learnt_pace.Pace.from_json(known.pace)).to_json()
        await keep_known(connection, integration, replace(known, health=Health(), pace=pace, held_until=None))
    await hasten(connection, integration, now)
    return await due_of(connection, integration, now)


async def _turned(connection: AsyncConnection, integration: str, before: Health, after: Health, now: datetime) -> None:
    """Say what changed, and send what waits once its receiver is there again."""
    if before.state == after.state:
        return
    known = log.bind(integration=integration)
    match after.state:
        case "down":
            since = str(after.failing_since)
            known.error("down: its messages wait, one is tried now and then", since=since, failures=after.last_failure)
        case "locked_out":
            since = str(after.failing_since)
            known.error("locked out: somebody has to act; its messages wait", since=since, failures=after.last_failure)
        case "busy":
            known.info("busy: its messages wait until it takes more", since=str(after.busy_since))
        case "ok":
            known.info("recovered")
    if before.opened_at is not None and after.opened_at is None:
        await hasten(connection, integration, now)
