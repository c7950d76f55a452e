"""A simulation as one JSON object, with everything that was played.

The models say which keys there are and what they mean. Durations are written as in definitions, times are RFC 3339 in
UTC; what ends in `_seconds` counts from the first check.
"""

from datetime import datetime, timedelta
from typing import Literal, Self

from tocsin.simulation.result import (
    Fate,
    FateKind,
    Fired,
    Overlap,
    Play,
    PlayedLevel,
    ReceiverChange,
    Recipient,
    SimulatedAttempt,
    Simulation,
)
from tocsin.terminal.json_text import json_result
from tocsin_schema.messages.outcomes import OutcomeKind
from tocsin_schema.models import MessageType
from tocsin_schema.models.document import Strict
from tocsin_schema.models.duration import format_duration


class RemindersJson(Strict):
    """How often a level reminds."""

    max: int
    """At most so many times."""
    every: str
    """So far apart."""


class LevelJson(Strict):
    """A level of the alert definition."""

    level: int
    """Its number, from 1."""
    when: str
    """Its condition in words."""
    reminders: RemindersJson | None
    """How often it reminds; null where it does not."""
    silent: str | None
    """Why it can't fire; null where it can."""
    integrations: tuple[str, ...]
    """The names of those that it attaches."""
    fires: bool
    """Whether it fired."""

    @classmethod
    def of(cls, level: PlayedLevel) -> Self:
        """Return a level as JSON has it."""
        reminders = RemindersJson(max=level.reminders, every=format_duration(level.every)) if level.reminders else None
        return cls(
            level=level.number,
            when=level.when,
            reminders=reminders,
            silent=level.silent,
            integrations=level.integrations,
            fires=bool(level.spans),
        )


class AttemptJson(Strict):
    """An attempt at a message."""

    at_seconds: float
    """When."""
    outcome: OutcomeKind
    """What came of it."""
    answer: str
    """What the receiver answered."""

    @classmethod
    def of(cls, attempt: SimulatedAttempt) -> Self:
        """Return an attempt as JSON has it."""
        return cls(at_seconds=attempt.at.total_seconds(), outcome=attempt.outcome, answer=attempt.answer)


class FateJson(Strict):
    """What would become of a message."""

    state: FateKind
    """`waiting`: it would be tried for ever."""
    at_seconds: float | None
    """When; null where it waits."""
    why: str
    """What more is to be said of it; empty where nothing is."""
    told: tuple[str, ...]
    """The integrations that are told of it: its fallback and the project's operators' integration, where it is given up."""
    attempts: tuple[AttemptJson, ...]
    """Every attempt, in order."""

    @classmethod
    def of(cls, fate: Fate) -> Self:
        """Return a fate as JSON has it."""
        return cls(
            state=fate.state,
            at_seconds=None if fate.at is None else fate.at.total_seconds(),
            why=fate.why,
            told=fate.told,
            attempts=tuple(map(AttemptJson.of, fate.attempts)),
        )


class ReceiverChangeJson(Strict):
    """Something that changes with a receiver."""

    at_seconds: float
    """When."""
    integration: str
    """Whose receiver it is."""
    what: str
    """What changes, in words that follow its name."""

    @classmethod
    def of(cls, change: ReceiverChange) -> Self:
        """Return a change as JSON has it."""
        return cls(at_seconds=change.at.total_seconds(), integration=change.integration, what=change.what)


class MessageJson(Strict):
    """What an alert comes to for one integration."""

    integration: str
    """Its name."""
    requests: int
    """How many requests it makes."""
    silent: str | None
    """Why it makes none; null where it does."""
    fate: FateJson | None
    """What would become of it; null where `--answer` says nothing of the receiver."""

    @classmethod
    def of(cls, recipient: Recipient) -> Self:
        """Return what an integration is told as JSON has it."""
        return cls(
            integration=recipient.integration,
            requests=recipient.requests,
            silent=recipient.silent,
            fate=None if recipient.fate is None else FateJson.of(recipient.fate),
        )


class AlertJson(Strict):
    """An alert of a level."""

    at_seconds: float
    """When."""
    time: str
    """When, by the clock."""
    level: int
    """The level's number, from 1."""
    type: MessageType
    """The message type."""
    reminder: int | None
    """Which reminder it is, from 1; null for Error and Ok."""
    errors: int
    """Errors in a row so far."""
    incident: str
    """The incident that it belongs to."""
    messages: tuple[MessageJson, ...]
    """Whom it comes to."""

    @classmethod
    def of(cls, fired: Fired) -> Self:
        """Return an alert as JSON has it."""
        return cls(
            at_seconds=fired.at.total_seconds(),
            time=_time(fired.time),
            level=fired.level,
            type=fired.type,
            reminder=fired.reminder or None,
            errors=fired.errors,
            incident=fired.incident,
            messages=tuple(map(MessageJson.of, fired.told)),
        )


class OverlapJson(Strict):
    """A level that still reminds after a later one has started."""

    level: int
    """Its number."""
    later: int
    """The number of the later one."""
    since_seconds: float
    """When both have started."""
    until_seconds: float
    """When the last of its reminders comes."""
    reminders: int
    """How many of its reminders come from then on."""

    @classmethod
    def of(cls, overlap: Overlap) -> Self:
        """Return an overlap as JSON has it."""
        return cls(
            level=overlap.level,
            later=overlap.later,
            since_seconds=overlap.since.total_seconds(),
            until_seconds=overlap.until.total_seconds(),
            reminders=len(overlap.reminders),
        )


class ChecksJson(Strict):
    """How many checks were played, by what became of them."""

    error: int
    """Errors."""
    unconfirmed: int
    """First errors, which are checked again at once."""
    ok: int
    """Good ones."""
    ignored: int
    """Checks that came late or twice."""


class PlayJson(Strict):
    """Checks of monitors that fare alike, and everything that comes of them."""

    monitors: tuple[str, ...]
    """Their names."""
    check_interval: str | None
    """How often they are checked; null where the checks come from a file."""
    check_interval_assumed: bool
    """Whether the interval is assumed, since the monitor states none."""
    start: str
    """The time of the first check."""
    start_made_up: bool
    """Whether that time was made up: then only the time since then counts."""
    end_seconds: float
    """When the last thing happens."""
    still_failing: bool
    """Whether the incident is still open when the checks end."""
    checks: ChecksJson
    """How many checks were played."""
    levels: tuple[LevelJson, ...]
    """The levels of the alert definition."""
    alerts: tuple[AlertJson, ...]
    """The alerts in the order of time."""
    overlaps: tuple[OverlapJson, ...]
    """Levels that still remind after a later one has started."""
    answers: dict[str, str]
    """What receivers answer, in words, by integration, as `--answer` says."""
    receivers: tuple[ReceiverChangeJson, ...]
    """What changes with them, in the order of time."""

    @classmethod
    def of(cls, play: Play) -> Self:
        """Return what was played as JSON has it."""
        kinds = [each.kind for each in play.checks]
        checks = ChecksJson(
            error=kinds.count("error"),
            unconfirmed=kinds.count("unconfirmed"),
            ok=kinds.count("ok"),
            ignored=kinds.count("ignored"),
        )
        return cls(
            monitors=play.monitors,
            check_interval=_duration(play.interval),
            check_interval_assumed=play.assumed,
            start=_time(play.start),
            start_made_up=not play.dated,
            end_seconds=play.end.total_seconds(),
            still_failing=play.failing,
            checks=checks,
            levels=tuple(map(LevelJson.of, play.levels)),
            alerts=tuple(map(AlertJson.of, play.fired)),
            overlaps=tuple(map(OverlapJson.of, play.overlaps)),
            answers=dict(play.answers),
            receivers=tuple(map(ReceiverChangeJson.of, play.changes)),
        )


class SimulationJson(Strict):
    """What `tocsin simulate --format json` prints. `version` changes when a key changes its meaning."""

    version: Literal[1]
    """The version of this form."""
    alert: str
    """The name of the alert definition."""
    title: str
    """Its title."""
    silent: str | None
    """Why the whole alert definition is silent; null where it is not."""
    fail_for: str | None
    """How long the outage lasts; null where the checks come from a file."""
    left_out: int
    """Checks of a file that are of monitors which are not played."""
    plays: tuple[PlayJson, ...]
    """What was played, by monitors that fare alike."""

    @classmethod
    def of(cls, simulation: Simulation) -> Self:
        """Return a simulation as JSON has it."""
        return cls(
            version=1,
            alert=simulation.alert,
            title=simulation.title,
            silent=simulation.silent,
            fail_for=_duration(simulation.lasts),
            left_out=simulation.left_out,
            plays=tuple(map(PlayJson.of, simulation.plays)),
        )


def simulation_json(simulation: Simulation) -> str:
    """Return the simulation as text."""
    return json_result(SimulationJson.of(simulation).model_dump())


def _time(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _duration(duration: timedelta | None) -> str | None:
    return format_duration(duration) if duration is not None else None
