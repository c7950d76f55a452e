"""How the dispatcher fares while many incidents are open, each with a timer that waits.

    python -m benchmarks.open_incidents [--incidents 1000,10000,100000] [--burst 50000]

For each number, on SQLite: a fresh dispatcher gets as many monitors, all of which fail and wait for their alert, a day
later. Then it takes checks, delivers, and fires timers, 100 of them each second for 5 seconds. With a burst so many more
fall due within one second.
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
from benchmarks.running import SERVING

MESSAGES = 5000
MONITORS = 1000
"""Those that fail and recover while the others are open."""
TIMERS = 500
TIMERS_A_SECOND = 100
FIRST_TIMER = timedelta(seconds=5)
"""How long from now, so that its check is taken in before."""
BURST_TAKEN_IN = 1500
"""Checks that are surely taken in each second, so that a burst's timers are all set before the first is due."""
LAG = re.compile(r'^tocsin_timer_lag_seconds_bucket\{le="([^"]+)"\} (\S+)$', re.MULTILINE)


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    parser = ArgumentParser(prog="python -m benchmarks.open_incidents", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--incidents", default="1000,10000,100000", help="how many are open (1000,10000,100000)")
    parser.add_argument("--burst", type=int, default=0, help="timers that fall due within one second (0)")
    options = parser.parse_args(arguments)
    for incidents in map(int, options.incidents.split(",")):
        _measure(incidents, options.burst)


def _measure(incidents: int, burst: int) -> None:
    with (
        TemporaryDirectory() as name,
        load.sink() as sink,
        RunningDispatcher(Path(name) / "tocsin.db", options=SERVING) as dispatcher,
    ):
        load.push(dispatcher.url, _definitions(sink, incidents, burst))
        checks = dispatcher.url + load.CHECKS
        opened = load.give(checks, load.failing("open", [datetime.now(UTC)] * incidents))
        before, began = load.processor_seconds(dispatcher.pid), perf_counter()
        load.give(checks, load.changing("shop", MONITORS, MESSAGES))
        load.until_received(sink, MESSAGES)
        took, processor = perf_counter() - began, load.processor_seconds(dispatcher.pid) - before
        late, _ = _late(dispatcher.url, sink, "slow", TIMERS, TIMERS_A_SECOND, FIRST_TIMER)
        in_a_burst = ""
        if burst:
            bound, sent = _late(
                dispatcher.url, sink, "burst", burst, burst, timedelta(seconds=5 + burst / BURST_TAKEN_IN)
            )
            in_a_burst = f"; {burst:,} at once late by at most {bound} s, the last message after {sent:.1f} s"
    print(
        f"{incidents:8,} open: opened at {incidents / opened:6,.0f} checks/s; then {MESSAGES / took:6,.0f} deliveries/s,"
        f" {1000 * processor / MESSAGES:.3f} ms of processor time each; timers late by at most {late} s{in_a_burst}",
        flush=True,
    )


def _definitions(sink: str, incidents: int, burst: int) -> list[load.Document]:
    return [
        load.integration(sink),
        *(load.alert("open", {"error_for": "1d"}), *load.monitors("open", incidents)),
        *(load.alert("shop", {"errors": 1}), *load.monitors("shop", MONITORS)),
        *(load.alert("slow", {"error_for": "1h"}), *load.monitors("slow", TIMERS)),
        *([load.alert("burst", {"error_for": "1h"}), *load.monitors("burst", burst)] if burst else ()),
    ]


def _late(dispatcher: str, sink: str, group: str, timers: int, a_second: int, first_in: timedelta) -> tuple[str, float]:
    """Let the timers of a group fall due one after the other, and wait for their messages.

    Gives the least bound, in seconds, that every timer's lateness keeps, and the seconds from the last of them being due
    to the last message.
    """
    before, received = _lags(dispatcher), int(load.get(sink + "/count") or 0)
    first = datetime.now(UTC) + first_in
    times = [first - timedelta(hours=1) + timedelta(seconds=number / a_second) for number in range(timers)]
    load.give(dispatcher + load.CHECKS, load.failing(group, times))
    load.until_received(sink, received + timers)
    took = (datetime.now(UTC) - first).total_seconds() - timers / a_second
    fired = {bound: count - before.get(bound, 0) for bound, count in _lags(dispatcher).items()}
    return next((bound for bound, count in fired.items() if count == fired["+Inf"]), "?"), took


def _lags(dispatcher: str) -> dict[str, float]:
    """Return how many timers were late by at most so many seconds, by the bound."""
    return {bound: float(count) for bound, count in LAG.findall(load.get(dispatcher + "/metrics") or "")}


if __name__ == "__main__":
    main(sys.argv[1:])
