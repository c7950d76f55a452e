"""Rates: so many in a period, as `10/s`, `120/m` or `30/90s`."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from tocsin_schema.models.duration import UNITS, format_duration, parse_duration

PATTERN = r"^[1-9][0-9]{0,2}/([0-9]+(d|h|m|s|ms))*(d|h|m|s|ms)?$"
EXPECTED = "a rate such as 10/s, 120/m or 30/90s: at most 999 in a period from 100ms to 1d"

SHORTEST, LONGEST = timedelta(milliseconds=100), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` in any stretch of time that is `per` long."""

    count: int
    per: timedelta


def parse_rate(text: str) -> Rate:
    """Return the rate that `text` means, a unit alone standing for one of it; raises ValueError where it means none."""
    match = re.fullmatch(r"([1-9][0-9]{0,2})/([0-9a-z]+)", text)
    if match is None:
        raise ValueError(f"expected {EXPECTED}")
    period = match[2] if match[2] not in UNITS else f"1{match[2]}"
    try:
        per = parse_duration(period)
    except ValueError:
        raise ValueError(f"expected {EXPECTED}") from None
    if not SHORTEST <= per <= LONGEST:
        raise ValueError(f"expected {EXPECTED}")
    return Rate(int(match[1]), per)


def format_rate(rate: Rate) -> str:
    """Return the one text for a rate: `60/1m` is `60/m`."""
    period = format_duration(rate.per)
    return f"{rate.count}/{period[1:] if period[1:] in UNITS and period[0] == '1' else period}"


def _read(value: Any) -> Rate:
    if isinstance(value, Rate):
        return value
    if isinstance(value, str):
        return parse_rate(value)
    raise ValueError(f"expected {EXPECTED}")


RateLimit = Annotated[
    Rate,
    BeforeValidator(_read),
    PlainSerializer(format_rate, return_type=str),
    WithJsonSchema({"type": "string", "pattern": PATTERN, "examples": ["10/s", "120/m", "30/90s"]}),
]
