"""A play as a table: when each level fires, reminds and recovers, and who is told."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from tocsin.simulation.output.words import fate_words, what_changes, what_happens
from tocsin.simulation.result import Fired, Play, Recipient
from tocsin.terminal.style import Style
from tocsin_schema.models.duration import format_duration

COLOURS = {"error": "red", "reminder": "yellow", "ok": "green"}
SHOWN_OF_MANY = 2
"""So many reminders are shown at both ends of a long run of one level."""

MOST_ROWS = 200

ORDER = {"": 0, "error": 1, "reminder": 1, "over": 2, "ok": 3, "receiver": 4}
"""What comes first of what happens at the same time."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table, and a line more for each further integration."""

    at: timedelta
    level: str
    what: str
    told: tuple[Recipient, ...] = ()
    kind: Literal["", "error", "reminder", "over", "ok", "receiver"] = ""
    """A message type; `over` for a check that is OK, `receiver` for what changes with one, nothing for other checks."""


def table(play: Play, style: Style) -> Iterator[str]:
    """Yield the lines of the table, long runs of reminders and long tables shortened."""
    changes = [Row(each.at, "", what_changes(each), kind="receiver") for each in play.changes]
    rows = sorted([*_checks(play), *_alerts(play), *changes], key=lambda row: (row.at, ORDER[row.kind]))
    if not rows:
        yield style.aside("  every check is fine: nobody is told")
        return
    shown = rows[:MOST_ROWS]
    times = max(len(format_duration(each.at)) for each in shown)
    levels = max(len(each.level) for each in shown)
    whats = max((len(each.what) for each in shown if each.told), default=0)
    names = max((len(each.integration) for row in shown for each in row.told), default=0)
    for row in shown:
        head = f"  {format_duration(row.at):>{times}}  {row.level:<{levels}}  "
        what = style(row.what, COLOURS.get(row.kind))
        if not row.told:
            yield head + (what if row.kind == "reminder" else style.aside(row.what))
            continue
        first, *others = [_told(each, row, names, style) for each in row.told]
        yield head + what + " " * (whats - len(row.what)) + "  " + first
        yield from (" " * (len(head) + whats + 2) + other for other in others)
    if len(rows) > MOST_ROWS:
        yield style.aside(f"  ... and {len(rows) - MOST_ROWS} lines more; --format json has everything")


def _checks(play: Play) -> Iterator[Row]:
    """Yield the checks that change something, or that one would expect to."""
    failing = doubtful = False
    for check in play.checks:
        if check.kind == "unconfirmed" and not failing and not doubtful:
            doubtful = True
            yield Row(check.at, "", "first error, unconfirmed: checked again at once")
        elif check.kind == "error" and not failing:
            failing = True
            yield Row(check.at, "", "error confirmed: the incident begins")
        elif check.kind == "ok":
            if failing:
                yield Row(check.at, "", "OK: the incident is over", kind="over")
            elif doubtful:
                yield Row(check.at, "", "OK: the error was never confirmed", kind="over")
            failing = doubtful = False


def _alerts(play: Play) -> Iterator[Row]:
    levels = {level.number: level for level in play.levels}
    for run in _runs(play.fired):
        first = run[0]
        label = f"level {first.level}"
        if len(run) == 1:
            yield Row(first.at, label, what_happens(first, levels[first.level]), first.told, first.type)
        else:
            every = format_duration(levels[first.level].every)
            yield Row(first.at, label, f"... {len(run)} more reminders, every {every} ...", kind="reminder")


def _runs(fired: Sequence[Fired]) -> Iterator[Sequence[Fired]]:
    """Yield what fired, each by itself, but the middle of many reminders of one level together."""
    reminders: Mapping[tuple[str, int], list[Fired]] = defaultdict(list)
    for each in fired:
        if each.type == "reminder":
            reminders[each.incident, each.level].append(each)
    left = {key: several[SHOWN_OF_MANY:-SHOWN_OF_MANY] for key, several in reminders.items() if len(several) > 8}
    for each in fired:
        middle = left.get((each.incident, each.level), []) if each.type == "reminder" else []
        if not middle or each.at < middle[0].at or each.at > middle[-1].at:
            yield [each]
        elif each is middle[0]:
            yield middle


def _told(told: Recipient, row: Row, names: int, style: Style) -> str:
    if told.silent:
        return style.aside(f"{told.integration:<{names}}  {told.silent}")
    if told.fate is not None:
        words = fate_words(told.fate, row.at)
        painted = style.removed(words) if told.fate.state == "given_up" else words
        return f"{told.integration:<{names}}  {row.kind:<8}  {painted}"
    requests = f"{told.requests} request{'' if told.requests == 1 else 's'}"
    return f"{told.integration:<{names}}  {row.kind:<8}  {requests}"
