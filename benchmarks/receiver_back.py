"""A receiver that was down comes back: how long until the first, and the last, of what waits has arrived.

    python -m benchmarks.receiver_back [--down 180] [--messages 200] [--rate 0]

While nothing listens at the receiver's port, so many monitors fail, a third at once and the others one by one; then it
listens again, and takes all there is, or `--rate` a second. `tocsin-dispatcher` and Alertmanager (Debian:
`prometheus-alertmanager`) are measured at the same time, each with a receiver of its own. Aimed at is the first within
35 s, and the last within 10 s after it.
"""

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from time import sleep, time

from benchmarks import load, running
from benchmarks.busy_receiver import LOOK, story

PATIENCE = 120.0
"""Seconds that the last message may take."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One that has messages for a receiver that is down."""

    name: str
    measured: running.Running
    port: int
    given: Sequence[bytes]


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    parser = ArgumentParser(prog="python -m benchmarks.receiver_back", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--down", type=float, default=180, help="seconds for which the receiver is down (180)")
    parser.add_argument("--messages", type=int, default=200, help="messages that wait (200)")
    parser.add_argument("--rate", type=int, default=0, help="what it takes a second then (all)")
    options = parser.parse_args(arguments)
    tools = {
        running.EMBEDDED: running.embedded,
        running.TWO_WORKERS: running.on_postgres(2),
        **running.alertmanager_or_none(),
    }
    with ExitStack() as open_ones:
        everyone = [_opened(open_ones, name, opening, options.messages) for name, opening in tools.items()]
        _fail(everyone, options.down)
        rate = ["--rate", str(options.rate), "--retry-after", "1"] if options.rate else []
        back = time()
        sinks = [
            open_ones.enter_context(load.sink("benchmarks.busy_sink", "--port", str(each.port), *rate))
            for each in everyone
        ]
        while time() < back + PATIENCE and any(story(sink)["taken"] < options.messages for sink in sinks):
            sleep(LOOK)
        print(f"{options.messages} messages wait for a receiver that is down for {options.down:g} s")
        for each, sink in zip(everyone, sinks, strict=True):
            told = story(sink)
            if told["first"] is None:
                print(f"  {each.name:32} none within {PATIENCE:.0f} s")
                continue
            what = "the last" if told["taken"] == options.messages else f"{told['taken']} alone, the last"
            first, last = told["first"] - back, told["last"] - told["first"]
            print(f"  {each.name:32} the first {first:5.1f} s after its return, {what} {last:5.1f} s after that")


def _opened(open_ones: ExitStack, name: str, opening: running.Opening, messages: int) -> Waiting:
    port = running.free_port()
    url = f"http://127.0.0.1:{port}"
    documents = [load.integration(url), load.alert("shop", {"errors": 1}), *load.monitors("shop", messages)]
    measured = open_ones.enter_context(opening(documents, url))
    if not measured.takes_checks:
        return Waiting(name, measured, port, load.alerts("shop", messages, in_a_request=1))
    return Waiting(name, measured, port, load.failing("shop", [datetime.now(UTC)] * messages, in_a_request=1))


def _fail(everyone: Sequence[Waiting], seconds: float) -> None:
    """Let a third of the monitors fail now, and the others one by one within so many seconds."""
    began, count = time(), len(everyone[0].given)
    for number in range(count):
        late = max(0, number - count // 3) / (count - count // 3)
        sleep(max(0.0, began + 0.95 * seconds * late - time()))
        for each in everyone:
            load.post(each.measured.url, each.given[number])
    sleep(max(0.0, began + seconds - time()))


if __name__ == "__main__":
    main(sys.argv[1:])
