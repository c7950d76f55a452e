"""What the models refuse to guess: no key that they don't know, no value of another type, no change afterwards."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError
from tests.schema.strategies import BY_KIND

from tocsin_schema.models import (
    Alert,
    Assertion,
    Capture,
    Integration,
    Level,
    Monitor,
    Project,
    Request,
    Retry,
    Sample,
    Step,
)

ALERT: dict[str, Any] = {"kind": "alert", "name": "a", "levels": [{"when": {"errors": 1}}]}
MONITOR: dict[str, Any] = {"kind": "monitor", "name": "m", "type": "Https"}
PROJECT: dict[str, Any] = {"kind": "project", "format": 1, "name": "p", "account": {"id": "1"}}


@pytest.mark.parametrize(
    ("model_type", "document"),
    [
        pytest.param(Level, {"when": {"errors": "1"}}, id="a text for a number"),
        pytest.param(Level, {"when": {"errors": 1.0}}, id="a fraction for a whole number"),
        pytest.param(Level, {"when": {"errors": True}}, id="true for a number"),
        pytest.param(Level, {"when": {"errors": 1}, "active": 1}, id="1 for true"),
        pytest.param(Level, {"when": {"errors": 1}, "active": "yes"}, id="yes for true"),
        pytest.param(Level, {"when": {"errors": 1}, "message": 7}, id="a number for a text"),
        pytest.param(Level, {"when": {"errors": 1}, "operators": "jan"}, id="a text for a list"),
        pytest.param(Level, {"when": {"error_for": 90}}, id="seconds for a duration"),
        pytest.param(Retry, {"attempts": True, "wait": "1s"}, id="true for attempts"),
        pytest.param(Assertion, {"status": {"not_empty": 1}}, id="1 for not_empty"),
        pytest.param(Assertion, {"status": {"not_empty": False}}, id="not_empty: false"),
        pytest.param(Assertion, {"status": {"less_than": "5"}}, id="a text for a bound"),
        pytest.param(Assertion, {"status": {"less_than": True}}, id="true for a bound"),
        pytest.param(Assertion, {"body": {"contains": 5}}, id="a number for a part of a text"),
        pytest.param(Capture, {"status": 1}, id="1 for a capture's true"),
        pytest.param(Capture, {"status": "true"}, id="a text for a capture's true"),
        pytest.param(Project, {**PROJECT, "format": True}, id="true for the format"),
        pytest.param(Project, {**PROJECT, "format": 1.0}, id="1.0 for the format"),
        pytest.param(Project, {**PROJECT, "format": 2}, id="a format to come"),
        pytest.param(Project, {**PROJECT, "account": {"id": 299840}}, id="a number for an id"),
        pytest.param(Project, {**PROJECT, "rules": {"TOC503": False}}, id="false for off"),
        pytest.param(Monitor, {**MONITOR, "custom_fields": {"Floor": 3}}, id="a number for a custom field"),
        pytest.param(Monitor, {**MONITOR, "guid": "849b2046"}, id="a part of a guid"),
        pytest.param(Monitor, {**MONITOR, "groups": None}, id="nothing for a list"),
        pytest.param(Sample, {"kind": "sample", "name": "s", "set": {"@monitor.notes": None}}, id="nothing for a text"),
        pytest.param(Request, {"url": "x", "json": {1: "a"}}, id="a number for a key"),
        pytest.param(Request, {"url": ""}, id="an empty URL"),
        pytest.param(Step, {"delay": "5"}, id="a delay without a unit"),
        pytest.param(Integration, {**ALERT, "kind": "integration"}, id="another kind's document"),
        pytest.param(Alert, {**ALERT, "kind": "monitor"}, id="another kind"),
    ],
)
def test_nothing_is_guessed(model_type: type[BaseModel], document: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        model_type.model_validate(document)


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return the path of every mapping in a document whose keys the model fixes."""
    free = {
        "variables",
        "functions",
        "capture",
        "headers",
        "json",
        "mapping",
        "custom_fields",
        "set",
        "targets",
        "rules",
    }
    found = []
    if isinstance(value, dict):
        if not path or path[-1] not in free:
            found.append(path)
        for key, item in value.items():
            if key != "json" or "path" in (item if isinstance(item, dict) else {}):
                found += places(item, (*path, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            found += places(item, (*path, number))
    return found


def with_unknown_key(value: Any, path: tuple[str | int, ...]) -> Any:
    """Return the document with one more key in the mapping at `path`."""
    if not path:
        return {**value, "surprise": None}
    if isinstance(value, list):
        return [with_unknown_key(item, path[1:]) if at == path[0] else item for at, item in enumerate(value)]
    return {key: with_unknown_key(item, path[1:]) if key == path[0] else item for key, item in value.items()}


@pytest.mark.parametrize("kind", list(BY_KIND))
@given(data=st.data())
def test_an_unknown_key_is_refused_at_every_depth(kind: str, data: st.DataObject) -> None:
    model_type, documents = BY_KIND[kind]
    document = data.draw(documents)
    path = data.draw(st.sampled_from(places(document)))
    with pytest.raises(ValidationError) as refused:
        model_type.model_validate(with_unknown_key(document, path))

    assert "surprise" in str(refused.value) or "exactly one of mapping, regex, hash" in str(refused.value)


def test_a_document_never_changes() -> None:
    alert = Alert.model_validate(ALERT)
    with pytest.raises(ValidationError, match="frozen"):
        alert.active = False  # type: ignore[misc]
    with pytest.raises(ValidationError, match="frozen"):
        alert.levels[0].message = "x"  # type: ignore[misc]

    assert isinstance(alert.levels, tuple)
    assert alert == Alert.model_validate(ALERT)


def test_what_may_be_left_out_may_be_nothing_too() -> None:
    document = {**MONITOR, "title": None, "description": None, "guid": None, "check_interval": None}

    assert Monitor.model_validate(document) == Monitor.model_validate(MONITOR)


def test_what_is_left_out_has_its_default() -> None:
    monitor = Monitor.model_validate(MONITOR)
    level = Alert.model_validate(ALERT).levels[0]
    request = Request.model_validate({"url": "x"})
    account = Project.model_validate(PROJECT).account

    assert (monitor.generate_alerts, monitor.url, monitor.notes, monitor.groups) == (True, "", "", ())
    assert (level.active, level.message, level.reminders, level.integrations) == (True, "", None, ())
    assert (request.method, request.headers, request.auth, request.body) == ("POST", {}, None, None)
    assert (account.time_zone, account.culture) == ("UTC", "en-US")
