"""Checks as monitoring systems report them: read as the API reads them, then taken through an incident to a message's values."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import ValidationError
from tests.fuzz.target import Target
from tests.sync.conftest import ALERT, CHAT, MONITOR, PROJECT

from tocsin.project.reading import read_contents
from tocsin.workspace import check_reading
from tocsin_schema.api.checks import Checks
from tocsin_schema.escalation.levels import escalation_levels
from tocsin_schema.escalation.machine import advance, next_due, observe
from tocsin_schema.escalation.state import MonitorState
from tocsin_schema.messages.values import alert_values
from tocsin_schema.models import Check

GUID = "2c97e464-6112-435b-8c8d-6def1e18273a"
FILES = {"tocsin.yaml": PROJECT, "chat.yaml": CHAT, "home-down.yaml": ALERT, "home.yaml": MONITOR}
DEFINITIONS = check_reading(
    read_contents(Path("/nowhere"), "tocsin.yaml", {name: text.encode() for name, text in FILES.items()})
).require_definitions()
HOME = DEFINITIONS.monitors["home"]
ALERT_OF_HOME = DEFINITIONS.alerts["home-down"]
LEVELS = escalation_levels(DEFINITIONS, HOME)
LATEST = datetime.max.replace(tzinfo=UTC)


def _report(data: bytes) -> None:
    """Take what is a check, or several; what isn't is refused by pydantic and by nothing else."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return
    try:
        is_many = isinstance(value, dict) and "checks" in value
        checks = Checks.model_validate(value).checks if is_many else [Check.model_validate(value)]
    except ValidationError as error:
        str(error)
        return
    state = MonitorState()
    for check in checks:
        outcome = observe(state, check, LEVELS, GUID)
        state = MonitorState.model_validate_json(outcome.state.model_dump_json())
        assert state == outcome.state
        due = next_due(state, LEVELS)
        later = min(check.time, LATEST - timedelta(days=1)) + timedelta(days=1)
        passed = advance(state, later if due is None or due > later else due, LEVELS, GUID)
        for event in (*outcome.alerts, *passed.alerts):
            values = alert_values(DEFINITIONS, ALERT_OF_HOME, event.level, HOME, event)
            for text in values.system.values():
                assert isinstance(text, str)


SEEDS = (
    b'{"checks": [{"id": "1", "monitor": "home", "time": "2026-03-02T12:00:00Z", "status": "error", "description": "down"},'
    b' {"id": "2", "monitor": "home", "time": "2026-03-02T13:01:00+01:00", "status": "error"},'
    b' {"id": "3", "monitor": "home", "time": "2026-03-02T12:02:00Z", "status": "ok"}]}',
    b'{"id": "1", "monitor": "home", "time": "2026-03-02T12:00:00.5Z", "status": "error", "confirmed": false, "error_type": "5407"}',
    b'{"id": "1", "monitor": "home", "time": "2026-03-02T12:00:00Z", "status": "error", "checkpoint": {"name": "Ghent, Belgium"},'
    b' "response": {"headers": {"Content-Type": "text/html"}, "body": "x"}}',
)
WORDS = (
    b'"', b"null", b"true", b"1e999", b"NaN", b"-1", b"9" * 20, b'"\\ud800"', b'"0001-01-01T00:00:00+14:00"', b'"9999-12-31T23:59:59Z"',
    b'"2026-02-30T00:00:00Z"', b'"2026-03-29T02:30:00"', b'"time": ', b'"id": ', b"[", b"]", b"{", b"}", b", ", b"\x00", b"\xe2\x80\xae",
)  # fmt: skip

TARGETS = (Target("checks", _report, lambda: SEEDS, WORDS),)
