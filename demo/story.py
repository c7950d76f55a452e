"""The demo, told step by step: validate, plan, sync, plan again, a failing check, an OK, the messages."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from demo.account import DEFINITIONS, TARGET, copy_for
from demo.answers import real_answer
from demo.dispatcher import TOKEN, VAULT, RunningDispatcher, environment
from demo.expected import Expected, expected_messages
from demo.receiver import Received, Receiver
from tocsin.messages.request_text import request_lines
from tocsin.terminal.style import Style
from tocsin.workspace import open_workspace
from tocsin_schema.models.definitions import Definitions

MONITOR = "shop-home"
OUTAGE = timedelta(minutes=3)
ARRIVAL_SECONDS = 10.0


class DemoError(Exception):
    """The demo did not go as the definitions say. The text says what differed."""


def tell() -> int:
    """Run the demo; return 0 where every message came exactly as defined, and 1 otherwise."""
    style = Style.of_stdout()
    try:
        with tempfile.TemporaryDirectory(prefix="tocsin-demo-") as folder, Receiver() as receiver:
            receiver.respond("/", real_answer)
            with RunningDispatcher(Path(folder) / "tocsin.db") as dispatcher:
                count = _Story(style, Path(folder), receiver, dispatcher).run()
    except (DemoError, RuntimeError, TimeoutError, httpx.HTTPError) as error:
        print(style(f"\nThe demo failed: {error}", "red", bold=True), file=sys.stderr)
        return 1
    print(style(f"\nAll {count} messages arrived exactly as the definitions say.", "green", bold=True))
    print("Next: make run, then read README.md and definitions/.")
    return 0


class _Story:
    def __init__(self, style: Style, folder: Path, receiver: Receiver, dispatcher: RunningDispatcher) -> None:
        self.style = style
        self.receiver = receiver
        self.account = copy_for(folder, dispatcher.url, receiver.url)
        self.dispatcher_url = dispatcher.url
        self.api = httpx.Client(
            base_url=f"{dispatcher.url}/api/v1", headers={"Authorization": f"Bearer {TOKEN}"}, trust_env=False
        )

    def run(self) -> int:
        """Return the number of messages that came."""
        self._chapter(f"1. Validate the definitions in {DEFINITIONS.name}/")
        self._tocsin(["validate"], expected=0)
        self._chapter("2. Plan: what would a sync change?")
        self._say(f"A dispatcher runs at {self.dispatcher_url}, a receiver of messages at {self.receiver.url}.")
        self._tocsin(["plan", "--target", TARGET], expected=3)
        self._chapter("3. Sync, and plan once more")
        self._tocsin(["sync", "--target", TARGET, "--yes"], expected=0)
        self._tocsin(["plan", "--target", TARGET], expected=0)
        definitions = self._deployed()
        errors = self._outage(definitions)
        oks = self._recovery(definitions, len(errors))
        return len(errors) + len(oks)

    def _outage(self, definitions: Definitions) -> list[Received]:
        self._chapter(f"4. {definitions.monitors[MONITOR].display_name} fails")
        start = datetime.now(UTC) - OUTAGE
        self._check("1001", start, status="error", confirmed=False, description="HTTP 503")
        self._say("An unconfirmed error: nothing happens.")
        self._check("1002", start + timedelta(seconds=5), status="error", description="HTTP 503")
        self._say("The first confirmed error: the incident begins, and level 1 waits for a second one.")
        self._check(
            "1003",
            start + timedelta(minutes=1),
            status="error",
            description='HTTP 503: "Service Unavailable"',
            error_type_id="5000",
            checkpoint={"name": "Ghent, Belgium", "server_ipv4": "178.217.84.4"},
            response={"headers": {"Retry-After": "120"}, "body": "<h1>Back soon</h1>"},
        )
        self._say("The second: level 1 tells its integrations.")
        return self._messages(definitions, seen=0)

    def _recovery(self, definitions: Definitions, seen: int) -> list[Received]:
        self._chapter(f"5. {definitions.monitors[MONITOR].display_name} is fine again")
        self._check("1004", datetime.now(UTC) - timedelta(seconds=1), status="ok", description="OK")
        self._say("The first OK ends the incident: every level that had told of it sends an Ok.")
        return self._messages(definitions, seen=seen)

    def _messages(self, definitions: Definitions, seen: int) -> list[Received]:
        """Wait for the messages of the alerts so far, show the new ones, and compare them with the definitions."""
        answer = self.api.get("/alerts", params={"limit": 100}).raise_for_status().json()
        expected = expected_messages(definitions, answer["alerts"], VAULT)
        if len(expected) <= seen:
            raise DemoError("the checks raised no alert")
        received = self.receiver.wait_for(len(expected), ARRIVAL_SECONDS)
        new = received[seen:]
        for each in new:
            self._show(each)
        compare(expected, received)
        return new

    def _show(self, received: Received) -> None:
        print()
        url = self.receiver.url + received.path
        for line in request_lines(received.method, url, received.headers, received.body.decode(), self.style):
            print(f"  {line}".rstrip())

    def _check(self, check_id: str, time: datetime, **values: Any) -> None:
        check = {"id": check_id, "monitor": MONITOR, "time": time.isoformat(timespec="seconds"), **values}
        answer = self.api.post("/checks", json={"checks": [check]})
        if answer.status_code != httpx.codes.ACCEPTED:
            raise DemoError(f"the dispatcher refused a check: {answer.text}")
        confirmed = "" if values.get("confirmed", True) else ", unconfirmed"
        print(self.style.aside(f"POST /api/v1/checks  {MONITOR}: {values['status']}{confirmed}"))

    def _tocsin(self, arguments: Sequence[str], expected: int) -> None:
        print(self.style(f"$ tocsin {' '.join(arguments)}", "cyan", bold=True), flush=True)
        colour = {"FORCE_COLOR": "1"} if self.style.colour else {}
        done = subprocess.run(
            [sys.executable, "-m", "tocsin", "--project", os.fspath(self.account), *arguments],
            # The account is a copy that the demo itself made: it is trusted also in CI for a pull request.
            env=environment({**colour, "TOCSIN_TRUST_TARGETS_FROM": os.fspath(self.account / "tocsin.yaml")}),
            stdin=subprocess.DEVNULL,
            check=False,
        )
        if done.returncode != expected:
            raise DemoError(f"tocsin {arguments[0]} ended with exit code {done.returncode}, expected {expected}")

    def _deployed(self) -> Definitions:
        workspace = open_workspace(self.account)
        target = workspace.require_project().targets[TARGET]
        return workspace.require_definitions(getattr(target, "variables", {}))

    def _chapter(self, title: str) -> None:
        print(self.style.heading(f"\n{title}"), flush=True)

    def _say(self, text: str) -> None:
        print(text, flush=True)


def compare(expected: Sequence[Expected], received: Sequence[Received]) -> None:
    """Raise DemoError unless every expected message came once, and nothing else did."""
    left = list(received)
    for each in expected:
        match = next((one for one in left if not each.differences(one)), None)
        if match is None:
            nearest = [one for one in left if _path(one.path) == _path(urlsplit(each.request.url.value).path)]
            why = "; ".join(each.differences(nearest[0])) if nearest else "it did not come"
            raise DemoError(f"{each.title}: {why}")
        left.remove(match)
    if left:
        raise DemoError(f"{len(left)} messages came that no definition calls for: {left[0].method} {left[0].path}")


def _path(text: str) -> str:
    return text.partition("?")[0]
