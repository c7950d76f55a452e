"""What a receiver that never answers costs the others: webhooks each second, alone and beside it.

    python -m benchmarks.dead_receiver [--messages 10000] [--monitors 1000] [--runs 3]

Every alert goes to one receiver, and beside it to a second one that takes connections and says nothing. The second
half of the messages is written too, so the figure beside it would be lower even if that receiver were well.
"""

import socket
import statistics
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from demo.dispatcher import RunningDispatcher

from benchmarks import load
from benchmarks.running import SERVING


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    parser = ArgumentParser(prog="python -m benchmarks.dead_receiver", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--messages", type=int, default=10_000, help="webhooks in a run (10000)")
    parser.add_argument("--monitors", type=int, default=1000, help="monitors that fail and recover (1000)")
    parser.add_argument("--runs", type=int, default=3, help="so often each (3)")
    options = parser.parse_args(arguments)
    seconds: dict[bool, list[float]] = {False: [], True: []}
    for _ in range(options.runs):
        for dead, taken in seconds.items():
            taken.append(_measured(options.messages, options.monitors, dead=dead))
    alone, beside = (options.messages / statistics.median(each) for each in seconds.values())
    print(f"{options.messages:,} webhooks to one receiver, median of {options.runs} runs, in turns")
    print(f"  {'alone':30} {alone:8,.0f} webhooks/s")
    print(f"  {'beside one that never answers':30} {beside:8,.0f} webhooks/s")


def _measured(messages: int, monitors: int, *, dead: bool) -> float:
    with (
        TemporaryDirectory() as name,
        load.sink() as sink,
        socket.create_server(("127.0.0.1", 0), backlog=500) as mute,
        RunningDispatcher(Path(name) / "tocsin.db", options=SERVING) as dispatcher,
    ):
        alert = load.alert("shop", {"errors": 1})
        others = [load.integration(f"http://127.0.0.1:{mute.getsockname()[1]}") | {"name": "mute"}] if dead else []
        alert["levels"][0]["integrations"] += [{"use": each["name"]} for each in others]
        load.push(dispatcher.url, [load.integration(sink), *others, alert, *load.monitors("shop", monitors)])
        seconds = load.give(dispatcher.url + load.CHECKS, load.changing("shop", monitors, messages))
        began = perf_counter()
        load.until_received(sink, messages)
        return seconds + perf_counter() - began


if __name__ == "__main__":
    main(sys.argv[1:])
