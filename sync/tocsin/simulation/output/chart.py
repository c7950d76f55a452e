"""A play as a picture of text: time from left to right, a row for the checks and for each level."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from tocsin.simulation.output.words import level_label
from tocsin.simulation.result import CheckKind, Play, PlayedLevel
from tocsin.terminal.style import Style
from tocsin_schema.models.duration import format_duration

ASCII = str.maketrans({"━": "=", "─": "-", "·": ".", "✗": "x", "✓": "v", "▲": "^", "│": "|"})
"""For terminals that know no other characters."""

STEPS = tuple(
    timedelta(seconds=each)
    for each in (
        *(1, 2, 5, 10, 15, 30),
        *(60 * each for each in (1, 2, 5, 10, 15, 30)),
        *(3600 * each for each in (1, 2, 3, 6, 12)),
        *(86400 * each for each in (1, 2, 7, 14, 30, 60, 120, 365, 730, 1825, 3650, 7300, 18250)),
    )
)
"""Distances between two marks of the axis."""

CHECK_MARKS: dict[CheckKind, str] = {"error": "✗", "unconfirmed": "?", "ok": "✓", "ignored": " "}
LEGEND = "E error  R reminder  O ok   ━ reminds  ─ reminds no more  · has not fired"
LEAST_COLUMNS = 20


class Scale:
    """Places times on so many columns."""

    def __init__(self, end: timedelta, columns: int) -> None:
        """Let the last column be `end`."""
        self.end = max(end, timedelta(seconds=1))
        self.columns = columns

    def column(self, at: timedelta) -> int:
        """Return the column of a time, from 0."""
        return round(at / self.end * (self.columns - 1))

    def ticks(self, room: int) -> list[timedelta]:
        """Return times to mark on an axis, with so many columns for each at the least."""
        most = max(self.columns // room, 1)
        step = next((each for each in STEPS if self.end / each <= most), self.end)
        return [step * number for number in range(self.end // step + 1)]


def picture(play: Play, width: int, style: Style) -> Iterator[str]:
    """Yield the lines of the picture, at most `width` columns, and what the marks mean."""
    margin = max(len(level_label(each)) for each in play.levels) + 2
    scale = Scale(play.end, max(width - margin, LEAST_COLUMNS))
    yield style.aside(" " * margin + _axis(scale))
    yield "checks".ljust(margin) + _painted(_checks(play, scale), style)
    for level in play.levels:
        yield level_label(level).ljust(margin) + _painted(_level(play, level, scale), style)
    yield from (style(f"{label:<{margin}}{row}", "yellow") for label, row in _overlaps(play, scale))
    yield style.aside(" " * margin + LEGEND if margin + len(LEGEND) <= width else LEGEND)


def _axis(scale: Scale) -> str:
    """Return the times along the axis, each beginning where it is; the last one ends there."""
    end = format_duration(scale.end)
    row = ""
    for tick in scale.ticks(room=9):
        column, label = scale.column(tick), format_duration(tick)
        if column + len(label) < scale.columns - len(end) and (not row or column > len(row)):
            row = row.ljust(column) + label
    return row.ljust(scale.columns - len(end)) + end


def _checks(play: Play, scale: Scale) -> str:
    marks: dict[int, CheckKind] = {}
    order: Sequence[CheckKind] = ("ignored", "ok", "unconfirmed", "error")
    for check in play.checks:
        column = scale.column(check.at)
        marks[column] = max(marks.get(column, "ignored"), check.kind, key=order.index)
    last = play.checks[-1]
    if last.kind == "ok":  # how it ends matters more than what came just before
        marks[scale.column(last.at)] = "ok"
    for column in range(1, scale.columns - 1):  # where checks are little further apart than columns, gaps say nothing
        if column not in marks and marks.get(column - 1) == marks.get(column + 1) and column - 1 in marks:
            marks[column] = marks[column - 1]
    return "".join(CHECK_MARKS[marks[column]] if column in marks else " " for column in range(scale.columns))


def _level(play: Play, level: PlayedLevel, scale: Scale) -> str:
    row = [" " if level.silent else "·"] * scale.columns
    for span in level.spans:
        first, reminds, last = (scale.column(each) for each in (span.since, span.reminds_until, span.until))
        row[first : last + 1] = "─" * (last - first + 1)
        row[first:reminds] = "━" * (reminds - first)
    for kind, mark in (("reminder", "R"), ("ok", "O"), ("error", "E")):
        for fired in play.fired:
            if (fired.level, fired.type) == (level.number, kind):
                row[scale.column(fired.at)] = mark
    if level.silent:
        return "silent"
    return "".join(row)


def _overlaps(play: Play, scale: Scale) -> Iterator[tuple[str, str]]:
    """Yield a row for every two levels that overlap, in whatever incidents."""
    rows: dict[str, list[str]] = {}
    for overlap in play.overlaps:
        row = rows.setdefault(f"{overlap.level} beside {overlap.later}", [" "] * scale.columns)
        first, last = scale.column(overlap.since), scale.column(overlap.until)
        row[first : last + 1] = "▲" * (last - first + 1)
    yield from ((label, "".join(row).rstrip()) for label, row in rows.items())


def _painted(row: str, style: Style) -> str:
    colours = {"E": "red", "✗": "red", "R": "yellow", "━": "yellow", "O": "green", "✓": "green"}
    if not style.colour:
        return row.rstrip()
    return "".join(style(mark, colours.get(mark), dim=mark in "·?") if mark != " " else mark for mark in row.rstrip())
