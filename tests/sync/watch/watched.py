"""A watch in this process, in fake time, on a real dispatcher."""

from collections.abc import Callable
from random import Random
from typing import cast

from tests.sync.watch.fake_time import FakeTime, Middle

from tocsin.deployment.allowances import Options
from tocsin.watch.reconcile import Reconciler, Run
from tocsin.watch.sources import Source
from tocsin.watch.watch import Pace, watch

INTERVAL = 60.0


class Watched:
    """The runs of a watch, with the moments of their ends, in `runs`."""

    def __init__(self, source: Source, end: float, *, options: Options | None = None, dry_run: bool = False) -> None:
        self.time = FakeTime(end)
        self.runs: list[tuple[float, Run]] = []
        self._source = source
        self._reconciler = Reconciler(source, "local", self.time.now, options, timeout=5, dry_run=dry_run)

    def at(self, moment: float, step: Callable[[], object]) -> None:
        """Let something happen at a moment, in seconds."""
        self.time.at(moment, step)

    def until_stopped(self) -> list[tuple[float, str, str]]:
        """Watch to the end; return each run's moment, cause and outcome."""
        pace = Pace(INTERVAL, cast("Random", Middle()))
        watch(self._reconciler.run, self._source, pace, self.time, self._see)
        return [(moment, run.cause, run.outcome) for moment, run in self.runs]

    @property
    def last(self) -> Run:
        """The newest run."""
        return self.runs[-1][1]

    def _see(self, run: Run, _pause: float) -> None:
        self.runs.append((self.time.now(), run))
