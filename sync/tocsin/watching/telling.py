"""Where a watch tells of its runs: the log on stderr, metrics, health."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from time import monotonic, time

import click

from tocsin.watching.health import Health
from tocsin.watching.log import Form, Value, log_line, run_facts
from tocsin.watching.metrics import Metrics
from tocsin.watching.reconciling import Run
from tocsin.watching.serving import serving

OFF = "off"
"""Said in place of an address to serve nothing."""


class Log:
    """Lines on stderr about one target."""

    def __init__(self, target: str, form: Form) -> None:
        """Write lines in this form."""
        self._target, self._form = target, form

    def run(self, run: Run) -> None:
        """Tell of a run."""
        self._line("run", run_facts(run, self._target))

    def event(self, event: str, **facts: Value) -> None:
        """Tell of something else."""
        self._line(event, {"target": self._target, **facts})

    def _line(self, event: str, facts: dict[str, Value]) -> None:
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        click.echo(log_line(event, now, facts, self._form), err=True)


class Told:
    """Tells of each run in all places. `address` is where it is served, None where it is not; `runs` counts them."""

    def __init__(self, log: Log, metrics: Metrics, health: Health, address: str | None) -> None:
        """Tell there."""
        self._log, self._metrics, self._health = log, metrics, health
        self.address = address
        self.runs = 0

    def see(self, run: Run, pause: float) -> None:
        """Tell of a run; the next one comes after `pause` seconds at the latest."""
        self.runs += 1
        self._metrics.count(run, time())
        self._health.saw(run, pause)
        self._log.run(run)


@contextmanager
def telling(log: Log, listen: str, longest: float) -> Iterator[Told]:
    """Give what tells of runs that take up to `longest` seconds, served at `listen` until the end of the `with`."""
    metrics, health = Metrics(), Health(monotonic, longest)
    with nullcontext() if listen == OFF else serving(listen, metrics, health) as address:
        yield Told(log, metrics, health, address)
