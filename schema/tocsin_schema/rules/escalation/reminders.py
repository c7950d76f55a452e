"""Rules of the sixth hundred on reminders (`docs/domain.md#when-reminders-make-sense`)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from tocsin_schema.findings import Finding, Related
from tocsin_schema.models import Level, Monitor, Reminders, When
from tocsin_schema.models.duration import format_duration
from tocsin_schema.rules.escalation.firing import (
    AT_ONCE,
    active_levels_of,
    condition_place,
    fires_after,
    levels_by_number,
    too_early,
)
from tocsin_schema.rules.finding import finding
from tocsin_schema.rules.registry import rule
from tocsin_schema.rules.subject import Subject
from tocsin_schema.text.suggest import listed


@rule(
    "TOC610",
    "reminders-too-fast",
    "warning",
    finds="reminders that come faster than the level's own duration, or than a monitor is checked",
    why="A reminder that comes before there is anything new to say is noise.",
    fix="Remind as often as the level waits, or as the monitor is checked, or less often.",
    of="alert",
)
def reminders_too_fast(subject: Subject) -> Iterator[Finding]:
    """An interval shorter than the level's own duration threshold, or than a check interval, is pointless."""
    coverage = subject.definitions.coverage
    for alert, level, number, place in levels_by_number(subject):
        reminders = _running(level)
        if reminders is None:
            continue
        where, every = place.at("reminders", "every"), format_duration(reminders.every)
        waits = level.when.error_for
        if waits is not None and reminders.every < waits:
            yield finding(
                "TOC610",
                f"a reminder every {every} is faster than level {number} itself, which waits {format_duration(waits)}",
                where,
                related=(Related("the level fires here", condition_place(place, level.when)),),
                help=f"remind every {format_duration(waits)} or less often",
            )
        slowest = max(coverage.alerting(alert), key=lambda each: each.check_interval or AT_ONCE, default=None)
        interval = slowest.check_interval if slowest is not None else None
        if slowest is not None and interval is not None and reminders.every < interval:
            yield finding(
                "TOC610",
                f"a reminder every {every} is faster than `{slowest.name}` is checked, every {format_duration(interval)}",
                where,
                related=(Related("it is checked this often", subject.place(slowest).at("check_interval")),),
                help=f"remind every {format_duration(interval)} or less often",
            )


@rule(
    "TOC611",
    "reminders-overlap",
    "warning",
    finds="reminders of a level that are still running when the next level starts",
    why="People are told of the same incident by two levels at once, and can't tell which of them is theirs.",
    fix="Lower `max`, or let the next level start later. Errors in a row are counted with the check intervals of the monitors.",
    of="alert",
)
def reminders_overlap(subject: Subject) -> Iterator[Finding]:
    """Reminders of a level that are still running when the next level starts overlap with it."""
    coverage = subject.definitions.coverage
    for alert in subject.definitions.alerts.values():
        monitors = coverage.alerting(alert)
        for (number, level), (next_number, following) in pairwise(active_levels_of(alert)):
            reminders = _running(level)
            if reminders is None or too_early(level.when, following.when, monitors) or _unheard(subject, level):
                continue
            candidates: Sequence[Monitor | None] = monitors or (None,)
            overlaps = (_overlap(level.when, reminders, following.when, each) for each in candidates)
            overlap = next((each for each in overlaps if each is not None), None)
            if overlap is not None:
                levels = subject.place(alert).at("levels")
                starts = condition_place(levels.at(next_number - 1), following.when)
                most = overlap.most
                yield finding(
                    "TOC611",
                    f"the reminders of level {number} go on until {format_duration(overlap.until)} after the first error,"
                    f" and level {next_number} starts at {format_duration(overlap.follows)}{overlap.because}",
                    levels.at(number - 1, "reminders", "max"),
                    related=(Related(f"level {next_number} starts here", starts),),
                    help=f"`max: {most}` is the most that fits" if most else "leave the reminders of this level out",
                )


@rule(
    "TOC612",
    "reminders-not-sent",
    "warning",
    finds="reminders of a level none of whose integrations has a message for `reminder`",
    why="A custom integration sends a reminder only where it has a message for it: nobody is reminded.",
    fix="Add `reminder` to the types of a message of an integration, or leave `reminders` out.",
    of="alert",
)
def reminders_not_sent(subject: Subject) -> Iterator[Finding]:
    """A message type that appears in no set is not sent (`docs/domain.md#messages-and-their-types`)."""
    for _, level, number, place in levels_by_number(subject):
        if _running(level) is not None and _unheard(subject, level):
            used = list(dict.fromkeys(each.use for each in level.integrations))
            yield finding(
                "TOC612",
                f"level {number} reminds, but {listed(used)} {'has' if len(used) == 1 else 'have'} no message for `reminder`",
                place.at("reminders", key=True),
                related=tuple(
                    Related("no `reminder` among these messages", subject.place(each).at("messages", key=True))
                    for each in (subject.definitions.integrations[name] for name in used[:3])
                ),
                help="add `reminder` to the types of a message, or leave the reminders of this level out",
            )


@rule(
    "TOC613",
    "no-reminders",
    "warning",
    finds="an interval of reminders beside `max: 0`",
    why="It reads as if there were reminders, and there are none.",
    fix="Leave `reminders` out, or raise `max`.",
    of="alert",
)
def no_reminders(subject: Subject) -> Iterator[Finding]:
    """0 reminders means none (`docs/domain.md#incidents-and-alerts`)."""
    for _, level, _, place in levels_by_number(subject):
        reminders = level.reminders
        if reminders is not None and not reminders.max and reminders.every:
            yield finding(
                "TOC613",
                f"`max: 0` means no reminders: the interval of {format_duration(reminders.every)} has no effect",
                place.at("reminders", "every"),
                related=(Related("none are sent", place.at("reminders", "max")),),
                help="leave `reminders` out, or raise `max`",
            )


@dataclass(frozen=True, slots=True)
class _Overlap:
    """When the reminders of a level end and the next level starts, counted from the first error."""

    until: timedelta
    follows: timedelta
    most: int
    """How many reminders would fit between the two."""
    because: str
    """The check interval that was reckoned with, where one was."""


def _overlap(when: When, reminders: Reminders, following: When, monitor: Monitor | None) -> _Overlap | None:
    """Return how the reminders of a level run into the next one, None where they don't, or where it can't be known."""
    interval = monitor.check_interval if monitor is not None else None
    begins, follows = fires_after(when, interval) or AT_ONCE, fires_after(following, interval)
    until = begins + reminders.max * reminders.every
    if follows is None or begins >= follows or until <= follows:
        return None
    because = ""
    if monitor is not None and interval and any(each.errors not in (None, 1) for each in (when, following)):
        because = f" (`{monitor.name}` is checked every {format_duration(interval)})"
    return _Overlap(until, follows, (follows - begins) // reminders.every, because)


def _running(level: Level) -> Reminders | None:
    """Return the reminders of a level that has any."""
    return level.reminders if level.reminders is not None and level.reminders.max else None


def _unheard(subject: Subject, level: Level) -> bool:
    """Whether nothing that the level attaches sends reminders."""
    if level.operators or level.operator_groups or not level.integrations:
        return False
    attached = [subject.definitions.integrations.get(each.use) for each in level.integrations]
    return all(each is not None and each.message_set("reminder") is None for each in attached)
