"""Durations in Prometheus style: `90s`, `10m`, `1h30m`."""

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

UNITS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}
"""Milliseconds in each unit, largest first, as Prometheus orders them (weeks and years left out)."""

PATTERN = r"^(?=.)([0-9]{1,6}d)?([0-9]{1,6}h)?([0-9]{1,6}m)?([0-9]{1,6}s)?([0-9]{1,9}ms)?$"
EXPECTED = "a duration such as 90s, 10m or 1h30m"

LONGEST = timedelta(days=36_500)
"""A hundred years: more is a slip of the keyboard, and would lead out of the calendar."""


def parse_duration(text: str) -> timedelta:
    """Return the duration that `text` means; raises ValueError where it means none, or one over a hundred years."""
    match = re.fullmatch(PATTERN, text)
    if match is None:
        raise ValueError(f"expected {EXPECTED}")
    total = sum(int(re.sub(r"\D", "", part)) * UNITS[re.sub(r"\d", "", part)] for part in match.groups() if part)
    duration = timedelta(milliseconds=total)
    if duration > LONGEST:
        raise ValueError(f"expected a duration of at most {format_duration(LONGEST)}, a hundred years")
    return duration


def format_duration(duration: timedelta) -> str:
    """Return the one text for `duration`, largest units first: 90 seconds are `1m30s`. Parts of a millisecond are cut."""
    rest = duration // timedelta(milliseconds=1)
    parts = []
    for unit, size in UNITS.items():
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def _read(value: Any) -> timedelta:
    if isinstance(value, timedelta):
        if not timedelta(0) <= value <= LONGEST or value % timedelta(milliseconds=1):
            raise ValueError(f"expected whole milliseconds, from 0s to {format_duration(LONGEST)}")
        return value
    if isinstance(value, str):
        return parse_duration(value)
    raise ValueError(f"expected {EXPECTED}")


Duration = Annotated[
    timedelta,
    BeforeValidator(_read),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema({"type": "string", "pattern": PATTERN, "examples": ["90s", "10m", "1h30m"]}),
]
