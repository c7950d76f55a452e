"""The escalation levels that speak of a monitor."""

from dataclasses import dataclass
from datetime import timedelta

from tocsin_schema.escalation.state import level_key
from tocsin_schema.models import Alert, Level, Monitor
from tocsin_schema.models.definitions import Definitions, covers


@dataclass(frozen=True, slots=True)
class EscalationLevel:
    """An active level of an active alert definition: exactly one of `errors` and `error_for` is given."""

    alert: str
    """Name of the alert definition."""
    number: int
    """Number of the level, from 1; inactive levels are counted."""
    errors: int | None
    """Fires at this many confirmed errors in a row."""
    error_for: timedelta | None
    """Fires once confirmed errors have lasted this long."""
    reminders: int = 0
    """Reminders at the most."""
    every: timedelta = timedelta(0)
    """Time from one reminder to the next; longer than 0 where there are reminders."""

    @property
    def key(self) -> str:
        """Identifies the level among those that have fired."""
        return level_key(self.alert, self.number)


def escalation_levels(definitions: Definitions, monitor: Monitor) -> tuple[EscalationLevel, ...]:
    """Return every active level of every active alert definition that covers the monitor.

    Sorted by name of the alert definition, then by number. There are none for a monitor
    that generates no alerts (`docs/domain.md#what-stays-silent`).
    """
    if not monitor.generate_alerts:
        return ()
    return tuple(
        _escalation_level(alert, number, level)
        for _, alert in sorted(definitions.alerts.items())
        if alert.active and covers(alert, monitor)
        for number, level in enumerate(alert.levels, start=1)
        if level.active
    )


def _escalation_level(alert: Alert, number: int, level: Level) -> EscalationLevel:
    reminders = level.reminders
    return EscalationLevel(
        alert=alert.name,
        number=number,
        errors=level.when.errors,
        error_for=level.when.error_for,
        reminders=reminders.max if reminders else 0,
        every=reminders.every if reminders else timedelta(0),
    )
