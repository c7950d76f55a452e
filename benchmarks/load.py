"""What the dispatcher's benchmarks put on it: definitions, checks, a receiver, and the clock beside them."""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

from demo.dispatcher import TOKEN

CHECKS = "/api/v1/checks"
IN_A_REQUEST = 500
POLL = 0.02
LOST_AFTER = 120.0
"""Seconds without a further webhook after which a run has failed."""

Document = dict[str, Any]

PROJECT: Document = {
    "kind": "project",
    "format": 1,
    "name": "benchmark",
    "account": {"id": "1", "time_zone": "UTC", "culture": "en-US"},
    "targets": {"here": {"type": "dispatcher", "url": "http://127.0.0.1", "token": {"env": "TOCSIN_TOKEN"}}},
}
BODY = """\
{"key": "{{@incident.key}}", "state": "{{@alert.type}}",
 "summary": "{{@JsonEncode({{@monitor.name}})}}: {{@JsonEncode({{@alert.description}})}}"}
"""


def integration(sink: str) -> Document:
    """Return the integration `receiver`, which sends every message to the receiver at `sink`."""
    request = {
        "method": "POST",
        "url": "{{ApiUrl}}/tickets",
        "headers": {"Content-Type": "application/json"},
        "body": BODY,
    }
    message = {"types": ["error", "ok"], "steps": [{"request": request}]}
    variables = {"ApiUrl": sink}
    return {"kind": "integration", "name": "receiver", "variables": variables, "messages": [message]}


def alert(group: str, when: Document) -> Document:
    """Return an alert definition for a group of monitors, of one level."""
    level = {"when": when, "integrations": [{"use": "receiver"}]}
    return {"kind": "alert", "name": group, "groups": [group], "levels": [level]}


def monitors(group: str, count: int) -> list[Document]:
    """Return the monitors of a group, `GROUP-00000` and on."""
    url = "https://shop.example.com"
    return [
        {"kind": "monitor", "name": _monitor(group, number), "type": "Https", "url": url, "groups": [group]}
        for number in range(count)
    ]


def push(dispatcher: str, documents: Sequence[Document]) -> None:
    """Put definitions in force."""
    _put(dispatcher + "/api/v1/definitions", json.dumps({"project": PROJECT, "documents": documents}).encode())


def changing(group: str, count: int, checks: int) -> list[bytes]:
    """Return requests of so many checks: every monitor of the group fails and recovers in turns, all of it yesterday."""
    begin = datetime.now(UTC) - timedelta(days=1)
    turns = (divmod(number, count) for number in range(checks))
    return _requests(
        _check(_monitor(group, number), begin + timedelta(seconds=turn), "ok" if turn % 2 else "error")
        for turn, number in turns
    )


def failing(group: str, times: Sequence[datetime], in_a_request: int = IN_A_REQUEST) -> list[bytes]:
    """Return requests of an error for each monitor of the group, each at its time."""
    checks = (_check(_monitor(group, number), time, "error") for number, time in enumerate(times))
    return _requests(checks, in_a_request)


def alerts(group: str, count: int, in_a_request: int = IN_A_REQUEST) -> list[bytes]:
    """Return requests of so many alerts for Alertmanager, each of an instance of its own."""
    every = [
        {
            "labels": {"alertname": "down", "instance": _monitor(group, number)},
            "annotations": {"summary": 'HTTP status 503: "Service unavailable"'},
        }
        for number in range(count)
    ]
    return [json.dumps(every[first : first + in_a_request]).encode() for first in range(0, count, in_a_request)]


def give(url: str, requests: Sequence[bytes]) -> float:
    """Post one request after the other; returns the seconds it takes."""
    began = perf_counter()
    for each in requests:
        post(url, each)
    return perf_counter() - began


def post(url: str, body: bytes) -> None:
    """Post JSON with the token."""
    _send(urllib.request.Request(url, body, _HEADERS))


def get(url: str) -> str | None:
    """Return what is there, None where there is nothing."""
    try:
        return _send(urllib.request.Request(url, headers=_HEADERS))
    except (OSError, RuntimeError):
        return None


def until(true: Callable[[], bool], otherwise: str) -> None:
    """Wait until something is true; raises RuntimeError with `otherwise` where it takes too long."""
    end = perf_counter() + LOST_AFTER
    while not true():
        if perf_counter() > end:
            raise RuntimeError(otherwise)
        sleep(POLL)


def until_received(sink: str, messages: int) -> None:
    """Wait until so many webhooks have come in all."""
    until(lambda: int(get(sink + "/count") or 0) >= messages, "webhooks are missing")


def processor_seconds(process: int) -> float:
    """Return the processor time that a process has taken so far, its threads together."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def sink(module: str = "benchmarks.sink", *arguments: str) -> Iterator[str]:
    """Run a receiver that answers at once, or another one, and yield its URL."""
    command = [sys.executable, "-m", module, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.terminate()


_HEADERS = {"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"}


def _put(url: str, body: bytes) -> None:
    _send(urllib.request.Request(url, body, {**_HEADERS, "If-Match": '"0"'}, method="PUT"))


def _send(request: urllib.request.Request) -> str:
    try:
        with urllib.request.urlopen(request, timeout=600) as answer:
            return str(answer.read().decode())
    except urllib.error.HTTPError as error:
        raise RuntimeError(f"{request.full_url}: {error.read().decode()}") from error


def _monitor(group: str, number: int) -> str:
    return f"{group}-{number:06}"


def _check(monitor: str, time: datetime, status: str) -> Document:
    return {
        "id": f"{monitor}-{time.timestamp():.6f}",
        "monitor": monitor,
        "time": time.isoformat(),
        "status": status,
        "description": 'HTTP status 503: "Service unavailable"',
    }


def _requests(checks: Iterator[Document], in_a_request: int = IN_A_REQUEST) -> list[bytes]:
    every = list(checks)
    parts = (every[first : first + in_a_request] for first in range(0, len(every), in_a_request))
    return [json.dumps({"checks": part}).encode() for part in parts]
