"""Whether an integration's receiver takes its messages. Pure: from what came of its requests to how it fares.

It fails once three requests in a row have failed and no message was delivered between them, and has failed
since the first of these. Where its definition says `pause_after`, the first failure that comes so long after pauses it: then
one message is tried every quarter of an hour, at no cost to that message, and the first that is delivered ends
the pause, as an operator or a push that changes the integration does.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from tocsin_dispatcher.store.deliveries import Progress
from tocsin_dispatcher.store.health import Health

TRY_EVERY = timedelta(minutes=15)
"""How often a message is tried while an integration is paused."""


def health_after(health: Health, ended: Iterable[Progress], pause_after: timedelta | None, now: datetime) -> Health:
    """Return how an integration fares after these turns."""
    before = health.failures
    for each in sorted(ended, key=_moment):
        if each.state == "delivered":
            health = Health()
        elif each.attempt is not None and not each.attempt.succeeded:
            since = health.failing_since or each.attempt.at
            health = replace(
                health, failures=health.failures + 1, failing_since=since, last_failure=each.attempt.failures
            )
    due = None if pause_after is None or health.failing_since is None else health.failing_since + pause_after
    if health.failures > before and health.state == "failing" and due is not None and due <= now:
        return replace(health, paused_at=now)
    return health


def at_no_cost(ended: Sequence[Progress], now: datetime) -> list[Progress]:
    """Return the turns with their failures undone: while an integration is paused, no message is given up."""
    return [each if each.attempt is None or each.attempt.succeeded else _undone(each, now) for each in ended]


def _undone(failed: Progress, now: datetime) -> Progress:
    of_step = failed.step_attempts > 0
    return failed._replace(
        state="pending",
        step_attempts=failed.step_attempts - of_step,
        attempts=failed.attempts - (not of_step),
        due_at=now,
        finished_at=None,
    )


def _moment(progress: Progress) -> datetime:
    return progress.attempt.at if progress.attempt is not None else progress.due_at
