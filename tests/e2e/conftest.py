"""Real processes on this machine: a dispatcher, a receiver, the command."""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from demo.account import copy_for
from demo.answers import real_answer
from demo.dispatcher import TOKEN, RunningDispatcher, environment
from demo.receiver import Receiver
from tests.dispatcher.account import project

Tocsin = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that answers as the real ones do."""
    with Receiver() as receiver:
        receiver.respond("/", real_answer)
        yield receiver


@pytest.fixture
def database(empty_file: Path, tmp_path: Path) -> Path:
    """The dispatcher's database file; its tables are there, and empty."""
    return Path(shutil.copy(empty_file, tmp_path))


@pytest.fixture
def dispatcher(database: Path) -> Iterator[RunningDispatcher]:
    """A dispatcher with an empty database."""
    with RunningDispatcher(database) as dispatcher:
        yield dispatcher


@pytest.fixture
def account(tmp_path: Path, dispatcher: RunningDispatcher, receiver: Receiver) -> Path:
    """A copy of `definitions/` with a target `demo`: this dispatcher, this receiver."""
    return copy_for(tmp_path, dispatcher.url, receiver.url)


@pytest.fixture
def api(dispatcher: RunningDispatcher) -> Iterator[httpx.Client]:
    """A client of the dispatcher's API with every scope."""
    with api_of(dispatcher) as client:
        yield client


def api_of(dispatcher: RunningDispatcher) -> httpx.Client:
    """Return a client of a dispatcher's API with every scope."""
    return httpx.Client(
        base_url=f"{dispatcher.url}/api/v1", headers={"Authorization": f"Bearer {TOKEN}"}, trust_env=False
    )


@pytest.fixture
def tocsin(account: Path) -> Tocsin:
    """Run the command on the account, and return what it printed and its exit code."""

    def run(*arguments: str, project: Path = account) -> subprocess.CompletedProcess[str]:
        return run_tocsin(project, *arguments)

    return run


def run_tocsin(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command on a project."""
    return subprocess.run(
        [sys.executable, "-m", "tocsin", "--project", str(project), *arguments],
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def finished(api: httpx.Client) -> list[dict[str, Any]]:
    """Return every delivery once all are finished; a second attempt takes 4 to 6 s."""
    deliveries: list[dict[str, Any]] = []
    for _ in range(300):
        deliveries = api.get("/deliveries", params={"limit": 1000}).json()["deliveries"]
        if deliveries and all(each["state"] in ("delivered", "failed", "skipped") for each in deliveries):
            break
        time.sleep(0.1)
    return deliveries


def push(api: httpx.Client, *documents: dict[str, Any]) -> None:
    """Put the first definitions in force."""
    body = {"project": project(), "documents": list(documents)}
    answer = api.put("/definitions", json=body, headers={"If-Match": '"0"'})
    assert answer.status_code == 200, answer.text
