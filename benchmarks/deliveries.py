"""`tocsin-dispatcher` beside Alertmanager: webhooks that reach a receiver, each second.

    python -m benchmarks.deliveries [--messages 20000] [--monitors 1000] [--runs 3]

Both are given as many alerts as messages, in requests of 500, and send each as a webhook of its own to the same receiver
on this machine. On PostgreSQL, one more process takes checks and the server waits for the disk. Timed is from the first alert given to the last webhook received, so Tocsin's figure has the taking in
of checks, rendering and full fsync in it; Alertmanager (Debian: `prometheus-alertmanager`) keeps alerts in memory.
Runs are in turns, each with fresh processes and an empty database; figures are medians.
"""

import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import urllib.request
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, sleep
from typing import Any

from demo.dispatcher import TOKEN, RunningDispatcher, environment
from tests.postgres import running_server

IN_A_REQUEST = 500
POLL = 0.02
LOST_AFTER = 120.0
"""Seconds without a further webhook after which a run has failed."""

PROJECT = """\
kind: project
format: 1
name: benchmark
account: {id: "1", time_zone: UTC, culture: en-US}
targets:
  here: {type: dispatcher, url: "%s", token: {env: TOCSIN_TOKEN}}
"""
INTEGRATION = """\
kind: integration
name: receiver
variables: {ApiUrl: "%s/tickets"}
messages:
  - types: [error, ok]
    steps:
      - request:
          method: POST
          url: "{{ApiUrl}}"
          headers: {Content-Type: application/json}
          body: |
            {"key": "{{@incident.key}}", "state": "{{@alert.type}}",
             "summary": "{{@JsonEncode({{@monitor.name}})}}: {{@JsonEncode({{@alert.description}})}}"}
"""
ALERT = """\
kind: alert
name: down
groups: [all]
levels: [{when: {errors: 1}, integrations: [{use: receiver}]}]
"""
MONITOR = """\
kind: monitor
name: shop-%05d
type: Https
url: https://shop.example.com
groups: [all]
"""


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    parser = ArgumentParser(prog="python -m benchmarks.deliveries", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--messages", type=int, default=20_000, help="webhooks in a run (20000)")
    parser.add_argument("--monitors", type=int, default=1000, help="monitors that fail and recover (1000)")
    parser.add_argument("--runs", type=int, default=3, help="so often each (3)")
    options = parser.parse_args(arguments)
    tools: dict[str, Callable[[int, int], float]] = {
        "tocsin, SQLite": _tocsin,
        "tocsin, PostgreSQL, 1 worker": partial(_tocsin_on_postgres, 1),
        "tocsin, PostgreSQL, 2 workers": partial(_tocsin_on_postgres, 2),
    }
    if shutil.which("prometheus-alertmanager"):
        tools["alertmanager"] = _alertmanager
    else:
        print("prometheus-alertmanager is not installed: Tocsin is measured alone")
    seconds: dict[str, list[float]] = {name: [] for name in tools}
    for _ in range(options.runs):
        for name, measured in tools.items():
            seconds[name].append(measured(options.messages, options.monitors))
    rates = {name: options.messages / statistics.median(each) for name, each in seconds.items()}
    print(f"{options.messages:,} webhooks, median of {options.runs} runs, in turns")
    for name, rate in rates.items():
        print(f"  {name:30} {rate:8,.0f} webhooks/s")
    if "alertmanager" in rates:
        print(f"  {'ratio':30} {rates['tocsin, SQLite'] / rates['alertmanager']:8.2f}")


def _tocsin(messages: int, monitors: int) -> float:
    with TemporaryDirectory() as name, _sink() as sink:
        folder = Path(name)
        with RunningDispatcher(folder / "tocsin.db", options=["--log-format", "json"]) as dispatcher:
            _sync(folder / "definitions", dispatcher.url, sink, monitors)
            return _timed(sink, messages, dispatcher.url + "/api/v1/checks", _checks(messages, monitors))


def _tocsin_on_postgres(workers: int, messages: int, monitors: int) -> float:
    with (
        TemporaryDirectory() as name,
        _sink() as sink,
        running_server(durable=True) as server,
        server.database() as url,
        ExitStack() as running,
    ):
        serving = running.enter_context(RunningDispatcher(url, options=["--no-work"]))
        for _ in range(workers):
            running.enter_context(RunningDispatcher(url, worker=True))
        _sync(Path(name) / "definitions", serving.url, sink, monitors)
        return _timed(sink, messages, serving.url + "/api/v1/checks", _checks(messages, monitors))


def _checks(messages: int, monitors: int) -> Iterator[bytes]:
    """Give requests whose checks make so many messages: every monitor fails and recovers in turns."""
    now, number = datetime.now(UTC) - timedelta(days=1), 0
    waiting: list[dict[str, Any]] = []
    while number < messages:
        turn, monitor = divmod(number, monitors)
        status = "ok" if turn % 2 else "error"
        waiting.append(
            {
                "id": f"check-{number}",
                "monitor": f"shop-{monitor:05}",
                "time": (now + timedelta(seconds=turn)).isoformat(),
                "status": status,
                "description": 'HTTP status 503: "Service unavailable"',
            }
        )
        number += 1
        if len(waiting) == IN_A_REQUEST or number == messages:
            yield json.dumps({"checks": waiting}).encode()
            waiting = []


def _sync(folder: Path, dispatcher: str, sink: str, monitors: int) -> None:
    folder.mkdir()
    (folder / "tocsin.yaml").write_text(PROJECT % dispatcher)
    (folder / "receiver.yaml").write_text(INTEGRATION % sink)
    (folder / "down.yaml").write_text(ALERT)
    (folder / "monitors.yaml").write_text("---\n".join(MONITOR % number for number in range(monitors)))
    command = [sys.executable, "-m", "tocsin", "--project", str(folder), "sync", "--target", "here", "--yes"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment())


def _alertmanager(messages: int, monitors: int) -> float:
    del monitors  # each alert is its own
    with TemporaryDirectory() as name, _sink() as sink:
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
        with _running(command):
            _until(lambda: _get(url + "/-/ready") is not None, "Alertmanager does not start")
            return _timed(sink, messages, url + "/api/v2/alerts", _alerts(messages))


def _alerts(messages: int) -> Iterator[bytes]:
    for first in range(0, messages, IN_A_REQUEST):
        numbers = range(first, min(first + IN_A_REQUEST, messages))
        alerts = [
            {
                "labels": {"alertname": "down", "instance": f"shop-{number:06}"},
                "annotations": {"summary": 'HTTP status 503: "Service unavailable"'},
            }
            for number in numbers
        ]
        yield json.dumps(alerts).encode()


def _timed(sink: str, messages: int, url: str, requests: Iterator[bytes]) -> float:
    """Give the seconds from the first request to the last webhook."""
    ready = list(requests)
    began = perf_counter()
    for each in ready:
        _post(url, each)
    given = perf_counter() - began
    _until(lambda: int(_get(sink + "/count") or 0) >= messages, "webhooks are missing")
    taken = perf_counter() - began
    if os.environ.get("VERBOSE"):
        print(f"  {url}: given in {given:.2f} s, received in {taken:.2f} s")
    return taken


def _post(url: str, body: bytes) -> None:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"}
    with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=60) as answer:
        answer.read()


def _get(url: str) -> str | None:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return str(answer.read().decode())
    except OSError:
        return None


def _until(true: Callable[[], bool], otherwise: str) -> None:
    end = perf_counter() + LOST_AFTER
    while not true():
        if perf_counter() > end:
            raise RuntimeError(otherwise)
        sleep(POLL)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def _sink() -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks.sink"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.terminate()


@contextmanager
def _running(command: Sequence[str]) -> Iterator[None]:
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.terminate()


if __name__ == "__main__":
    main(sys.argv[1:])
