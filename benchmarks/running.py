"""What is measured, running: `tocsin-dispatcher` on either database, and Alertmanager, each sending to one receiver."""

import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from demo.dispatcher import RunningDispatcher
from tests.postgres import running_server

from benchmarks import load

EMBEDDED = "tocsin, SQLite"
TWO_WORKERS = "tocsin, PostgreSQL, 2 workers"
ALERTMANAGER = "alertmanager"
JSON_LOG = ("--log-format", "json")
SERVING = ("--token-rate", "1000000", *JSON_LOG)
"""One token reports all there is, as fast as it is taken."""


@dataclass(frozen=True, slots=True)
class Running:
    """One of them, with nothing to do yet."""

    url: str
    """Where it takes what becomes messages: checks, or alerts."""
    processes: Sequence[int]
    takes_checks: bool = True


Opening = Callable[[Sequence[load.Document], str], AbstractContextManager[Running]]
"""Runs one of them, under these definitions, or sending all there is to the receiver at this URL."""


def alertmanager_or_none() -> dict[str, Opening]:
    """Return Alertmanager where it is installed; says so where not."""
    if shutil.which("prometheus-alertmanager"):
        return {ALERTMANAGER: alertmanager}
    print("prometheus-alertmanager is not installed: Tocsin is measured alone")
    return {}


@contextmanager
def embedded(documents: Sequence[load.Document], sink: str) -> Iterator[Running]:
    """Run a dispatcher of one process on a file of its own."""
    del sink  # it stands in the definitions
    with TemporaryDirectory() as name, RunningDispatcher(Path(name) / "tocsin.db", options=SERVING) as dispatcher:
        load.push(dispatcher.url, documents)
        yield Running(dispatcher.url + load.CHECKS, [dispatcher.pid])


def on_postgres(workers: int) -> Opening:
    """Return what runs a server and so many workers on a PostgreSQL of its own, which waits for the disk."""
    return partial(_on_postgres, workers)


@contextmanager
def _on_postgres(workers: int, documents: Sequence[load.Document], sink: str) -> Iterator[Running]:
    del sink  # it stands in the definitions
    with running_server(durable=True) as server, server.database() as url, ExitStack() as running:
        serving = running.enter_context(RunningDispatcher(url, options=["--no-work", *SERVING]))
        working = [running.enter_context(RunningDispatcher(url, worker=True, options=JSON_LOG)) for _ in range(workers)]
        load.push(serving.url, documents)
        yield Running(serving.url + load.CHECKS, [each.pid for each in (serving, *working)])


@contextmanager
def alertmanager(documents: Sequence[load.Document], sink: str) -> Iterator[Running]:
    """Run Alertmanager (Debian: `prometheus-alertmanager`): each alert is a group of its own, and goes out at once."""
    del documents  # it has none
    with TemporaryDirectory() as name:
        folder = Path(name)
        config = folder / "alertmanager.yml"
        config.write_text(
            "route: {receiver: sink, group_by: ['...'], group_wait: 0s, group_interval: 1h, repeat_interval: 24h}\n"
            f"receivers: [{{name: sink, webhook_configs: [{{url: {sink}/alerts}}]}}]\n"
        )
        port = free_port()
        command = [
            *("prometheus-alertmanager", f"--config.file={config}", f"--storage.path={folder / 'data'}"),
            *(f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address=", "--log.level=error"),
        ]
        url = f"http://127.0.0.1:{port}"
        with _process(command) as process:
            load.until(lambda: load.get(url + "/-/ready") is not None, "Alertmanager does not start")
            yield Running(url + "/api/v2/alerts", [process], takes_checks=False)


def free_port() -> int:
    """Return a port where nothing listens now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def _process(command: Sequence[str]) -> Iterator[int]:
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield process.pid
        finally:
            process.terminate()
