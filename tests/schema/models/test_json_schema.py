"""The JSON Schemas that editors use: they say what the models say."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML
from tests.schema.design_example import design_example
from tests.schema.strategies import BY_KIND

from tocsin_schema.models.json_schema import EXAMPLES, MODELS, json_schema, schema_text

KINDS = list(MODELS)
VALIDATORS = {kind: Draft202012Validator(json_schema(kind)) for kind in KINDS}
MONITOR: dict[str, Any] = {"kind": "monitor", "name": "m", "type": "Https"}
PROJECT: dict[str, Any] = {"kind": "project", "format": 1, "name": "p", "account": {"id": "1"}}


def integration(**more: Any) -> dict[str, Any]:
    steps = [{"request": {"url": "https://x.example", **more.pop("request", {})}, **more.pop("step", {})}]
    return {"kind": "integration", "name": "a", "messages": [{"types": ["error"], "steps": steps}], **more}


def alert(**level: Any) -> dict[str, Any]:
    return {"kind": "alert", "name": "a", "levels": [{"when": {"errors": 1}, **level}]}


def accepted(document: dict[str, Any]) -> bool:
    return bool(VALIDATORS[document["kind"]].is_valid(document))


def documents_of(folder: Path) -> list[dict[str, Any]]:
    yaml = YAML(typ="safe", pure=True)
    return [each for file in sorted(folder.rglob("*.yaml")) for each in yaml.load_all(file) if each is not None]


@pytest.mark.parametrize("kind", KINDS)
def test_each_schema_is_a_schema_of_draft_2020_12(kind: str) -> None:
    schema = json_schema(kind)
    Draft202012Validator.check_schema(schema)

    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["title"] == f"Tocsin {kind}"


@pytest.mark.parametrize("kind", KINDS)
def test_the_schema_files_are_current(kind: str, root: Path) -> None:
    file = root / "schema" / f"{kind}.schema.json"

    assert file.read_text(encoding="utf-8") == schema_text(json_schema(kind)), "run: tocsin schema --output schema"


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_the_schema_accepts_what_the_model_accepts(kind: str, data: st.DataObject) -> None:
    model_type, documents = BY_KIND[kind]
    document = data.draw(documents)

    assert model_type.model_validate(document).kind == kind
    assert list(VALIDATORS[kind].iter_errors(document)) == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_schema_accepts_the_example_of_the_design(kind: str) -> None:
    assert list(VALIDATORS[kind].iter_errors(design_example()[kind])) == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_example_in_the_schema_is_one(kind: str) -> None:
    assert json_schema(kind)["examples"] == [EXAMPLES[kind]]
    assert list(VALIDATORS[kind].iter_errors(EXAMPLES[kind])) == []
    assert BY_KIND[kind][0].model_validate(EXAMPLES[kind]).kind == kind


def test_the_schemas_accept_the_definitions_of_this_repository(root: Path) -> None:
    documents = documents_of(root / "definitions")

    assert {each["kind"] for each in documents} == set(KINDS)
    assert [each["name"] for each in documents if not accepted(each)] == []


@pytest.mark.parametrize(
    "document",
    [
        pytest.param({**MONITOR, "interval": "1m"}, id="monitor"),
        pytest.param({**PROJECT, "account": {"id": "1", "zone": "UTC"}}, id="account"),
        pytest.param({**alert(), "level": []}, id="alert"),
        pytest.param(alert(reminder={"max": 1, "every": "1m"}), id="level"),
        pytest.param(alert(when={"errors": 1, "error": 1}), id="condition"),
        pytest.param(integration(request={"header": {}}), id="request"),
        pytest.param(integration(step={"asserts": []}), id="step"),
        pytest.param(integration(step={"assert": [{"status": {"equals": 200}}]}), id="comparison"),
        pytest.param(integration(step={"capture": {"A": {"jsonpath": "$.a"}}}), id="capture"),
        pytest.param(integration(variables={"A": {"per_level": True, "default": "x"}}), id="variable"),
        pytest.param(integration(functions={"f": {"hash": "MD5", "salt": "x"}}), id="function"),
        pytest.param(integration(request={"auth": {"ntlm": {"username": "u", "password": "p"}}}), id="NTLM"),
    ],
)
def test_the_schema_refuses_an_unknown_key(document: dict[str, Any]) -> None:
    assert not accepted(document)


@pytest.mark.parametrize(
    "document",
    [
        pytest.param({**MONITOR, "name": "Shop Home"}, id="a name with a space"),
        pytest.param({**MONITOR, "type": "Http2"}, id="an unknown type"),
        pytest.param({**MONITOR, "check_interval": "5 minutes"}, id="a duration in words"),
        pytest.param({**MONITOR, "generate_alerts": "yes"}, id="a text for a truth value"),
        pytest.param({**MONITOR, "custom_fields": {"A(1)": "x"}}, id="a custom field with brackets"),
        pytest.param({**PROJECT, "format": 2}, id="a format to come"),
        pytest.param({**PROJECT, "targets": {"t": {"type": "other"}}}, id="an unknown target"),
        pytest.param({**alert(), "levels": []}, id="no level"),
        pytest.param({**alert(), "levels": alert()["levels"] * 5}, id="a fifth level"),
        pytest.param(alert(when={"errors": 0}), id="no error"),
        pytest.param({**integration(), "messages": []}, id="no message"),
        pytest.param(integration(variables={"my variable": "x"}), id="a variable with a space"),
        pytest.param(integration(request={"headers": {"a b": "x"}}), id="a header with a space"),
        pytest.param(integration(functions={"f": {"hash": "CRC32"}}), id="an unknown hash"),
        pytest.param(integration(step={"retry": {"attempts": 11, "wait": "1s"}}), id="eleven attempts"),
    ],
)
def test_the_schema_refuses_what_no_model_takes(document: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        BY_KIND[document["kind"]][0].model_validate(document)

    assert not accepted(document)


def test_a_variable_may_be_written_short() -> None:
    assert accepted(integration(variables={"ApiUrl": "https://x.example"}))
    assert accepted(integration(variables={"ApiUrl": {"value": "https://x.example"}, "A": {"per_level": True}}))
    assert not accepted(integration(variables={"ApiUrl": 5}))


def properties(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every property of the schema and of the parts that it defines."""
    for name, part in {"": schema, **schema.get("$defs", {})}.items():
        for key, described in part.get("properties", {}).items():
            yield f"{name}.{key}", described


@pytest.mark.parametrize("kind", KINDS)
def test_an_editor_can_explain_every_key(kind: str) -> None:
    schema = json_schema(kind)
    explained = dict(properties(schema))

    assert [key for key, described in explained.items() if not described.get("description")] == []
    assert schema["description"]
    assert all(part.get("description") or name == "JsonValue" for name, part in schema.get("$defs", {}).items())


def test_descriptions_are_for_people_who_write_yaml() -> None:
    texts = [json.dumps(json_schema(kind)) for kind in KINDS]

    assert not any("json_" in text or "assert_" in text or "pydantic" in text for text in texts)


def test_there_is_no_schema_of_another_kind() -> None:
    with pytest.raises(KeyError):
        json_schema("check")
