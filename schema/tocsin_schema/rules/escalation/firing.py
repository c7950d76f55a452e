"""When the levels of an alert definition fire, as far as it can be known before anything happens."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from tocsin_schema.findings import Place
from tocsin_schema.models import Alert, Level, Monitor, When
from tocsin_schema.models.duration import LONGEST
from tocsin_schema.rules.subject import Subject

AT_ONCE = timedelta(0)


def active_levels_of(alert: Alert) -> list[tuple[int, Level]]:
    """Return the active levels of an alert definition by number, from 1."""
    return [(number, level) for number, level in enumerate(alert.levels, start=1) if level.active]


def levels_by_number(subject: Subject) -> Iterator[tuple[Alert, Level, int, Place]]:
    """Yield every active level, also of an alert definition that is not, with its number from 1 and its place."""
    for alert in subject.definitions.alerts.values():
        for number, level in active_levels_of(alert):
            yield alert, level, number, subject.place(alert).at("levels", number - 1)


def condition_place(level: Place, when: When) -> Place:
    """Return the place of what a level at a place waits for."""
    return level.at("when", "errors" if when.errors is not None else "error_for")


def fires_after(when: When, interval: timedelta | None) -> timedelta | None:
    """Return how long after the first error a level fires; None where that can't be known."""
    if when.error_for is not None:
        return when.error_for
    further = (when.errors or 1) - 1
    if not further:
        return AT_ONCE
    if not interval or further > LONGEST // interval:
        return None
    return further * interval


def too_early(earlier: When, later: When, monitors: Sequence[Monitor]) -> bool:
    """Whether the later level certainly fires no later than the earlier one, whatever is wrong."""
    if earlier.errors is not None and later.errors is not None:
        return later.errors <= earlier.errors
    first, second = fires_after(earlier, None), fires_after(later, None)
    if first is not None and second is not None:
        return second <= first
    pairs = [(fires_after(earlier, each.check_interval), fires_after(later, each.check_interval)) for each in monitors]
    return bool(pairs) and all(
        begins is not None and follows is not None and follows < begins for begins, follows in pairs
    )
