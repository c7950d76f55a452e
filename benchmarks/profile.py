"""Where the dispatcher's time goes while it takes checks in and delivers, on SQLite.

    python -m benchmarks.profile [--messages 20000]

Samples the benchmark of deliveries with py-spy and adds up, for all threads, what each part of the work has. `--raw
FILE` keeps the samples, for a flame graph.
"""

import signal
import subprocess
import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from demo.dispatcher import RunningDispatcher

from benchmarks import load
from benchmarks.deliveries import definitions

MONITORS = 1000
SAMPLES_A_SECOND = 200
LONGEST = 600
"""Seconds."""

PARTS = {
    "_connection_worker_thread": "SQLite, in its own thread",
    "_Lines.msg": "log",
    "Turns._report": "log",
    "Message.request": "rendering",
    "Sender._exchange": "HTTP client",
    "Sender.send": "limits and masking around a request",
    "Turns.": "the rest of a turn",
    "Pipeline.deliver": "claiming and writing back",
    "take_checks": "taking checks in",
    "APIRouter.app": "HTTP server, reading and checking requests",
    "server/run.py": "event loop: sockets, reading answers",
    "MainThread": "SQLAlchemy",
}
"""What a name in a stack says of it; the first that is found counts. SQLAlchemy has its greenlets' stacks for itself.

Other threads wait for work, which py-spy takes for work where the machine is busy.
"""


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    parser = ArgumentParser(prog="python -m benchmarks.profile", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--messages", type=int, default=20_000, help="webhooks (20000)")
    parser.add_argument("--raw", type=Path, help="where to keep the samples")
    options = parser.parse_args(arguments)
    with TemporaryDirectory() as name:
        raw = options.raw or Path(name) / "samples.txt"
        _sample(Path(name), raw, options.messages)
        parts = _parts(raw.read_text())
    for part, count in parts.most_common():
        print(f"  {100 * count / parts.total():5.1f} %  {part}")


def _sample(folder: Path, raw: Path, messages: int) -> None:
    with (
        load.sink() as sink,
        RunningDispatcher(folder / "tocsin.db", options=["--log-format", "json"]) as dispatcher,
    ):
        load.push(dispatcher.url, definitions(sink, MONITORS, errors=1))
        requests = load.changing("shop", MONITORS, messages)
        with _sampling(dispatcher.pid, raw):
            load.give(dispatcher.url + load.CHECKS, requests)
            load.until_received(sink, messages)


@contextmanager
def _sampling(process: int, raw: Path) -> Iterator[None]:
    command = [
        *("py-spy", "record", "--pid", str(process), "--threads", "--format", "raw", "--output", str(raw)),
        *("--rate", str(SAMPLES_A_SECOND), "--duration", str(LONGEST)),
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as sampler:
        try:
            yield
        finally:
            sampler.send_signal(signal.SIGINT)


def _parts(samples: str) -> Counter[str]:
    parts: Counter[str] = Counter()
    for line in samples.splitlines():
        stack, _, count = line.rpartition(" ")
        part = next((part for name, part in PARTS.items() if name in stack), None)
        if part is not None:
            parts[part] += int(count)
    return parts


if __name__ == "__main__":
    main(sys.argv[1:])
