"""A watch's log: one line for each run, as key=value or as JSON."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from time import monotonic, time
from typing import Literal

import click

from tocsin.watch.health import Health
from tocsin.watch.http_server import serving
from tocsin.watch.metrics import Metrics
from tocsin.watch.reconcile import Run

Form = Literal["text", "json"]
Value = str | int | float | bool | None

BARE = re.compile(r"[\w./:+@-]+", re.ASCII)
"""Values that need no quotes."""


def run_facts(run: Run, target: str) -> dict[str, Value]:
    """Return what is told of a run; what is not known or not so is left out."""
    return {
        "target": target,
        "cause": run.cause,
        "outcome": run.outcome,
        "commit": run.commit,
        "dirty": run.dirty or None,
        "revision": run.revision,
        "changes": run.changes if run.revision is not None else None,
        "created": run.created or None,
        "updated": run.updated or None,
        "deleted": run.deleted or None,
        "drifted": run.drifted or None,
        "refused": run.refused,
        "duration": round(run.seconds, 3),
        "remark": run.remark,
        "problem": run.problem,
        "hint": run.hint,
    }


def log_line(event: str, time: str, facts: Mapping[str, Value], form: Form) -> str:
    """Return one line, whatever the values hold; None is left out."""
    told = {"time": time, "event": event, **{name: value for name, value in facts.items() if value is not None}}
    if form == "json":
        return json.dumps(told)
    return " ".join(f"{name}={_shown(value)}" for name, value in told.items())


def _shown(value: Value) -> str:
    text = json.dumps(value) if not isinstance(value, str) else value
    return text if BARE.fullmatch(text) else json.dumps(text)


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


class RunTelemetry:
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
def telling(log: Log, listen: str, longest: float) -> Iterator[RunTelemetry]:
    """Yield what tells of runs that take up to `longest` seconds, served at `listen` until the end of the `with`."""
    metrics, health = Metrics(), Health(monotonic, longest)
    with nullcontext() if listen == OFF else serving(listen, metrics, health) as address:
        yield RunTelemetry(log, metrics, health, address)
