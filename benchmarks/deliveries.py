"""`tocsin-dispatcher` beside Alertmanager: webhooks that reach a receiver, each second.

    python -m benchmarks.deliveries [--messages 20000] [--monitors 1000] [--runs 3]

Both are given as many alerts as messages, in requests of 500, and send each as a webhook of its own to the same receiver
on this machine. On PostgreSQL, one more process takes checks and the server waits for the disk. Timed is from the first
alert given to the last webhook received, so Tocsin's figure has the taking in of checks, rendering and full fsync in
it; Alertmanager (Debian: `prometheus-alertmanager`) keeps alerts in memory. Taking in alone is measured with checks
that open and close as many incidents and send nothing.
Runs are in turns, each with fresh processes and an empty database; figures are medians.
"""

import statistics
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter

from benchmarks import load, running


@dataclass(frozen=True, slots=True)
class Run:
    """What one run took: seconds of the clock, and of the processors for all processes that did the work."""

    seconds: float
    processor: float


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    parser = ArgumentParser(prog="python -m benchmarks.deliveries", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--messages", type=int, default=20_000, help="webhooks in a run (20000)")
    parser.add_argument("--monitors", type=int, default=1000, help="monitors that fail and recover (1000)")
    parser.add_argument("--runs", type=int, default=3, help="so often each (3)")
    options = parser.parse_args(arguments)
    tools: dict[str, Callable[[int, int], Run]] = {
        running.EMBEDDED: partial(_messages, running.embedded),
        "tocsin, PostgreSQL, 1 worker": partial(_messages, running.on_postgres(1)),
        running.TWO_WORKERS: partial(_messages, running.on_postgres(2)),
        "tocsin, SQLite, taking in alone": _taking_in,
        **{name: partial(_messages, opening) for name, opening in running.alertmanager_or_none().items()},
    }
    runs: dict[str, list[Run]] = {name: [] for name in tools}
    for _ in range(options.runs):
        for name, measured in tools.items():
            runs[name].append(measured(options.messages, options.monitors))
    print(f"{options.messages:,} webhooks or checks, median of {options.runs} runs, in turns")
    rates = {name: _shown(name, options.messages, each) for name, each in runs.items()}
    if running.ALERTMANAGER in rates:
        for name, rate in rates.items():
            print(f"  {name:32} {rate / rates[running.ALERTMANAGER]:8.3f} of Alertmanager's rate")


def definitions(sink: str, monitors: int, *, errors: int) -> list[load.Document]:
    """Return definitions whose every monitor sends a message at so many errors, and one when it is well again."""
    return [load.integration(sink), load.alert("shop", {"errors": errors}), *load.monitors("shop", monitors)]


def _shown(name: str, messages: int, runs: Sequence[Run]) -> float:
    rate = messages / statistics.median(run.seconds for run in runs)
    processor = 1000 * statistics.median(run.processor for run in runs) / messages
    print(f"  {name:32} {rate:8,.0f}/s {processor:8.3f} ms of processor time each")
    return rate


def _messages(opening: running.Opening, messages: int, monitors: int) -> Run:
    with load.sink() as sink, opening(definitions(sink, monitors, errors=1), sink) as measured:
        given = load.changing("shop", monitors, messages) if measured.takes_checks else load.alerts("shop", messages)
        return _timed(measured, sink, messages, given)


def _taking_in(checks: int, monitors: int) -> Run:
    with running.embedded(definitions("http://127.0.0.1:1", monitors, errors=2), "") as measured:
        return _timed(measured, "", 0, load.changing("shop", monitors, checks))


def _timed(measured: running.Running, sink: str, messages: int, requests: Sequence[bytes]) -> Run:
    """Measure from the first request to the last webhook; to the last answer, where none are to come."""
    before = sum(map(load.processor_seconds, measured.processes))
    began = perf_counter()
    load.give(measured.url, requests)
    if messages:
        load.until_received(sink, messages)
    return Run(perf_counter() - began, sum(map(load.processor_seconds, measured.processes)) - before)


if __name__ == "__main__":
    main(sys.argv[1:])
