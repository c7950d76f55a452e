"""A burst to a receiver that is busy: when the last message has arrived, and how many requests that took.

    python -m benchmarks.busy_receiver [--bursts 60:5,2000:100] [--by windows,bucket]

`60:5` are 60 monitors that fail at once, each a webhook to a receiver that takes 5 a second, by windows of a second or by a
bucket of 5, and answers 429 else: once with `Retry-After: 1`, once without. `tocsin-dispatcher` and Alertmanager
(Debian: `prometheus-alertmanager`) are given the same burst, in turns, each with a fresh receiver. A run ends when all
have arrived, or when they are late by half of the time that they have: 1.25 times what the receiver needs, and 5 s.
"""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import sleep, time
from typing import Any

from benchmarks import load, running

LOOK = 0.1
"""Seconds between two looks at what has arrived."""


@dataclass(frozen=True, slots=True)
class Burst:
    """So many messages, and how the receiver takes them."""

    messages: int
    rate: float
    by: str
    retry_after: str | None

    @property
    def allowed(self) -> float:
        """Seconds within which all are to have arrived."""
        return 1.25 * self.messages / self.rate + 5

    @property
    def receiver(self) -> list[str]:
        """The arguments of its receiver."""
        said = [] if self.retry_after is None else ["--retry-after", self.retry_after]
        return ["--rate", f"{self.rate:g}", "--by", self.by, *said]


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    parser = ArgumentParser(prog="python -m benchmarks.busy_receiver", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--bursts", default="60:5,2000:100", help="messages:rate, ... (60:5,2000:100)")
    parser.add_argument("--by", default="windows,bucket", help="how the receiver counts (windows,bucket)")
    options = parser.parse_args(arguments)
    tools = {
        running.EMBEDDED: running.embedded,
        running.TWO_WORKERS: running.on_postgres(2),
        **running.alertmanager_or_none(),
    }
    for messages, rate in (map(int, each.split(":")) for each in options.bursts.split(",")):
        for by in options.by.split(","):
            for retry_after in ("1", None):
                burst = Burst(messages, rate, by, retry_after)
                said = "with `Retry-After: 1`" if retry_after else "without Retry-After"
                print(
                    f"{messages:,} messages, {rate} a second by {by}, {said}: {burst.allowed:.1f} s allowed", flush=True
                )
                for name, opening in tools.items():
                    print(f"  {name:32} {_measured(opening, burst)}", flush=True)


def _measured(opening: running.Opening, burst: Burst) -> str:
    with load.sink("benchmarks.busy_sink", *burst.receiver) as sink:
        documents = [
            *(load.integration(sink), load.alert("shop", {"errors": 1})),
            *load.monitors("shop", burst.messages),
        ]
        with opening(documents, sink) as measured:
            began = time()
            given = (
                load.failing("shop", [datetime.now(UTC)] * burst.messages)
                if measured.takes_checks
                else load.alerts("shop", burst.messages)
            )
            load.give(measured.url, given)
            while (told := story(sink))["taken"] < burst.messages and time() < began + 1.5 * burst.allowed:
                sleep(LOOK)
    requests = (told["taken"] + told["refused"]) / burst.messages
    arrived = f"all {told['taken']:5,}" if told["taken"] == burst.messages else f"{told['taken']:5,} alone"
    last = "-" if told["last"] is None else f"{told['last'] - began:6.1f} s"
    return f"{arrived} arrived, the last after {last}, {requests:.2f} requests a message"


def story(sink: str) -> dict[str, Any]:
    """Return what a `busy_sink` tells of itself."""
    told: dict[str, Any] = json.loads(load.get(sink + "/story") or "{}")
    return told


if __name__ == "__main__":
    main(sys.argv[1:])
