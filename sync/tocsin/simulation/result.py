"""What came of playing checks: a value, complete before anything is shown of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from tocsin_schema.messages.outcomes import OutcomeKind
from tocsin_schema.models import MessageType

CheckKind = Literal["ok", "unconfirmed", "error", "ignored"]


FateKind = Literal["delivered", "given_up", "skipped", "waiting"]


@dataclass(frozen=True, slots=True)
class SimulatedAttempt:
    """An attempt at a message."""

    at: timedelta
    outcome: OutcomeKind
    answer: str
    """What the receiver answered, in words."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What would become of a message."""

    state: FateKind
    at: timedelta | None
    """When; None where it waits still."""
    attempts: tuple[SimulatedAttempt, ...]
    why: str
    """What more is to be said of it, as why it was given up; empty where nothing is."""
    told: tuple[str, ...] = ()
    """The integrations that are told of it, where it was given up."""


@dataclass(frozen=True, slots=True)
class ReceiverChange:
    """Something that changes with the receiver of an integration."""

    at: timedelta
    integration: str
    what: str
    """What, in words that follow its name."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """An integration that an alert comes to: how many requests it makes, or why it stays silent."""

    integration: str
    requests: int
    silent: str | None = None
    fate: Fate | None = None
    """What becomes of its message; None where nobody says how the receiver answers."""


@dataclass(frozen=True, slots=True)
class Fired:
    """An alert of a level, `at` so long after the first check."""

    at: timedelta
    time: datetime
    level: int
    type: MessageType
    reminder: int
    """Which reminder it is, from 1; 0 for Error and Ok."""
    errors: int
    incident: str
    told: tuple[Recipient, ...]


@dataclass(frozen=True, slots=True)
class PlayedCheck:
    """A check and what became of it; `ignored` came late or twice."""

    at: timedelta
    time: datetime
    kind: CheckKind


@dataclass(frozen=True, slots=True)
class Span:
    """A level in one incident: from its Error to its Ok, or to the end of what is played."""

    since: timedelta
    reminds_until: timedelta
    """The time of its last reminder; `since` where it has none."""
    until: timedelta
    over: bool
    """Whether an Ok ended it."""


@dataclass(frozen=True, slots=True)
class PlayedLevel:
    """A level of the alert definition: its condition and reminders in words, and when it had fired."""

    number: int
    when: str
    reminders: int
    every: timedelta
    silent: str | None
    """Why it can't fire, None where it can."""
    spans: tuple[Span, ...]
    integrations: tuple[str, ...]
    """The names of those that it attaches."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """A level that still reminds after a later one has started."""

    level: int
    later: int
    since: timedelta
    until: timedelta
    reminders: tuple[timedelta, ...]


@dataclass(frozen=True, slots=True)
class Play:
    """Checks of monitors that fare alike, and everything that comes of them."""

    monitors: tuple[str, ...]
    interval: timedelta | None
    """How often they are checked; None where the checks come from a file."""
    assumed: bool
    """Whether the interval is assumed, since the monitor states none."""
    start: datetime
    """The time of the first check."""
    dated: bool
    """Whether that time was given; else it is made up, and only the time since then counts."""
    checks: Sequence[PlayedCheck]
    levels: tuple[PlayedLevel, ...]
    fired: tuple[Fired, ...]
    overlaps: tuple[Overlap, ...]
    end: timedelta
    """When the last thing happens."""
    failing: bool
    """Whether the incident is still open when the checks end: time went on until nothing more was due."""
    answers: tuple[tuple[str, str], ...] = ()
    """Integrations of which it is said how their receivers answer, and that."""
    changes: tuple[ReceiverChange, ...] = ()
    """What changes with these receivers."""

    def failures(self) -> Iterator[tuple[timedelta, timedelta]]:
        """Yield from when until when the checks of each incident fail."""
        since: timedelta | None = None
        for check in self.checks:
            if check.kind == "error" and since is None:
                since = check.at
            elif check.kind == "ok" and since is not None:
                yield since, check.at
                since = None
        if since is not None:
            yield since, self.end


@dataclass(frozen=True, slots=True)
class Simulation:
    """All that was played of one alert definition."""

    alert: str
    title: str
    silent: str | None
    """Why the whole alert definition is silent, None where it is not."""
    lasts: timedelta | None
    """How long the outage lasts; None where the checks come from a file."""
    plays: tuple[Play, ...]
    left_out: int
    """Checks of a file that are of monitors which are not played."""
