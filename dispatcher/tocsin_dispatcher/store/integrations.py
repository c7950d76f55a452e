"""What is known of integrations beside their definitions: limits, what was sent within them, how they fare."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.store.database.rows import upsert
from tocsin_dispatcher.store.database.tables import PENDING, SENDING, delivery, integration_state
from tocsin_dispatcher.store.health import Health
from tocsin_schema.messages.captured_secrets import masked_failure
from tocsin_schema.models import Integration
from tocsin_schema.models.duration import Duration
from tocsin_schema.models.rate import Rate, RateLimit

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


class Limits(BaseModel):
    """What an integration's definition says of sending; None: nothing."""

    model_config = ConfigDict(frozen=True)

    rate_limit: RateLimit | None = None
    max_in_flight: int | None = None
    pause_after: Duration | None = None
    probe_every: Duration | None = None
    give_up_after: Duration | None = None
    if_over: Literal["send", "skip"] | None = None

    @classmethod
    def of(cls, integration: Integration) -> "Limits":
        """Return what a definition says."""
        return cls(**{name: getattr(integration, name) for name in cls.model_fields})


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one integration."""

    limits: Limits = field(default_factory=Limits)
    health: Health = field(default_factory=Health)
    pace: Mapping[str, Any] = field(default_factory=dict)
    """What was learnt of how fast its receiver takes messages, as `delivery.learnt_pace` writes it."""
    sent: tuple[tuple[int, int], ...] = ()
    """Requests handed out, oldest first: when, in milliseconds since 1970, and how many."""
    held_until: datetime | None = None
    """Nothing is sent before."""

    def sent_within(self, now: datetime) -> "Known":
        """Return it with what still counts of what was sent: the rate's last period."""
        rate = self.limits.rate_limit
        begin, end = (_milliseconds(now - rate.per), _milliseconds(now)) if rate is not None else (0, 0)
        return replace(self, sent=tuple(each for each in self.sent if begin < each[0] <= end))

    def left(self, rate: Rate) -> int:
        """Return how many more requests its rate allows."""
        return rate.count - sum(count for _, count in self.sent)

    def with_sent(self, now: datetime, count: int) -> "Known":
        """Return it with requests handed out now."""
        if not count or self.limits.rate_limit is None:
            return self
        return replace(self, sent=(*self.sent, (_milliseconds(now), count)))

    @property
    def free_at(self) -> datetime | None:
        """When its rate allows a further request; None: now."""
        rate = self.limits.rate_limit
        if rate is None or self.left(rate) > 0:
            return None
        return EPOCH + self.sent[0][0] * MILLISECOND + rate.per


class Held(dict[str, datetime]):
    """Integrations that are held back, each with the moment until which."""

    def over(self, now: datetime) -> set[str]:
        """Return those whose time is over."""
        return {integration for integration, until in self.items() if until <= now}

    def first_end(self, now: datetime) -> datetime | None:
        """Return the moment after `now` at which the first of the others may send again."""
        return min((until for until in self.values() if until > now), default=None)


async def known_of(connection: AsyncConnection, integration: str) -> Known | None:
    """Return what is known of an integration, and hold it until the transaction ends; None: nothing."""
    query = select(integration_state).where(integration_state.c.integration == integration).with_for_update()
    row = (await connection.execute(query)).mappings().first()
    return None if row is None else _known(row)


async def all_known(connection: AsyncConnection) -> dict[str, Known]:
    """Return what is known of every integration of which anything is."""
    rows = (await connection.execute(select(integration_state))).mappings()
    return {row["integration"]: _known(row) for row in rows}


async def keep_known(connection: AsyncConnection, integration: str, known: Known) -> None:
    """Keep what is known of an integration."""
    health = known.health
    row = {
        "integration": integration,
        "limits": known.limits.model_dump(mode="json", exclude_defaults=True),
        "sent": [list(each) for each in known.sent] or None,
        "held_until": known.held_until,
        "pace": dict(known.pace) or None,
        **asdict(health),
        "last_failure": list(health.last_failure) or None,
    }
    await upsert(connection, integration_state, [row])


async def set_limits(connection: AsyncConnection, integrations: Collection[Integration]) -> None:
    """Keep the limits of integrations that a push has changed, and begin anew with how they fare.

    One that was deleted keeps its last limits: what of it is still on its way goes to the same receiver.
    """
    for each in integrations:
        before, limits = await known_of(connection, each.name), Limits.of(each)
        if before is not None or limits != Limits():
            known = replace(before or Known(), limits=limits, health=Health(), pace={}, held_until=None)
            await keep_known(connection, each.name, known)


async def due_of(connection: AsyncConnection, integration: str, now: datetime) -> int:
    """Return how many deliveries of an integration wait and are due."""
    waits = select(func.count()).select_from(delivery)
    query = waits.where(delivery.c.integration == integration, delivery.c.state == PENDING, delivery.c.due_at <= now)
    return await connection.scalar(query) or 0


async def close_circuit_breakers(connection: AsyncConnection, integrations: Collection[str]) -> None:
    """Close the circuit breakers of integrations that are open; what holds them otherwise goes on."""
    for name in sorted(integrations):
        known = await known_of(connection, name)
        if known is not None and known.health.opened_at is not None:
            await keep_known(connection, name, replace(known, health=Health(), held_until=None))


async def held_back(connection: AsyncConnection) -> Held:
    """Return the integrations that are held back, those whose time is over included."""
    table = integration_state
    held = select(table.c.integration, table.c.held_until).where(table.c.held_until.is_not(None))
    return Held((await connection.execute(held)).all())


async def in_flight(connection: AsyncConnection, integration: str) -> int:
    """Return how many requests of an integration are under way, in all processes."""
    query = select(func.count()).select_from(delivery)
    return await connection.scalar(query.where(delivery.c.integration == integration, delivery.c.state == SENDING)) or 0


async def waiting(connection: AsyncConnection) -> dict[str, int]:
    """Return how many deliveries are not finished, by integration."""
    found: Counter[str] = Counter()
    for state in (PENDING, SENDING):  # one by one: each has its index
        found.update(await _counted(connection, state))
    return found


async def being_sent(connection: AsyncConnection) -> dict[str, int]:
    """Return how many deliveries are under way, by integration."""
    return await _counted(connection, SENDING)


async def _counted(connection: AsyncConnection, state: ColumnElement[str]) -> dict[str, int]:
    query = select(delivery.c.integration, func.count()).where(delivery.c.state == state)
    return dict((await connection.execute(query.group_by(delivery.c.integration))).all())


async def hasten(connection: AsyncConnection, integration: str, now: datetime) -> None:
    """Have the deliveries that wait for a repetition sent now; those between two steps keep their time."""
    await connection.execute(
        update(delivery)
        .where(
            delivery.c.integration == integration,
            delivery.c.state == PENDING,
            delivery.c.last_failure.is_not(None),
            delivery.c.due_at > now,
        )
        .values(due_at=now)
    )


def _known(row: Any) -> Known:
    health = Health(**{each.name: row[each.name] for each in fields(Health)})
    health = replace(health, last_failure=tuple(map(masked_failure, row["last_failure"] or ())))
    sent = tuple((at, count) for at, count in row["sent"] or ())
    return Known(Limits.model_validate(row["limits"] or {}), health, row["pace"] or {}, sent, row["held_until"])


def _milliseconds(moment: datetime) -> int:
    """Return whole milliseconds, rounded up: a request is never thought older than it is."""
    return -((EPOCH - moment) // MILLISECOND)
