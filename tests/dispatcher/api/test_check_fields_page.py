"""What the operator's page says on the fields of a check."""

import re
from pathlib import Path
from typing import Any

from demo.receiver import Receiver
from pydantic import BaseModel
from tests.dispatcher.account import alert, level, monitor, pager
from tests.dispatcher.conftest import RunningDispatcher

from tocsin_schema.models import Check
from tocsin_schema.models.check import Checkpoint, ReportedResponse

DOCUMENTED = Path(__file__).parents[3] / "docs" / "operations.md"


def documented_fields() -> dict[str, list[str]]:
    """Return the variables that each field fills, as the operator's page says."""
    section = DOCUMENTED.read_text("utf-8").partition("## Reporting checks\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([a-z][\w.]+)`[^|]*\| ([^|]*) \|$", section, re.MULTILINE)
    return {field: re.findall(r"`(@alert\.\w+)`", fills) for field, fills in rows}


def test_the_page_on_reporting_checks_names_every_field() -> None:
    nested: dict[str, type[BaseModel]] = {"checkpoint": Checkpoint, "response": ReportedResponse}
    plain = [name for name in Check.model_fields if name not in nested]
    within = [f"{name}.{each}" for name, model in nested.items() for each in model.model_fields]
    assert sorted(documented_fields()) == sorted([*plain, *within])


async def test_each_field_fills_the_variables_that_the_page_names(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await running_dispatcher.push(monitor(), alert(level("pager")), pager(receiver.url))
    body: dict[str, Any] = {}
    expected = {"@alert.firstErrorUtc": "2026-03-02T12:00:00", "@alert.timestampUtc": "2026-03-02T12:00:00"}
    expected |= {"@alert.firstErrorCheckId": "4711", "@alert.sslValidUntil": "2027-03-02T06:00:00"}
    for number, (field, variables) in enumerate(documented_fields().items()):
        if not variables or field in {"id", "time", "ssl_valid_until"}:  # stated below
            continue
        outer, _, inner = field.rpartition(".")
        (body.setdefault(outer, {}) if outer else body)[inner] = f"value-{number}"
        expected |= dict.fromkeys(variables, f"value-{number}")
    await running_dispatcher.check(
        "error", **{"description": "", **body}, id="4711", ssl_valid_until="2027-03-02T12:00:00Z"
    )
    (alerted,) = (await running_dispatcher.get("/alerts"))["alerts"]
    assert {name: alerted["values"]["system"][name] for name in expected} == expected
    assert len(expected) == sum(map(len, documented_fields().values()))
