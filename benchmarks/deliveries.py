"""`tocsin-dispatcher` beside Alertmanager: webhooks that reach a receiver, each second.

    python -m benchmarks.deliveries [--messages 20000] [--monitors 1000] [--runs 3]

Both are given as many alerts as messages, in requests of 500, and send each as a webhook of its own to the same receiver
on this machine. On PostgreSQL, one more process takes checks and the server waits for the disk. Timed is from the first
alert given to the last webhook received, so Tocsin's figure has the taking in of checks, rendering and full fsync in
it; Alertmanager (Debian: `prometheus-alertmanager`) keeps alerts in memory. Taking in alone is measured with checks
that open and close as many incidents and send nothing.
Runs are in turns, each with fresh processes and an empty database; figures are medians.
"""

import json
import shutil
import socket
import statistics
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from demo.dispatcher import RunningDispatcher
from tests.postgres import running_server

from benchmarks import load

EMBEDDED = "tocsin, SQLite"
ALERTMANAGER = "alertmanager"
CHECKS = "/api/v1/checks"


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
        EMBEDDED: _tocsin,
        "tocsin, PostgreSQL, 1 worker": partial(_tocsin_on_postgres, 1),
        "tocsin, PostgreSQL, 2 workers": partial(_tocsin_on_postgres, 2),
        "tocsin, SQLite, taking in alone": _taking_in,
    }
    if shutil.which("prometheus-alertmanager"):
        tools[ALERTMANAGER] = _alertmanager
    else:
        print("prometheus-alertmanager is not installed: Tocsin is measured alone")
    runs: dict[str, list[Run]] = {name: [] for name in tools}
    for _ in range(options.runs):
        for name, measured in tools.items():
            runs[name].append(measured(options.messages, options.monitors))
    print(f"{options.messages:,} webhooks or checks, median of {options.runs} runs, in turns")
    rates = {name: _shown(name, options.messages, each) for name, each in runs.items()}
    if ALERTMANAGER in rates:
        for name, rate in rates.items():
            print(f"  {name:32} {rate / rates[ALERTMANAGER]:8.3f} of Alertmanager's rate")


def definitions(sink: str, monitors: int, *, errors: int) -> list[load.Document]:
    """Return definitions whose every monitor sends a message at so many errors, and one when it is well again."""
    return [load.integration(sink), load.alert("shop", {"errors": errors}), *load.monitors("shop", monitors)]


def _shown(name: str, messages: int, runs: Sequence[Run]) -> float:
    rate = messages / statistics.median(run.seconds for run in runs)
    processor = 1000 * statistics.median(run.processor for run in runs) / messages
    print(f"  {name:32} {rate:8,.0f}/s {processor:8.3f} ms of processor time each")
    return rate


def _tocsin(messages: int, monitors: int) -> Run:
    with TemporaryDirectory() as name, load.sink() as sink, _embedded(Path(name)) as dispatcher:
        load.push(dispatcher.url, definitions(sink, monitors, errors=1))
        return _timed(
            [dispatcher.pid], sink, messages, dispatcher.url + CHECKS, load.changing("shop", monitors, messages)
        )


def _taking_in(checks: int, monitors: int) -> Run:
    with TemporaryDirectory() as name, _embedded(Path(name)) as dispatcher:
        load.push(dispatcher.url, definitions("http://127.0.0.1:1", monitors, errors=2))
        return _timed([dispatcher.pid], "", 0, dispatcher.url + CHECKS, load.changing("shop", monitors, checks))


def _embedded(folder: Path) -> RunningDispatcher:
    return RunningDispatcher(folder / "tocsin.db", options=["--log-format", "json"])


def _tocsin_on_postgres(workers: int, messages: int, monitors: int) -> Run:
    with (
        load.sink() as sink,
        running_server(durable=True) as server,
        server.database() as url,
        ExitStack() as running,
    ):
        serving = running.enter_context(RunningDispatcher(url, options=["--no-work", "--log-format", "json"]))
        working = [
            running.enter_context(RunningDispatcher(url, worker=True, options=["--log-format", "json"]))
            for _ in range(workers)
        ]
        load.push(serving.url, definitions(sink, monitors, errors=1))
        processes = [each.pid for each in (serving, *working)]
        return _timed(processes, sink, messages, serving.url + CHECKS, load.changing("shop", monitors, messages))


def _alertmanager(messages: int, monitors: int) -> Run:
    del monitors  # each alert is its own
    with TemporaryDirectory() as name, load.sink() as sink:
        folder = Path(name)
        config = folder / "alertmanager.yml"
        config.write_text(
            "route: {receiver: sink, group_by: ['...'], group_wait: 0s, group_interval: 1h, repeat_interval: 24h}\n"
            f"receivers: [{{name: sink, webhook_configs: [{{url: {sink}/alerts}}]}}]\n"
        )
        port = _free_port()
        command = [
            *("prometheus-alertmanager", f"--config.file={config}", f"--storage.path={folder / 'data'}"),
            *(f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address=", "--log.level=error"),
        ]
        url = f"http://127.0.0.1:{port}"
        with _running(command) as process:
            load.until(lambda: load.get(url + "/-/ready") is not None, "Alertmanager does not start")
            return _timed([process], sink, messages, url + "/api/v2/alerts", list(_alerts(messages)))


def _alerts(messages: int) -> Iterator[bytes]:
    for first in range(0, messages, load.IN_A_REQUEST):
        numbers = range(first, min(first + load.IN_A_REQUEST, messages))
        alerts = [
            {
                "labels": {"alertname": "down", "instance": f"shop-{number:06}"},
                "annotations": {"summary": 'HTTP status 503: "Service unavailable"'},
            }
            for number in numbers
        ]
        yield json.dumps(alerts).encode()


def _timed(processes: Sequence[int], sink: str, messages: int, url: str, requests: Sequence[bytes]) -> Run:
    """Measure from the first request to the last webhook; to the last answer, where none are to come."""
    before = sum(map(load.processor_seconds, processes))
    began = perf_counter()
    load.give(url, requests)
    if messages:
        load.until_received(sink, messages)
    return Run(perf_counter() - began, sum(map(load.processor_seconds, processes)) - before)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def _running(command: Sequence[str]) -> Iterator[int]:
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield process.pid
        finally:
            process.terminate()


if __name__ == "__main__":
    main(sys.argv[1:])
