"""Moments as operators write them: a date, a time, or an age."""

from datetime import UTC, datetime, timedelta

from tocsin_dispatcher.errors import SettingsError
from tocsin_schema.models.duration import parse_duration

EXPECTED = "a moment, as 2027-01-31 or 2027-01-31T06:00:00Z"


def moment_before(text: str, now: datetime, *, option: str) -> datetime:
    """Return the moment that `text` means, in UTC where it names no zone; raises SettingsError for what means none."""
    try:
        return _moment(text)
    except ValueError:
        try:
            return now - parse_duration(text)
        except (ValueError, OverflowError):
            raise SettingsError(f"{option} {text}: expected {EXPECTED}, or an age, as 90d") from None


def parse_time_option(text: str, *, option: str) -> datetime:
    """Return the moment that `text` says, in UTC where it names no zone; raises SettingsError for what says none."""
    try:
        return _moment(text)
    except ValueError:
        raise SettingsError(f"{option} {text}: expected {EXPECTED}") from None


def parse_duration_option(text: str, *, option: str) -> timedelta:
    """Return how long `text` says; raises SettingsError for what says nothing of the kind."""
    try:
        return parse_duration(text)
    except (ValueError, OverflowError) as error:
        raise SettingsError(f"{option} {text}: {error}") from None


def _moment(text: str) -> datetime:
    said = datetime.fromisoformat(text)
    return said.replace(tzinfo=UTC) if said.tzinfo is None else said
