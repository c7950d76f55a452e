"""Rules of the sixth hundred on the order of levels, and on reminders (`docs/domain.md#when-reminders-make-sense`)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from tocsin_schema.findings import Finding, Place, Related
from tocsin_schema.models import Alert, Level, Monitor, Reminders, When
from tocsin_schema.models.duration import LONGEST, format_duration
from tocsin_schema.rules.analysis.sites import integration_templates, target_values
from tocsin_schema.rules.escalation.coverage import Coverage
from tocsin_schema.rules.finding import finding
from tocsin_schema.rules.registry import rule
from tocsin_schema.rules.subject import Subject
from tocsin_schema.template.parser import parse
from tocsin_schema.text.suggest import listed

MESSAGE = "@escalationLevel.message"
AT_ONCE = timedelta(0)


@rule("TOC609", of="alert")
def level_too_early(subject: Subject) -> Iterator[Finding]:
    """A later level must be able to fire later than an earlier one."""
    coverage = Coverage(subject.definitions)
    for alert in subject.definitions.alerts.values():
        monitors = coverage.alerting(alert) if "monitor" not in subject.unread else []
        active = _active(alert)
        for position, (number, level) in enumerate(active):
            before = [each for each in active[:position] if _too_early(each[1].when, level.when, monitors)]
            if before:
                other_number, other = before[-1]
                levels = subject.place(alert).at("levels")
                related = [
                    Related(f"level {other_number} fires here", _condition(levels.at(other_number - 1), other.when))
                ]
                if not _too_early(other.when, level.when, []):  # without a check interval it could not be told
                    interval = subject.place(monitors[0]).at("check_interval")
                    related.append(Related("checks come this often", interval))
                yield finding(
                    "TOC609",
                    f"level {number} fires {_words(level.when)}, not later than level {other_number},"
                    f" which fires {_words(other.when)}",
                    _condition(levels.at(number - 1), level.when),
                    related=tuple(related),
                    help=f"let level {number} wait longer than level {other_number}, or make the two one level",
                )


@rule("TOC610", of="alert")
def reminders_too_fast(subject: Subject) -> Iterator[Finding]:
    """An interval shorter than the level's own duration threshold, or than a check interval, is pointless."""
    coverage = Coverage(subject.definitions)
    for alert, level, number, place in _levels(subject):
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
                related=(Related("the level fires here", _condition(place, level.when)),),
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


@rule("TOC611", of="alert")
def reminders_overlap(subject: Subject) -> Iterator[Finding]:
    """Reminders of a level that are still running when the next level starts overlap with it."""
    coverage = Coverage(subject.definitions)
    for alert in subject.definitions.alerts.values():
        monitors = coverage.alerting(alert)
        for (number, level), (next_number, following) in pairwise(_active(alert)):
            reminders = _running(level)
            if reminders is None or _too_early(level.when, following.when, monitors) or _unheard(subject, level):
                continue
            candidates: Sequence[Monitor | None] = monitors or (None,)
            overlaps = (_overlap(level.when, reminders, following.when, each) for each in candidates)
            overlap = next((each for each in overlaps if each is not None), None)
            if overlap is not None:
                levels = subject.place(alert).at("levels")
                starts = _condition(levels.at(next_number - 1), following.when)
                most = overlap.most
                yield finding(
                    "TOC611",
                    f"the reminders of level {number} go on until {format_duration(overlap.until)} after the first error,"
                    f" and level {next_number} starts at {format_duration(overlap.follows)}{overlap.because}",
                    levels.at(number - 1, "reminders", "max"),
                    related=(Related(f"level {next_number} starts here", starts),),
                    help=f"`max: {most}` is the most that fits" if most else "leave the reminders of this level out",
                )


@rule("TOC612", of="alert")
def reminders_not_sent(subject: Subject) -> Iterator[Finding]:
    """A message type that appears in no set is not sent (`docs/domain.md#messages-and-their-types`)."""
    for _, level, number, place in _levels(subject):
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


@rule("TOC613", of="alert")
def no_reminders(subject: Subject) -> Iterator[Finding]:
    """0 reminders means none (`docs/domain.md#incidents-and-alerts`)."""
    for _, level, _, place in _levels(subject):
        reminders = level.reminders
        if reminders is not None and not reminders.max and reminders.every:
            yield finding(
                "TOC613",
                f"`max: 0` means no reminders: the interval of {format_duration(reminders.every)} has no effect",
                place.at("reminders", "every"),
                related=(Related("none are sent", place.at("reminders", "max")),),
                help="leave `reminders` out, or raise `max`",
            )


@rule("TOC616", of="alert")
def message_not_used(subject: Subject) -> Iterator[Finding]:
    """A level's message is sent as `@escalationLevel.message` alone (`docs/domain.md#system-variables`)."""
    known = subject.definitions.integrations
    given = {key.rpartition(".")[0] for _, key, text in target_values(subject.definitions.project) if _says_it(text)}
    using: dict[str, bool] = {}
    for _, level, number, place in _levels(subject):
        used = list(dict.fromkeys(each.use for each in level.integrations))
        if not level.message.strip() or not used or level.operators or level.operator_groups:
            continue
        for name in used:
            if name in known and name not in using:
                templates = integration_templates(known[name], Place(None))
                using[name] = name in given or any(_says_it(text) for _, text in templates)
        if not any(using.get(name, True) for name in used) and not _given_on(level):
            yield finding(
                "TOC616",
                f"this text of level {number} reaches nobody: {listed(used)} {'does' if len(used) == 1 else 'do'} not send it",
                place.at("message"),
                help=f"put `{{{{{MESSAGE}}}}}` into a message of the integration, or remove the text here",
            )


def _active(alert: Alert) -> list[tuple[int, Level]]:
    """Return the active levels of an alert definition by number, from 1."""
    return [(number, level) for number, level in enumerate(alert.levels, start=1) if level.active]


def _levels(subject: Subject) -> Iterator[tuple[Alert, Level, int, Place]]:
    for alert in subject.definitions.alerts.values():
        for number, level in _active(alert):
            yield alert, level, number, subject.place(alert).at("levels", number - 1)


def _condition(level: Place, when: When) -> Place:
    return level.at("when", "errors" if when.errors is not None else "error_for")


def _words(when: When) -> str:
    if when.error_for is not None:
        return f"after {format_duration(when.error_for)} of errors"
    return "at the first error" if when.errors == 1 else f"at {when.errors} errors in a row"


def _start(when: When, interval: timedelta | None) -> timedelta | None:
    """Return how long after the first error a level fires; None where that can't be known."""
    if when.error_for is not None:
        return when.error_for
    further = (when.errors or 1) - 1
    if not further:
        return AT_ONCE
    if not interval or further > LONGEST // interval:
        return None
    return further * interval


def _too_early(earlier: When, later: When, monitors: Sequence[Monitor]) -> bool:
    """Whether the later level certainly fires no later than the earlier one, whatever is wrong."""
    if earlier.errors is not None and later.errors is not None:
        return later.errors <= earlier.errors
    first, second = _start(earlier, None), _start(later, None)
    if first is not None and second is not None:
        return second <= first
    pairs = [(_start(earlier, each.check_interval), _start(later, each.check_interval)) for each in monitors]
    return bool(pairs) and all(
        begins is not None and follows is not None and follows < begins for begins, follows in pairs
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
    begins, follows = _start(when, interval) or AT_ONCE, _start(following, interval)
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


def _given_on(level: Level) -> bool:
    """Whether the level gives its message on as the value of a variable."""
    return any(_says_it(value) for each in level.integrations for value in each.variables.values())


def _says_it(text: str) -> bool:
    """Whether a template prints the level's message."""
    return MESSAGE in text and any(reference.name == MESSAGE for reference in parse(text).references())
