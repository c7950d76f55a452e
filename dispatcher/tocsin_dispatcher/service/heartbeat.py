"""The heartbeat: a message that comes again and again, so that its absence tells elsewhere that we are dead.

It goes out at once and by itself, not through the queue: one that is late is worth nothing, so none is kept, repeated
or piled up. When the next one is due stands in the database, so that of several processes one sends it, and a
restart neither doubles nor drops the beat.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from tocsin_dispatcher.clock import Clock
from tocsin_dispatcher.delivery.direct import TestMessage, TestMessageError, compose_test_message, deliver_test_message
from tocsin_dispatcher.incidents.definitions import DefinitionsCache, RunningDefinitions
from tocsin_dispatcher.sending.sender import Sender
from tocsin_dispatcher.store.database.database import Database
from tocsin_dispatcher.store.heartbeats import put_off, take_beat
from tocsin_dispatcher.store.lag import Lateness, lateness
from tocsin_dispatcher.telemetry.metrics import Metrics
from tocsin_dispatcher.vault import Vault
from tocsin_schema.text.suggest import did_you_mean

AGAIN = timedelta(seconds=30)
"""How soon one that was not delivered is tried again, if the next is not due before."""
LATEST_TIMER = 60.0
"""Seconds that a timer may be overdue: a dispatcher that fires none is as good as dead, and sends no heartbeat."""
SAID = {"@monitor.name": "Tocsin", "@alert.description": "Heartbeat: the dispatcher is at work"}

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Beating:
    """Through which integration the heartbeat goes, and how often."""

    integration: str
    every: timedelta


@dataclass(frozen=True)
class Heartbeat:
    """Sends the heartbeat when it is due."""

    beating: Beating
    database: Database
    definitions: DefinitionsCache
    vault: Vault
    sender: Sender
    clock: Clock
    metrics: Metrics

    async def beat(self) -> datetime:
        """Send a heartbeat if one is due, and return when to look again."""
        now, every = self.clock.now(), self.beating.every
        async with self.database.write() as connection:
            due = await take_beat(connection, self.beating.integration, now, every)
            running, late = await self.definitions.at(connection), await lateness(connection, now)
        if due is not None:
            return due
        problem = await self._problem(running, late)
        self.metrics.heartbeats.labels("sent" if problem is None else "failed").inc()
        if problem is None:
            return now + every
        log.error("the heartbeat was not sent", integration=self.beating.integration, reason=problem)
        again = now + min(every, AGAIN)
        async with self.database.write() as connection:
            await put_off(connection, self.beating.integration, again)
        return again

    async def _problem(self, running: RunningDefinitions, late: Lateness) -> str | None:
        """Send it, and return why it was not delivered."""
        found = running.integrations.get(self.beating.integration)
        if found is None:
            otherwise = "sync one, or set another heartbeat_integration"
            hint = did_you_mean(self.beating.integration, running.integrations, otherwise=otherwise)
            return f"there is no integration `{self.beating.integration}`: {hint}"
        if late.timers > LATEST_TIMER:
            return f"held back: a timer is {late.timers:.0f} s overdue"
        definitions, integration = found
        kind = "ok" if integration.message_set("ok") is not None else integration.messages[0].types[0]
        await self.vault.load(definitions.project.vault)
        try:
            wanted = TestMessage(message_type=kind, values=SAID)
            message = compose_test_message(definitions, integration, wanted, self.vault, self.clock)
        except TestMessageError as error:
            return str(error)
        results = await deliver_test_message(message, self.sender, self.clock)
        return None if all(each.then != "stop" for each in results[-1:]) else "; ".join(results[-1].failures)
