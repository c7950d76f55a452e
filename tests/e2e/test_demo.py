"""The demo: it tells what happened, and it fails if a message is missing or differs."""

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from demo.dispatcher import VAULT, environment
from demo.expected import Expected, expected_messages
from demo.receiver import Received
from demo.story import DemoError, compare

from tocsin.workspace import open_workspace
from tocsin_schema.messages.made_up import made_up_values


def test_the_demo_ends_well_and_shows_every_message(root: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "demo"], cwd=root, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert set(done.stderr.splitlines()) <= {"planning ...", "syncing ..."}  # told where a machine is slow
    assert "Nothing to do" in done.stdout
    assert done.stdout.count("POST http://127.0.0.1:") == 6
    assert '"event_action": "trigger"' in done.stdout
    assert '"event_action": "resolve"' in done.stdout
    assert "All 6 messages arrived exactly as the definitions say." in done.stdout
    assert "\x1b" not in done.stdout


@pytest.fixture(scope="module")
def expected() -> list[Expected]:
    """What the Error of level 1 of shop-down should become."""
    definitions = open_workspace(Path(__file__).parents[2] / "definitions").require_definitions()
    alert, monitor = definitions.alerts["shop-down"], definitions.monitors["shop-home"]
    values = made_up_values(definitions, "error", alert, 1, monitor, None)
    told = {
        "alert": "shop-down",
        "level": 1,
        "values": {"system": dict(values.system), "custom_fields": dict(values.custom_fields)},
    }
    return expected_messages(definitions, [told], VAULT)


def as_received(expected: Expected) -> Received:
    request = expected.request
    path = request.url.value.partition("://")[2].partition("/")[2]
    headers = [(name, text.value) for name, text in request.headers]
    return Received(request.method, f"/{path}", headers, request.content or b"", datetime.now(UTC))


def test_what_the_definitions_say_passes(expected: list[Expected]) -> None:
    assert len(expected) == 3
    compare(expected, [as_received(each) for each in reversed(expected)])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"body": b"{}"}, "the body differs"),
        ({"method": "PUT"}, "method PUT"),
        ({"path": "/elsewhere"}, "did not come"),
        ({"headers": []}, "header Content-Type"),
    ],
)
def test_a_message_that_differs_fails_the_demo(expected: list[Expected], change: dict[str, Any], told: str) -> None:
    received = [as_received(each) for each in expected]
    received[0] = replace(received[0], **change)
    with pytest.raises(DemoError, match=told):
        compare(expected, received)


def test_a_missing_or_superfluous_message_fails_the_demo(expected: list[Expected]) -> None:
    received = [as_received(each) for each in expected]
    with pytest.raises(DemoError, match="did not come"):
        compare(expected, received[1:])
    with pytest.raises(DemoError, match="no definition calls for"):
        compare(expected, [*received, received[0]])
