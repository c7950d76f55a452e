"""`tocsin watch` as a real process: a real dispatcher, a real remote, a push, and the end."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from shutil import copytree

import httpx
import pytest
from demo.dispatcher import RunningDispatcher, environment
from tests.sync.file_edits import edit, git

INTERVAL = "300ms"
RUNS = 200
"""So many may pass until a push is seen."""


def push(folder: Path) -> str:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "a step")
    git(folder, "push", "--quiet", "origin", "HEAD:main")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def clone(account: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone of a bare remote that has the account."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch", "main", "hub.git")
    git(tmp_path, "clone", "--quiet", "hub.git", "author")
    copytree(account, tmp_path / "author" / "definitions")
    push(tmp_path / "author")
    git(tmp_path, "clone", "--quiet", "hub.git", "clone")
    return tmp_path / "clone"


def runs(process: subprocess.Popen[str]) -> Iterator[dict[str, object]]:
    assert process.stderr is not None
    for line in process.stderr:
        yield json.loads(line)


def test_a_push_reaches_the_dispatcher_and_sigterm_ends_the_watch(
    clone: Path, dispatcher: RunningDispatcher, api: httpx.Client, tmp_path: Path
) -> None:
    options = ("--target", "demo", "--git-remote", "origin", "--interval", INTERVAL, "--listen", "127.0.0.1:0")
    process = subprocess.Popen(
        [sys.executable, "-m", "tocsin", "watch", *options, "--log-format", "json"],
        cwd=clone,
        env=environment({"XDG_STATE_HOME": str(tmp_path / "state")}),
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        told = runs(process)
        web = f"http://{next(told)['listen']}"
        first = next(told)
        assert (first["outcome"], first["revision"]) == ("synced", 1)

        edit(tmp_path / "author" / "definitions" / "monitors" / "shop.yaml", "title: Shop home page", "title: Home")
        commit = push(tmp_path / "author")
        second = next(each for each in islice(told, RUNS) if each["commit"] == commit)
        assert (second["outcome"], second["revision"], second["changes"]) == ("synced", 2, 1)
        newest = api.get("/revisions").json()["revisions"][0]
        assert (newest["revision"], newest["source"]["commit"]) == (2, commit)
        next(told)  # a run is told once it is counted; this one is after the second
        assert "tocsin_watch_revision 2.0" in httpx.get(f"{web}/metrics", trust_env=False).text
        assert httpx.get(f"{web}/healthz", trust_env=False).json()["status"] == "ok"

        process.terminate()
        assert [each["event"] for each in told][-1] == "stop"
        assert process.wait(timeout=30) == 0
    finally:
        process.kill()
        process.communicate()
    assert (tmp_path / "clone" / "definitions" / "monitors" / "shop.yaml").read_text("utf-8").count(
        "title: Home\n"
    ) == 0
