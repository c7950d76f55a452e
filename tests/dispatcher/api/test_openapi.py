"""The description of the API."""

import json
import re
from typing import Any

import pytest
from tests.dispatcher.conftest import RunningDispatcher

DATABASES = ("sqlite",)

Operation = tuple[str, dict[str, Any]]


@pytest.fixture
async def document(running_dispatcher: RunningDispatcher) -> dict[str, Any]:
    """Return the description."""
    described: dict[str, Any] = (await running_dispatcher.client.get("/openapi.json")).json()
    return described


@pytest.fixture
def operations(document: dict[str, Any]) -> list[Operation]:
    """Return every call that needs a token."""
    return [
        (f"{method.upper()} {path}", operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if path not in ("/healthz", "/readyz")
    ]


def test_it_speaks_of_nothing_that_it_does_not_describe(document: dict[str, Any]) -> None:
    names = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(document)))
    assert names <= set(document["components"]["schemas"])
    assert "Checkpoint" in names


def test_every_call_says_what_it_gives_and_how_it_says_no(operations: list[Operation]) -> None:
    for name, operation in operations:
        answers = operation["responses"]
        assert {"401", "403", "422", "503"} <= set(answers), name
        assert operation["security"], name
        for status, answer in answers.items():
            assert answer["description"] not in ("", "Successful Response" if status >= "300" else ""), (name, status)
            if status >= "400":
                schema = answer["content"]["application/json"]["schema"]["$ref"]
                assert "HTTPValidationError" not in schema, (name, status)


def test_calls_with_a_body_say_what_they_take_and_that_it_may_be_too_large(operations: list[Operation]) -> None:
    bodies = {name: operation for name, operation in operations if "requestBody" in operation}
    assert set(bodies) == {
        "PUT /api/v1/definitions",
        "POST /api/v1/definitions/plan",
        "POST /api/v1/checks",
        "POST /api/v1/integrations/{name}/test",
        "POST /api/v1/incidents/{key}/acknowledge",
        "POST /api/v1/silences",
        "POST /api/v1/deliveries/resend",
    }
    assert all({"400", "408", "413"} <= set(operation["responses"]) for operation in bodies.values())


def test_a_refused_push_is_described_with_its_findings(document: dict[str, Any]) -> None:
    answers = document["paths"]["/api/v1/definitions"]["put"]["responses"]
    assert answers["409"]["content"]["application/json"]["schema"]["$ref"].endswith("/ConflictBody")
    assert answers["422"]["content"]["application/json"]["schema"]["$ref"].endswith("/InvalidDefinitions")
    finding = document["components"]["schemas"]["FindingShown"]["properties"]
    assert {"code", "message", "pointer", "start", "end", "help"} <= set(finding)
