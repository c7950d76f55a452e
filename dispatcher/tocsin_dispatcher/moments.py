"""Moments as operators write them: a date, a time, or an age."""

from datetime import UTC, datetime

from tocsin_dispatcher.errors import SettingsError
from tocsin_schema.models.duration import parse_duration


def moment_before(text: str, now: datetime, *, option: str) -> datetime:
    """Give the moment that `text` means, in UTC where it names no zone; raises SettingsError for what means none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        try:
            return now - parse_duration(text)
        except (ValueError, OverflowError):
            raise SettingsError(
                f"{option} {text}: expected a moment, as 2027-01-31 or 2027-01-31T06:00:00Z, or an age, as 90d"
            ) from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
