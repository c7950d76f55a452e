"""Whether a watch is at work: a wedged one should be started anew, one whose target is away should not."""

import json
from collections.abc import Callable
from threading import Lock

from tocsin.watch.reconcile import Run


class Health:
    """What `/healthz` tells. `clock` gives seconds; a run may take `longest` seconds."""

    def __init__(self, clock: Callable[[], float], longest: float) -> None:
        """Expect the first run's end."""
        self._clock = clock
        self._longest = longest
        self._lock = Lock()
        self._expected = clock() + longest
        self._run: Run | None = None

    def saw(self, run: Run, pause: float) -> None:
        """Take in a run, and expect the next one's end."""
        with self._lock:
            self._run = run
            self._expected = self._clock() + pause + self._longest

    @property
    def alive(self) -> bool:
        """Whether no run is overdue."""
        with self._lock:
            return self._clock() <= self._expected

    def text(self) -> bytes:
        """Return it as JSON, with the last run."""
        run = self._run
        last = None if run is None else {"outcome": run.outcome, "commit": run.commit, "revision": run.revision}
        return json.dumps({"status": "ok" if self.alive else "stuck", "last_run": last}).encode() + b"\n"
