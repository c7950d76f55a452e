"""Dates and times as messages print them.

Babel knows the cultures; it is imported when a culture is first needed.
"""

from copy import deepcopy
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tocsin_schema.functions.date_pattern import PatternPart, pattern_parts, pattern_problems

if TYPE_CHECKING:
    from babel import Locale

__all__ = [
    "format_dotnet",
    "h_mm_ss",
    "iso",
    "known_culture",
    "known_time_zone",
    "pattern_problems",
    "round_trip",
    "short_date_time",
]

_DATE_DATA = (
    "days",
    "months",
    "eras",
    "day_periods",
    "date_formats",
    "time_formats",
    "datetime_formats",
    "datetime_skeletons",
)
"""What is used here of Babel's data on a culture."""

# Babel's patterns hold narrow and no-break spaces and direction marks, which .NET's don't.
_PLAIN = str.maketrans({"\u202f": " ", "\u00a0": " ", "\u200e": None, "\u200f": None})


def iso(moment: datetime) -> str:
    """Return the moment in its own time zone to the second: `2018-11-08T10:21:58`."""
    return moment.isoformat(timespec="seconds")[: len("2018-11-08T10:21:58")]


def round_trip(moment: datetime) -> str:
    """Return a moment in UTC as .NET's `o` does: `2018-02-24T22:30:00.0000000Z`."""
    return f"{iso(moment)}.{moment.microsecond:06d}0Z"


def h_mm_ss(duration: timedelta) -> str:
    """Return a duration as hours, minutes and seconds: `48:03:21`. A negative one counts as none."""
    seconds = max(0, duration // timedelta(seconds=1))
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def known_culture(culture: str) -> bool:
    """Whether `culture` (`en-US`, `nl-NL`) is one that dates can be written in."""
    try:
        _locale(culture)
    except ValueError:
        return False
    return True


def known_time_zone(name: str) -> bool:
    """Whether `name` is an IANA time zone, such as `America/Chicago`."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # not found, not a path below the database, a folder in it
        return False
    return True


def short_date_time(moment: datetime, culture: str) -> str:
    """Return short date and short time as `culture` writes them: `8/28/2020 12:23 PM` in `en-US`.

    Raises ValueError if the culture is unknown.
    """
    # Moments in two time zones can be equal: what is remembered are local times, which are told to the minute.
    return _short_date_time(moment.replace(tzinfo=None, second=0, microsecond=0), culture)


@lru_cache(maxsize=1024)
def _short_date_time(local: datetime, culture: str) -> str:
    from babel.dates import format_skeleton, format_time  # noqa: PLC0415  # slow to load, and seldom needed

    locale = _locale(culture)
    date = format_skeleton("yMd", local, locale=locale)
    time = format_time(local.time(), "short", locale=locale)
    return f"{date} {time}".translate(_PLAIN)


def format_dotnet(moment: datetime, pattern: str, culture: str) -> str:
    """Return the moment by a custom .NET date pattern: `dd-MM-yyyy HH:mm`.

    Raises ValueError if the pattern is malformed or the culture unknown.
    """
    parts, locale = pattern_parts(pattern), _locale(culture)
    with_day = any(part.letter == "d" and part.count <= 2 for part in parts)
    pieces: list[str] = []
    for index, part in enumerate(parts):
        text = _specified(moment, part, locale, with_day) if part.letter else part.text
        if not text and part.letter == "F" and index and parts[index - 1].text.endswith("."):
            pieces[-1] = pieces[-1][:-1]  # no decimals, no decimal point
        pieces.append(text)
    return "".join(pieces)


def _specified(moment: datetime, part: PatternPart, locale: "Locale", with_day: bool) -> str:
    letter, count = part.letter, part.count
    match letter:
        case "d" | "M" if count > 2:
            return _name(moment, part, locale, with_day)
        case "d" | "M" | "H" | "m" | "s":
            fields = {
                "d": moment.day,
                "M": moment.month,
                "H": moment.hour,
                "m": moment.minute,
                "s": moment.second,
            }
            return f"{fields[letter]:0{min(count, 2)}d}"
        case "h":
            return f"{moment.hour % 12 or 12:0{min(count, 2)}d}"
        case "y":
            return f"{moment.year if count > 2 else moment.year % 100:0{count}d}"
        case "f" | "F":
            digits = f"{moment.microsecond:06d}0"[:count]
            return digits if letter == "f" else digits.rstrip("0")
        case "t":
            periods = locale.day_periods["format"]["abbreviated"]
            designator = str(periods["am" if moment.hour < 12 else "pm"]).translate(_PLAIN)
            return designator[:1] if count == 1 else designator
        case "z" | "K":
            return _offset(moment, letter, count)
        case "g":
            return str(locale.eras["abbreviated"][1])
        case _:
            return _separator(locale, letter)


def _name(moment: datetime, part: PatternPart, locale: "Locale", with_day: bool) -> str:
    """Return the name of the day or month; beside a day's number the month has the form it takes there."""
    width = "abbreviated" if part.count == 3 else "wide"
    if part.letter == "d":
        return str(locale.days["format"][width][moment.weekday()])
    return str(locale.months["format" if with_day else "stand-alone"][width][moment.month])


def _offset(moment: datetime, letter: str, count: int) -> str:
    offset = moment.utcoffset()
    if letter == "K" and not offset:
        return "" if offset is None else "Z"
    minutes = (offset or timedelta()) // timedelta(minutes=1)
    sign, hours, rest = "-" if minutes < 0 else "+", abs(minutes) // 60, abs(minutes) % 60
    if letter == "z" and count < 3:
        return f"{sign}{hours:0{count}d}"
    return f"{sign}{hours:02d}:{rest:02d}"


def _separator(locale: "Locale", letter: str) -> str:
    """Return what the culture writes between the numbers of a date (`/`) or of a time (`:`)."""
    if letter == "/":
        return _between(str(locale.datetime_skeletons["yMd"].pattern), "yMd")
    return _between(str(locale.time_formats["short"].pattern), "hHm")


def _between(pattern: str, letters: str) -> str:
    first = next(index for index, letter in enumerate(pattern) if letter in letters)
    rest = pattern[first:].lstrip(pattern[first])
    second = next(index for index, letter in enumerate(rest) if letter in letters)
    return rest[:second].replace("'", "").translate(_PLAIN)


@lru_cache(maxsize=64)
def _locale(culture: str) -> "Locale":
    from babel import Locale, UnknownLocaleError, localedata  # noqa: PLC0415  # slow to load, and seldom needed

    try:
        locale = Locale.parse(culture.replace("_", "-"), sep="-")
    except (UnknownLocaleError, ValueError, TypeError) as error:
        what = f"there is no culture {culture!r}: expected a name such as en-US or nl-NL"
        raise ValueError(what) from error
    # Babel writes what it resolves for one culture into data that others share, so that months come out in
    # the language used before (python-babel/babel#1234). So every culture gets its own copy of such data.
    data: dict[str | int | None, Any] = {
        key: deepcopy(value) if key in _DATE_DATA else value for key, value in localedata.load(str(locale)).items()
    }
    setattr(locale, "_Locale__data", localedata.LocaleDataDict(data))  # noqa: B010
    return locale
