"""Whether an integration's receiver is there. Pure: from what came of its requests to how it fares.

Three requests in a row that find it down, or are locked out, open the circuit breaker. While it is open messages wait,
in order, and one of them is tried, the first of those that have failed least often: after 5 s, 10 s, 20 s, and then every
30 s or what `probe_every` says. Any answer of a receiver that is there closes it, as an operator or a push that changes
the integration does; then all that waits is sent.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from tocsin_dispatcher.store.deliveries import Progress
from tocsin_dispatcher.store.health import Health
from tocsin_schema.messages.delivery_policy import FIRST_PROBE, IN_A_ROW, probe_after

LONG_AGO = timedelta(minutes=15)
"""A failure before that tells nothing of how long its receiver is down now; three that take two minutes each are nearer."""


def health_after(health: Health, ended: Iterable[Progress], now: datetime) -> Health:
    """Return how an integration fares after these turns."""
    for each in sorted(ended, key=_moment):
        if each.attempt is not None and (each.counts or each.state == "delivered"):
            health = _after(health, each)
    if health.failures >= IN_A_ROW and health.opened_at is None:
        return replace(health, opened_at=now, probes=0, probe_at=now + FIRST_PROBE)
    return health


def probed(health: Health, claimed: int, probe_every: timedelta, now: datetime) -> Health:
    """Return how it fares after so many were claimed while it is open: when the next one is tried."""
    if claimed:
        return replace(health, probes=health.probes + 1, probe_at=now + probe_after(health.probes + 1, probe_every))
    if health.probe_at is not None and health.probe_at <= now:
        return replace(health, probe_at=None)
    return health


def is_paused(health: Health, pause_after: timedelta | None, now: datetime) -> bool:
    """Tell whether it was down for as long as `pause_after` says: then no message is too old."""
    since = health.failing_since
    return None not in (pause_after, since, health.opened_at) and now - since >= pause_after  # type: ignore[operator]


def _after(health: Health, ended: Progress) -> Health:
    assert ended.attempt is not None  # noqa: S101  # asked by the caller
    at, kind = ended.attempt.at, ended.attempt.outcome
    if ended.state != "delivered" and kind in ("down", "locked_out"):
        return replace(
            health,
            failures=health.failures + 1,
            failing_since=at if _is_of_long_ago(health, at) else health.failing_since or at,
            last_failure=ended.attempt.failures,
            trouble=kind,
        )
    if kind == "delivered" and ended.state != "delivered":
        return health  # one of its steps: the receiver of another may be down
    busy = kind == "busy" or bool(ended.hold)
    since = health.busy_since if ended.state != "delivered" else None
    return Health(last_failure=ended.attempt.failures, busy_since=(since or at) if busy else None)


def _is_of_long_ago(health: Health, at: datetime) -> bool:
    """Tell whether it failed before at such a distance that nobody knows how it fared between."""
    since = health.failing_since
    return health.opened_at is None and since is not None and at - since > LONG_AGO


def _moment(progress: Progress) -> datetime:
    return progress.attempt.at if progress.attempt is not None else progress.due_at
