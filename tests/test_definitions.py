"""What is asked of `definitions/` beyond its rules. Its messages are compared with their snapshots by the pytest plugin."""

import json
from pathlib import Path
from typing import Any

import pytest

from tocsin.workspace import open_workspace
from tocsin_schema.models import Step

FOLDER = Path(__file__).parent.parent / "definitions"
WORKSPACE = open_workspace(FOLDER)
DEFINITIONS = WORKSPACE.require_definitions()
RECEIVERS = WORKSPACE.reading.receivers


def test_every_integration_sends_errors_and_oks() -> None:
    for integration in DEFINITIONS.integrations.values():
        assert integration.message_set("error") is not None, integration.name
        assert integration.message_set("ok") is not None, integration.name


def test_the_uptrends_preset_carries_every_system_variable_that_uptrends_has() -> None:
    from tocsin_schema.template.system_variables import ONLY_UNDELIVERED, SYSTEM_VARIABLES

    request = DEFINITIONS.integrations["uptrends"].messages[0].steps[0].request
    assert request is not None
    body = request.body
    assert isinstance(body, str)
    theirs = [name for name, each in SYSTEM_VARIABLES.items() if each.when != ONLY_UNDELIVERED]
    missing = [name for name in theirs if "{{" + name + "}}" not in body]
    assert len(theirs) == 38
    assert missing == []


def steps() -> list[Step]:
    return [step for each in DEFINITIONS.integrations.values() for one in each.messages for step in one.steps]


def test_every_body_is_judged_by_what_its_receiver_takes() -> None:
    bodies = [step for step in steps() if step.request and (step.request.has_json or step.request.body)]
    assert [step.request for step in bodies if step.accepts is None] == []
    on_disk = {file.relative_to(FOLDER).as_posix() for file in (FOLDER / "receivers").iterdir()}
    assert on_disk == {step.accepts for step in bodies}


@pytest.mark.parametrize("name", sorted(RECEIVERS))
def test_a_schema_names_the_public_page_that_it_is_written_from(name: str) -> None:
    schema = json.loads((FOLDER / name).read_text())
    assert "https://" in schema["$comment"]
    assert RECEIVERS[name].flaw is None


EVENT: dict[str, Any] = {
    "routing_key": "k",
    "event_action": "trigger",
    "payload": {"summary": "s", "source": "h", "severity": "info"},
}
HEADER = {"type": "header", "text": {"type": "plain_text", "text": "t"}}
CARD = {"type": "AdaptiveCard", "version": "1.4", "body": [{"type": "FactSet", "facts": [{"title": "t", "value": ""}]}]}


def slack(**block: Any) -> Any:
    return {"text": "t", "blocks": [block]}


def teams(card: Any) -> Any:
    return {
        "type": "message",
        "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "content": card}],
    }


@pytest.mark.parametrize(
    ("name", "taken", "refused"),
    [
        ("pagerduty", EVENT, EVENT | {"payload": {**EVENT["payload"], "summary": "s" * 1025}}),
        ("pagerduty", EVENT | {"dedup_key": "d" * 255}, EVENT | {"dedup_key": "d" * 256}),
        ("pagerduty", {**EVENT, "event_action": "resolve", "dedup_key": "d"}, {**EVENT, "event_action": "resolve"}),
        ("slack", slack(**HEADER), slack(type="header", text={"type": "plain_text", "text": "t" * 151})),
        ("slack", slack(**HEADER), slack(type="header", text={"type": "mrkdwn", "text": "t"})),
        ("slack", {"text": "t"}, {"text": ""}),
        (
            "slack",
            slack(type="section", text={"type": "mrkdwn", "text": "t" * 3000}),
            slack(type="section", text={"type": "mrkdwn", "text": "t" * 3001}),
        ),
        (
            "slack",
            slack(type="section", fields=[{"type": "plain_text", "text": "t" * 2000}] * 10),
            slack(type="section", fields=[{"type": "plain_text", "text": "t"}] * 11),
        ),
        ("slack", {"text": "t", "blocks": [HEADER] * 50}, {"text": "t", "blocks": [HEADER] * 51}),
        ("teams", teams(CARD), teams({**CARD, "body": [{"type": "FactSet", "facts": [{"title": "t"}]}]})),
        ("teams", teams(CARD), teams({**CARD, "body": [{"type": "Container", "style": "red", "items": []}]})),
        ("opsgenie-alert", {"message": "m" * 130}, {"message": "m" * 131}),
        ("opsgenie-alert", {"message": "m", "tags": ["t" * 50] * 20}, {"message": "m", "tags": ["t"] * 21}),
        ("opsgenie-alert", {"message": "m", "priority": "P5"}, {"message": "m", "priority": "P6"}),
        (
            "opsgenie-alert",
            {
                "message": "m",
                "responders": [{"type": "schedule", "name": "n"}],
                "visibleTo": [{"type": "team", "id": "i"}],
            },
            {"message": "m", "visibleTo": [{"type": "schedule", "name": "n"}]},
        ),
        ("opsgenie-close", {"source": "s" * 100}, {"source": "s" * 101}),
        ("servicenow", {"short_description": "s" * 160}, {"short_description": "s" * 161}),
        ("servicenow", {"state": "6", "close_code": "c", "close_notes": "n"}, {"state": "6"}),
        ("servicenow", {"u_own": "1"}, {"u_own": 1}),
        ("statuspage", {"component": {"status": "operational"}}, {"component": {"status": "down"}}),
    ],
)
def test_a_schema_takes_what_the_receivers_page_allows_and_no_more(name: str, taken: Any, refused: Any) -> None:
    schema = RECEIVERS[f"receivers/{name}.schema.json"]
    assert schema.refusals(taken) == []
    assert len(schema.refusals(refused)) == 1
