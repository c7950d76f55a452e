"""Two people sync at once: one wins, the other is told and nothing of theirs is half done."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import httpx
from demo.dispatcher import environment
from tests.e2e.conftest import Tocsin


def test_a_plan_that_another_sync_overtook_is_refused(tocsin: Tocsin, api: httpx.Client, account: Path) -> None:
    ours, theirs = pty.openpty()
    waiting = subprocess.Popen(
        [sys.executable, "-m", "tocsin", "--project", str(account), "sync", "--target", "demo"],
        env=environment(),
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert waiting.stderr is not None
    prompt = ""
    while "Sync these changes" not in prompt:
        prompt += waiting.stderr.read(1)

    title = account / "monitors" / "shop.yaml"
    title.write_text(title.read_text("utf-8").replace("title: Shop home page", "title: Home"), "utf-8")
    assert tocsin("sync", "--target", "demo", "--yes").returncode == 0

    os.write(ours, b"y\n")
    _, complaint = waiting.communicate(timeout=30)
    os.close(ours)
    os.close(theirs)
    assert waiting.returncode == 4
    assert "planned against revision 0, now 1" in complaint
    assert api.get("/definitions").json()["revision"] == 1
