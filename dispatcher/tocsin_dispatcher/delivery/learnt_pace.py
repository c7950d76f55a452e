"""The pace at which an integration's receiver takes requests, learnt from its answers *busy*. Pure: time is passed in.

Nothing is limited until a receiver says that it is busy. Then nothing is sent for as long as it asks, or a second,
and what it took until then is the **ceiling**. From there the pace has the shape of CUBIC (RFC 9438, section 4.1):
half of what was refused at first, soon just below the ceiling, then creeping up to it, about there for long, and ever
faster beyond, until it is refused again, or is so fast that no limit is needed. A ceiling that was met again is tried
less often, since each try costs a refusal. Plain halving and creeping would take three quarters of what there is.

One pace is shared by all processes. In a transaction: first `answered`, then `room`, then `claimed`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tocsin_schema.messages.delivery_policy import hold_after

BATCH = 0.1
"""Seconds of requests that are claimed at once: ten claims a second are enough, however fast it goes."""
LATE = 0.1
"""Seconds by which a late claim is made good for at the most. It is less where less than ten a second are sent: a receiver
that takes one a second refuses two that are closer."""
HALF_FOR = 0.5
"""Seconds of sending for which the pace is half after a refusal."""
BELOW = 0.1
"""Share of the ceiling by which the pace begins below it."""
FOUND_SOON = 0.9
"""Share of a pace that becomes the ceiling where it was refused at once; one that was kept for long becomes it whole."""
FIRST_CREEP, CREEP, LONGEST_CREEP = 10.0, 20.0, 120.0
"""Seconds of sending until the ceiling is reached: the first time, then, and at last where it was met again and again."""
REOPENED_CREEP, GUESSED_CREEP = 10.0, 1.0
"""The same after several refusals in a row: where something, and where nothing is known of what the receiver takes."""
SLOWEST, FASTEST = 1 / 60, 1000.0
"""Requests a second: no slower pace is learnt, and a faster one is no limit."""
FORGET = timedelta(hours=1)
"""After so long without a refusal nothing is known any more."""
SET_BACK = timedelta(seconds=10)
"""The clocks of two machines differ by less: where more was learnt later than now, the clock was set back."""
FIRST, AT_ONCE = 5, 50


@dataclass(frozen=True, slots=True)
class Pace:
    """What was learnt of a receiver; without a ceiling nothing."""

    ceiling: float | None = None
    """Requests a second at which it refused."""
    creep: float = CREEP
    """Seconds of sending until the pace reaches the ceiling."""
    age: float = 0.0
    """Seconds of sending since the last hold."""
    sending: bool = False
    """Whether something was claimed since the last hold."""
    began: datetime | None = None
    """When it was claimed, or before the last hold."""
    taken: int = 0
    """Messages delivered since `began`."""
    claimed_at: datetime | None = None
    slot: datetime | None = None
    """When the next request may be claimed, but for a hold."""
    held_until: datetime | None = None
    """Nothing may be claimed before."""
    refused_at: datetime | None = None
    refused_rate: float | None = None
    """The pace that was refused last; None: there was none."""
    in_a_row: int = 0
    """Refusals between which nothing was delivered. Of several requests that were under way together, it is one."""
    took: int = 0
    """Messages delivered before the first of these refusals, and after the one before."""
    took_from: datetime | None = None

    @property
    def rate(self) -> float | None:
        """Requests a second that are sent now, but for a hold; None: no limit is known."""
        full = self.full_rate
        return full / 2 if full is not None and self.age < HALF_FOR else full

    @property
    def full_rate(self) -> float | None:
        """The rate, were it not halved for a while after a hold."""
        if self.ceiling is None:
            return None
        return self.ceiling * (1 + BELOW * ((self.age - self.creep) / self.creep) ** 3)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON, times in microseconds since 1970; what is as at first is left out."""
        kept = {name: value for name, value in asdict(self).items() if value != getattr(_NOTHING, name)}
        return {name: _microseconds(value) if name in _TIMES else value for name, value in kept.items()}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Pace":
        """Return what `to_json` was called of."""
        values: dict[str, Any] = {name: _moment(kept[name]) if name in _TIMES else kept[name] for name in kept}
        return cls(**values)


_NOTHING = Pace()
_TIMES = frozenset({"began", "claimed_at", "slot", "held_until", "refused_at", "took_from"})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def first_claims(delivered: int) -> int:
    """Return how many messages a process may have under way where no limit is known, having delivered so many of a burst.

    A fast receiver gets 50 at once after six round trips. Of a slow one, what is refused is half of what it took.
    """
    return min(FIRST + delivered // 2, AT_ONCE)


def answered(pace: Pace, delivered: int, refusals: Sequence[timedelta | None], now: datetime) -> Pace:
    """Return the pace after so many deliveries and answers *busy*, each with the wait it asks for, if any.

    Where no limit is known, `delivered` are those of the last second in all processes; else those since the last call.
    Without a limit and without refusals the same pace is returned, so nothing has to be written.
    """
    pace = _known_at(pace, now)
    if pace.ceiling is None and not refusals:
        return pace
    if delivered:
        pace = _after_deliveries(pace, delivered, now)
    return _after_refusals(pace, refusals, now) if refusals else pace


def room(pace: Pace, now: datetime) -> int | None:
    """Return how many requests may be claimed now; None: no limit is known."""
    pace = _known_at(pace, now)
    if pace.held_until is not None and now < pace.held_until:
        return 0
    if pace.rate is None:
        return None
    if pace.slot is not None and now < pace.slot:
        return 0
    if pace.in_a_row > 1:
        return 1
    return max(1, int((BATCH + _late(pace, now)) * pace.rate))


def claimed(pace: Pace, count: int, now: datetime) -> Pace:
    """Return the pace after so many were claimed, as `room` allows."""
    pace = _known_at(pace, now)
    if not count or pace.rate is None:
        return pace
    if not pace.sending:
        if pace.taken:
            pace = replace(pace, took=pace.taken, took_from=pace.began)
        pace = replace(pace, sending=True, began=now, taken=0, age=0.0, claimed_at=None, slot=None)
    since = (now - pace.claimed_at).total_seconds() if pace.claimed_at is not None else 0.0
    slot = now + timedelta(seconds=_seconds_of(pace, count) - _late(pace, now))
    age = pace.age + min(max(since, 0.0), 1 / (pace.rate or FASTEST) + 1)  # a pace that isn't used isn't tried
    pace = replace(pace, age=age, claimed_at=now, slot=slot)
    return Pace() if (pace.rate or 0.0) > FASTEST else pace


def next_at(pace: Pace, now: datetime) -> datetime | None:
    """Return when the next request may be claimed; None: now."""
    pace = _known_at(pace, now)
    return max((each for each in (pace.held_until, pace.slot) if each is not None and each > now), default=None)


def held(pace: Pace, until: datetime) -> Pace:
    """Return it held: the receiver took a message, and says that it takes no other before."""
    return replace(pace, held_until=max(until, pace.held_until or until))


def released(pace: Pace) -> Pace:
    """Return it with its hold ended, as an operator wants it; what was learnt stays."""
    return replace(pace, held_until=None, slot=None)


def _after_deliveries(pace: Pace, count: int, now: datetime) -> Pace:
    pace = replace(pace, taken=pace.taken + count)
    if pace.sending:
        return replace(pace, in_a_row=0) if pace.in_a_row < 2 else _reopened(pace, now)
    if pace.ceiling is None or pace.in_a_row > 1:
        return pace
    return replace(pace, ceiling=_ceiling(pace), creep=_creep(pace))  # they were under way when others were refused


def _reopened(pace: Pace, now: datetime) -> Pace:
    """Return the pace of a receiver that has refused several times in a row, and takes messages again."""
    ceiling, creep = 1.0, GUESSED_CREEP
    if pace.took_from is not None:  # what it took, over all of the time until it took something again
        took = pace.took / max(1.0, (now - pace.took_from).total_seconds())
        ceiling, creep = max(pace.ceiling or SLOWEST, took), REOPENED_CREEP
    slot = max(now, (pace.claimed_at or now) + timedelta(seconds=1 / ceiling))
    return replace(pace, in_a_row=0, ceiling=ceiling, creep=creep, slot=slot)


def _after_refusals(pace: Pace, refusals: Sequence[timedelta | None], now: datetime) -> Pace:
    asked = max((each for each in refusals if each is not None), default=timedelta(0))
    if pace.ceiling is not None and pace.held_until is not None and now < pace.held_until:
        return held(pace, now + asked)  # they were under way when others were refused
    in_a_row = pace.in_a_row + 1
    refused = replace(
        pace,
        sending=False,
        began=pace.began or now - timedelta(seconds=1),
        slot=None,
        held_until=now + hold_after(asked, in_a_row),
        refused_at=now,
        refused_rate=pace.rate,
        in_a_row=in_a_row,
    )
    return replace(refused, ceiling=_ceiling(refused), creep=_creep(refused))


def _ceiling(refused: Pace) -> float:
    """Return the ceiling that a refusal shows."""
    if refused.refused_rate is None:
        return float(max(refused.taken, 1))  # what it took within a second
    if refused.taken == 0:
        return max(refused.refused_rate / 2, SLOWEST)
    share = min(1.0, FOUND_SOON + (1 - FOUND_SOON) * refused.age / refused.creep)
    return max(refused.refused_rate * share, SLOWEST)


def _creep(refused: Pace) -> float:
    if refused.refused_rate is None:
        return FIRST_CREEP if refused.taken else GUESSED_CREEP
    if refused.taken == 0 or refused.creep < CREEP or refused.age > 2.3 * refused.creep:  # no ceiling was there
        return CREEP
    return min(refused.creep * 2, LONGEST_CREEP) if refused.age > refused.creep / 2 else refused.creep


def _seconds_of(pace: Pace, count: int) -> float:
    """Return how long so many requests take at the pace of now, half of it included."""
    full = count / (pace.full_rate or FASTEST)
    return full + min(full, max(HALF_FOR - pace.age, 0.0) / 2)


def _late(pace: Pace, now: datetime) -> float:
    if pace.slot is None or pace.rate is None:
        return 0.0
    return min(max((now - pace.slot).total_seconds(), 0.0), LATE * min(1.0, pace.rate / 10))


def _known_at(pace: Pace, now: datetime) -> Pace:
    """Return what is still known: nothing long after the last refusal, nor where the clock was set back."""
    if pace.refused_at is None:
        return pace
    old = max(pace.refused_at, pace.held_until or pace.refused_at) + FORGET < now
    return Pace() if old or max(pace.refused_at, pace.claimed_at or now) > now + SET_BACK else pace


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)
