"""Canonical JSON: one text and one digest for one meaning."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.schema.strategies import BY_KIND, json_values

from tocsin_schema.models import Alert, Integration, Monitor, Project
from tocsin_schema.models.canonical import canonical, canonical_json, digest

MODELS = {kind: model for kind, (model, _) in BY_KIND.items()}


def digest_of(document: dict[str, Any]) -> str:
    return digest(canonical(MODELS[document["kind"]].model_validate(document)))


def alert(**level: Any) -> dict[str, Any]:
    return {"kind": "alert", "name": "down", "levels": [{"when": {"errors": 1}, **level}]}


def integration(**request: Any) -> dict[str, Any]:
    steps = [{"request": {"url": "https://x.example", **request}}]
    return {"kind": "integration", "name": "chat", "messages": [{"types": ["error"], "steps": steps}]}


@pytest.mark.parametrize("kind", ["integration", "alert", "monitor", "sample"])
@given(data=st.data())
def test_the_canonical_document_reads_as_the_model_that_it_came_from(kind: str, data: st.DataObject) -> None:
    model_type, documents = BY_KIND[kind]
    model = model_type.model_validate(data.draw(documents))

    assert model_type.model_validate(canonical(model)) == model
    assert model_type.model_validate(json.loads(canonical_json(canonical(model)))) == model


@given(BY_KIND["project"][1])
def test_the_canonical_project_reads_as_the_project_without_its_targets(document: dict[str, Any]) -> None:
    model = Project.model_validate(document)

    assert Project.model_validate(canonical(model)) == model.model_copy(update={"targets": {}})


@pytest.mark.parametrize("kind", list(BY_KIND))
@given(data=st.data())
def test_a_canonical_document_is_its_own_canonical_document(kind: str, data: st.DataObject) -> None:
    model_type, documents = BY_KIND[kind]
    once = canonical(model_type.model_validate(data.draw(documents)))

    assert canonical_json(canonical(model_type.model_validate(once))) == canonical_json(once)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(alert(when={"error_for": "90s"}), alert(when={"error_for": "1m30s"}), id="durations"),
        pytest.param(alert(when={"error_for": "60m"}), alert(when={"error_for": "1h"}), id="whole hours"),
        pytest.param(
            alert(), alert(active=True, message="", reminders=None, integrations=[]), id="defaults of a level"
        ),
        pytest.param(
            integration(), integration(method="POST", headers={}, auth=None, body=None), id="defaults of a request"
        ),
        pytest.param(
            integration(json={"a": 1, "b": {"c": 2, "d": 3}}),
            integration(json={"b": {"d": 3, "c": 2}, "a": 1}),
            id="key order",
        ),
        pytest.param(
            {**integration(), "variables": {"A": "x"}},
            {**integration(), "variables": {"A": {"value": "x", "per_level": False}}},
            id="the short form of a variable",
        ),
        pytest.param(
            {"kind": "monitor", "name": "m", "type": "Https"},
            {"type": "Https", "title": None, "generate_alerts": True, "groups": [], "name": "m", "kind": "monitor"},
            id="defaults of a monitor",
        ),
    ],
)
def test_documents_that_mean_the_same_have_one_digest(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert digest_of(one) == digest_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(alert(when={"errors": 1}), alert(when={"errors": 2}), id="a number"),
        pytest.param(alert(), alert(active=False), id="a flag"),
        pytest.param(alert(operators=["a", "b"]), alert(operators=["b", "a"]), id="the order of a list"),
        pytest.param(integration(json={"a": True}), integration(json={"a": 1}), id="true and 1"),
        pytest.param(integration(json={"a": "1"}), integration(json={"a": 1}), id="a text and a number"),
        pytest.param(integration(json={"a": None}), integration(json={}), id="null and nothing in a body"),
        pytest.param(integration(body=""), integration(), id="an empty body and none"),
        pytest.param(
            {**integration(), "variables": {"A": ""}},
            {**integration(), "variables": {"A": {"per_level": True}}},
            id="an empty variable and one of the level",
        ),
    ],
)
def test_documents_that_mean_something_else_have_another_digest(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert digest_of(one) != digest_of(other)


def test_where_to_sync_to_is_no_part_of_what_is_synced() -> None:
    project: dict[str, Any] = {"kind": "project", "format": 1, "name": "shop", "account": {"id": "1"}}
    target = {"type": "dispatcher", "url": "https://tocsin.example.com", "token": {"env": "TOCSIN_TOKEN"}}

    assert digest_of(project) == digest_of({**project, "targets": {"local": target}})
    assert "targets" not in canonical(Project.model_validate({**project, "targets": {"local": target}}))


def test_keys_are_as_people_write_them() -> None:
    assertion = {"json": {"path": "$.id", "equal": 1}}
    document = integration(json={"a": 1})
    document["messages"][0]["steps"][0]["assert"] = [assertion]
    messages: Any = canonical(Integration.model_validate(document))["messages"]
    step = messages[0]["steps"][0]

    assert step == {"request": {"url": "https://x.example", "json": {"a": 1}}, "assert": [assertion]}


def test_what_is_not_stated_is_left_out() -> None:
    assert canonical(Monitor.model_validate({"kind": "monitor", "name": "m", "type": "Ping"})) == {
        "kind": "monitor",
        "name": "m",
        "type": "Ping",
    }
    assert canonical(Alert.model_validate(alert())) == alert()


@given(json_values)
def test_canonical_json_is_json_of_the_same_value(value: Any) -> None:
    text = canonical_json(value)

    assert json.loads(text) == value
    assert canonical_json(json.loads(text)) == text


def test_canonical_json_has_sorted_keys_no_spaces_and_readable_letters() -> None:
    assert canonical_json({"b": [1, "é"], "a": None}) == '{"a":null,"b":[1,"é"]}'


def test_a_digest_is_64_hex_digits_whatever_a_text_holds() -> None:
    assert digest({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    assert len(digest("half a character \ud800")) == 64


def test_a_number_that_json_lacks_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        canonical_json(float("nan"))
