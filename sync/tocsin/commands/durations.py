"""Durations as options give them: `45m`, `2d`."""

from datetime import timedelta

from tocsin.errors import UsageError
from tocsin_schema.models.duration import EXPECTED, parse_duration


def duration_of(option: str, text: str | None) -> timedelta | None:
    """Return the duration that an option was given, None where it was not; raises UsageError."""
    if text is None:
        return None
    try:
        duration = parse_duration(text)
    except ValueError as error:
        raise UsageError(f"{option} `{text}`: {error}") from None
    if not duration:
        raise UsageError(f"{option} `{text}`: expected {EXPECTED}, longer than 0s")
    return duration
