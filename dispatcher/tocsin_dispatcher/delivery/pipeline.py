"""The way of every message: from due to recorded, in one function."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.clock import Clock
from tocsin_dispatcher.delivery.drains import Drain
from tocsin_dispatcher.delivery.pacing import gate_of
from tocsin_dispatcher.delivery.turn import Turns
from tocsin_dispatcher.store.database.database import Database, reason
from tocsin_dispatcher.store.deliveries import (
    Claimed,
    Progress,
    claim,
    find_due,
    find_tried,
    find_urgent,
    record,
    release_some,
    urge,
)
from tocsin_dispatcher.store.retention.clock_watch import ClockWatch
from tocsin_dispatcher.store.silences import hold_silenced
from tocsin_dispatcher.store.skips import skip_unwanted

AFTER_ERROR = timedelta(seconds=1)
"""How long to wait after the database has failed."""

log = structlog.get_logger(__name__)


class Undelivered(Protocol):
    """Sees to it that somebody is told of messages that can't be delivered."""

    async def tell(
        self, connection: AsyncConnection, delivery_ids: Sequence[str], now: datetime
    ) -> Callable[[], Awaitable[None]]:
        """Tell of messages in the transaction that gives them up; returns what is to be called once it has committed."""
        ...

    def look(self) -> None:
        """Look soon whether anything else is to be told: messages have been skipped."""
        ...


@dataclass(frozen=True)
class Pipeline:
    """Takes messages from due to recorded, for one process."""

    database: Database
    process_id: str
    clock: Clock
    turns: Turns
    undelivered: Undelivered
    watch: ClockWatch
    held_back: Callable[[str, int], None]
    """Is told of an integration, and how many of its messages a silence holds back from now on."""

    async def deliver(self, drain: Drain) -> None:
        """Skip, silence, pace, claim, render, send, judge and record the messages of an integration that are due.

        Until no more are. The transaction that records those which have been judged claims the next: it costs as much
        as many messages. What is claimed is rendered, sent and judged at once, each message by itself.
        """

        async def send_one(claimed: Claimed) -> Progress:
            rendered = await self.turns.render(claimed)
            exchange = await self.turns.send(rendered)
            return self.turns.judge(rendered, exchange)

        while await drain.goes_on():
            silenced: list[str] = []
            skipped = 0
            try:
                async with self.database.write() as connection:
                    now, judged = self.clock.now(), drain.judged()
                    gate = await gate_of(connection, drain.integration, judged, now)
                    ended = gate.aged(judged, self.watch.trusted())
                    await record(connection, ended, now, self.process_id)
                    given_up = [each.id for each in ended if each.state == "failed"]
                    told = await self.undelivered.tell(connection, given_up, now)
                    await release_some(connection, drain.given_back())
                    await urge(connection, [each.id for each in ended if gate.goes_on(each)])
                    places = drain.room(len(judged), paced=gate.is_paced)
                    room = await gate.room(connection, places)
                    urgent = gate.holds and room < 1 and places > 0
                    usual = find_tried if gate.is_open else find_due
                    find, room = (find_urgent, 1) if urgent else (usual, room)
                    while due := await find(connection, drain.integration, now, room):
                        wanted = await skip_unwanted(connection, due, now, if_over=gate.known.limits.if_over)
                        held = await hold_silenced(connection, wanted, now)
                        silenced += held
                        skipped += len(due) - len(wanted)
                        if len(wanted) - len(held) == len(due):
                            break  # else look again: something may have stood behind the others
                    claimed = await claim(connection, due, now, self.process_id)
                    await gate.keep(connection, len(claimed))
            except SQLAlchemyError as error:
                log.error("the database failed, will be tried again", reason=reason(error))
                await self.clock.wait(drain.stopping, self.clock.now() + AFTER_ERROR)
                drain.not_recorded()
                continue
            drain.recorded()
            drain.left_alone = gate.waits
            for before, after in zip(judged, ended, strict=True):
                if after.state != before.state:
                    self.turns.given_up_for_age(drain.integration, after)
            await told()
            if skipped:
                self.undelivered.look()
            for each in claimed:
                drain.start(each, send_one, anyway=gate.waits)
            if silenced:
                log.info("held back by silences", integration=drain.integration, deliveries=silenced)
                self.held_back(drain.integration, len(silenced))
