"""How the dispatcher fares while many incidents are open, each with a timer that waits.

    python -m benchmarks.open_incidents [--incidents 1000,10000,100000]

For each number, on SQLite: a fresh dispatcher gets as many monitors, all of which fail and wait for their alert, a day
later. Then it takes checks, delivers, and fires timers, 100 of them each second for 5 seconds.
"""

import re
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from demo.dispatcher import RunningDispatcher

from benchmarks import load

MESSAGES = 5000
MONITORS = 1000
"""Those that fail and recover while the others are open."""
TIMERS = 500
TIMERS_A_SECOND = 100
FIRST_TIMER = timedelta(seconds=5)
"""How long from now, so that its check is taken in before."""
LAG = re.compile(r'^tocsin_timer_lag_seconds_bucket\{le="([^"]+)"\} (\S+)$', re.MULTILINE)


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    parser = ArgumentParser(prog="python -m benchmarks.open_incidents", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--incidents", default="1000,10000,100000", help="how many are open (1000,10000,100000)")
    for incidents in map(int, parser.parse_args(arguments).incidents.split(",")):
        _measure(incidents)


def _measure(incidents: int) -> None:
    with (
        TemporaryDirectory() as name,
        load.sink() as sink,
        RunningDispatcher(Path(name) / "tocsin.db", options=["--log-format", "json"]) as dispatcher,
    ):
        load.push(dispatcher.url, _definitions(sink, incidents))
        checks = dispatcher.url + "/api/v1/checks"
        opened = load.give(checks, load.failing("open", [datetime.now(UTC)] * incidents))
        before, began = load.processor_seconds(dispatcher.pid), perf_counter()
        load.give(checks, load.changing("shop", MONITORS, MESSAGES))
        load.until_received(sink, MESSAGES)
        took, processor = perf_counter() - began, load.processor_seconds(dispatcher.pid) - before
        _fire(checks, sink)
        late = _latest(load.get(dispatcher.url + "/metrics") or "")
    print(
        f"{incidents:8,} open: opened at {incidents / opened:6,.0f} checks/s; then {MESSAGES / took:6,.0f} deliveries/s,"
        f" {1000 * processor / MESSAGES:.3f} ms of processor time each; timers late by at most {late} s",
        flush=True,
    )


def _definitions(sink: str, incidents: int) -> list[load.Document]:
    return [
        load.integration(sink),
        *(load.alert("open", {"error_for": "1d"}), *load.monitors("open", incidents)),
        *(load.alert("shop", {"errors": 1}), *load.monitors("shop", MONITORS)),
        *(load.alert("slow", {"error_for": "1h"}), *load.monitors("slow", TIMERS)),
    ]


def _fire(checks: str, sink: str) -> None:
    """Let timers fall due one after the other, and wait for their messages."""
    first = datetime.now(UTC) + FIRST_TIMER - timedelta(hours=1)
    times = [first + timedelta(seconds=number / TIMERS_A_SECOND) for number in range(TIMERS)]
    load.give(checks, load.failing("slow", times))
    load.until_received(sink, MESSAGES + TIMERS)


def _latest(metrics: str) -> str:
    """Give the least bound, in seconds, that every timer's lateness keeps."""
    buckets = LAG.findall(metrics)
    return next((bound for bound, count in buckets if count == buckets[-1][1]), "?")


if __name__ == "__main__":
    main(sys.argv[1:])
