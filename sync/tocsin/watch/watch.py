"""The watch: a run, then a wait for the interval's end or for a change, and so on until somebody says stop."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Protocol

from tocsin.errors import TocsinError
from tocsin.watch.reconcile import Cause, Run
from tocsin.watch.sources import Source

FIRST_RETRY = 5.0
LONGEST_RETRY = 300.0
"""Seconds after which a run that failed is made again; twice as long each time, up to the longest."""

INTERVAL_JITTER = 0.1
RETRY_JITTER = 0.2
"""Shares by which a wait is longer or shorter, so that many watches do not come at once."""

UNSETTLED_LOOKS = 30
"""After so many looks at files that change all the time, they are read all the same."""


class Time(Protocol):
    """Time as a watch needs it, in seconds."""

    def now(self) -> float:
        """Return the moment, from any beginning."""

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until the watch is to stop; whether it is."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How long to wait after a run."""

    interval: float
    random: Random

    def after(self, failures: int) -> float:
        """Return the seconds until the next run, after so many failures in a row."""
        if not failures:
            return self._about(self.interval, INTERVAL_JITTER)
        return self._about(min(FIRST_RETRY * 2 ** min(failures - 1, 10), LONGEST_RETRY), RETRY_JITTER)

    def _about(self, seconds: float, share: float) -> float:
        return seconds * self.random.uniform(1 - share, 1 + share)


def watch(
    run: Callable[[Cause], Run], source: Source, pace: Pace, time: Time, seen: Callable[[Run, float], None]
) -> None:
    """Make one run after another until `time` says stop; one under way is finished.

    `seen` gets each run and the seconds until the next one at the latest.
    """
    cause: Cause | None = "start"
    failures = 0
    while cause is not None:
        made = run(cause)
        failures = failures + 1 if made.may_pass else 0
        pause = pace.after(failures)
        due = time.now() + pause
        seen(made, pause)
        cause = _next(made, source, time, due)


def _next(made: Run, source: Source, time: Time, due: float) -> Cause | None:
    """Wait, and return what the next run is made for; None where the watch is to stop."""
    known = made.mark
    while (left := due - time.now()) > 0:
        if time.wait(min(left, source.look_every)):
            return None
        if source.far and made.may_pass:
            continue
        mark = _look(source)
        known = known or mark
        if mark is not None and mark != known:
            return "change" if _settled(source, mark, time) else None
    return "retry" if made.may_pass else "interval"


def _settled(source: Source, mark: str, time: Time) -> bool:
    """Wait until two looks see the same: a checkout that is half done is no change. False where the watch is to stop."""
    if not source.settling:
        return True
    for _ in range(UNSETTLED_LOOKS):
        if time.wait(source.settling):
            return False
        again = _look(source)
        if again == mark:
            break
        mark = again or mark
    return True


def _look(source: Source) -> str | None:
    try:
        return source.look()
    except TocsinError:  # the next run meets it too, and tells
        return None
