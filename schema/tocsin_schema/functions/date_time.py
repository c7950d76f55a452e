"""`@DateTime(format,offset)`: now, in UTC, moved and printed."""

import re
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin_schema.functions.dates import format_dotnet, pattern_problems, round_trip
from tocsin_schema.functions.function import EvaluationError, Surroundings, problem_with_all
from tocsin_schema.template.mistakes import shown
from tocsin_schema.template.syntax import Problem

MAX_OFFSET = 100 * 366 * 86_400
"""The largest offset either way, in seconds: a hundred years."""

MONTH_OFFSETS = {
    f"{day}DayOf{month}Month".casefold(): (day, months)
    for day in ("First", "Last")
    for month, months in (("", 0), ("Previous", -1), ("Next", 1))
}
"""The offsets by name, in lower case: which day, and how many months on."""

EXPECTED_OFFSET = (
    "whole seconds such as `-3600`, or `FirstDayOfMonth`, `LastDayOfMonth`, or one of these with "
    "`PreviousMonth` or `NextMonth`"
)
EXPECTED_FORMAT = "`Iso`, `Unix` or a .NET date pattern such as `dd-MM-yyyy HH:mm`"

_SECONDS = re.compile(r"[+-]?[0-9]{1,12}")
_LIKE_AN_OFFSET = re.compile(r"[+-]?[0-9]|(first|last)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Argument:
    """The two parts of an argument; `offset` is None where there is no such part."""

    format: str
    offset: str | None
    offset_start: int


def date_time(argument: str, surroundings: Surroundings) -> str:
    """Return now, moved by the offset, in the format. Raises EvaluationError if either is wrong."""
    parts = _split(argument)
    for problem in (*_format_problems(parts), *_offset_problems(parts)):
        raise EvaluationError(f"{problem.message}: expected {problem.expected}")
    moment = _moved(surroundings.now, parts.offset)
    match parts.format.strip().casefold():
        case "iso":
            return round_trip(moment)
        case "unix":
            return str(int(moment.timestamp()))
        case _:
            try:
                return format_dotnet(moment, parts.format, surroundings.culture)
            except ValueError as error:
                raise EvaluationError(str(error)) from error


def date_time_problems(argument: str) -> Sequence[Problem]:
    """Return what is wrong with an argument of `@DateTime`."""
    parts = _split(argument)
    wrong = (*_format_problems(parts), *_offset_problems(parts))
    if wrong or parts.format.strip().casefold() in ("iso", "unix"):
        return wrong
    return pattern_problems(parts.format)


def _split(argument: str) -> _Argument:
    """Part format and offset: what follows the last comma is an offset if it is one, or looks like one."""
    head, comma, last = argument.rpartition(",")
    offset = last.strip()
    names_a_format = head.strip().casefold() in ("iso", "unix")
    if comma and (names_a_format or _LIKE_AN_OFFSET.match(offset)):
        return _Argument(head, offset, len(argument) - len(last.lstrip()))
    return _Argument(argument, None, len(argument))


def _format_problems(parts: _Argument) -> Sequence[Problem]:
    if parts.format.strip():
        return ()
    return (problem_with_all(parts.format, "there is no format", EXPECTED_FORMAT),)


def _offset_problems(parts: _Argument) -> Sequence[Problem]:
    start, offset = parts.offset_start, parts.offset
    if offset is None or offset.casefold() in MONTH_OFFSETS:
        return ()
    end = start + len(offset)
    if not offset:
        return (Problem(start, end, "there is no offset after the comma", EXPECTED_OFFSET),)
    if not _SECONDS.fullmatch(offset):
        return (Problem(start, end, f"{shown(offset)} is not an offset", EXPECTED_OFFSET),)
    if abs(int(offset)) > MAX_OFFSET:
        return (Problem(start, end, f"{offset} seconds are more than a hundred years", EXPECTED_OFFSET),)
    return ()


def _moved(moment: datetime, offset: str | None) -> datetime:
    """Return the moment moved by seconds, or to the first or last day of a month at the same time of day."""
    if offset is None:
        return moment
    if offset.casefold() not in MONTH_OFFSETS:
        return moment + timedelta(seconds=int(offset))
    day, months = MONTH_OFFSETS[offset.casefold()]
    years, month = divmod(moment.month - 1 + months, 12)
    year, month = moment.year + years, month + 1
    return moment.replace(year=year, month=month, day=1 if day == "First" else monthrange(year, month)[1])
