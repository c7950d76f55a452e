"""JSON Schemas: of the five kinds, for editors and for other tools, and of any other document that has a model."""

import ast
import inspect
import json
import textwrap
from itertools import pairwise
from typing import Any

from pydantic import BaseModel, JsonValue
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from tocsin_schema.models import Alert, Integration, Monitor, Project, Sample

DIALECT = "https://json-schema.org/draft/2020-12/schema"

MODELS: dict[str, type[BaseModel]] = {
    "project": Project,
    "integration": Integration,
    "alert": Alert,
    "monitor": Monitor,
    "sample": Sample,
}

EXAMPLES: dict[str, JsonValue] = {
    "project": {
        "kind": "project",
        "format": 1,
        "name": "shop-alerting",
        "account": {"id": "299840", "time_zone": "America/Chicago", "culture": "en-US"},
        "vault": ["pagerduty"],
        "targets": {"local": {"type": "dispatcher", "url": "http://127.0.0.1:8737", "token": {"env": "TOCSIN_TOKEN"}}},
    },
    "integration": {
        "kind": "integration",
        "name": "chat",
        "variables": {"ApiUrl": "https://chat.example.com/hook"},
        "messages": [
            {
                "types": ["error", "reminder", "ok"],
                "steps": [{"request": {"url": "{{ApiUrl}}", "json": {"text": "{{@alert.description}}"}}}],
            }
        ],
    },
    "alert": {
        "kind": "alert",
        "name": "shop-down",
        "monitors": ["shop-home"],
        "levels": [{"when": {"errors": 2}, "integrations": [{"use": "chat"}]}],
    },
    "monitor": {
        "kind": "monitor",
        "name": "shop-home",
        "type": "Https",
        "url": "https://shop.example.com",
        "check_interval": "1m",
    },
    "sample": {"kind": "sample", "name": "quotes", "set": {"@monitor.notes": 'a "quote"'}},
}


class SchemaGenerator(GenerateJsonSchema):
    """Leaves out the titles that only repeat a key: an editor shows the key already."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Return False: no key has a title."""
        return False

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        """Refuse the keys that the pattern of a mapping's names doesn't match, as the models do."""
        described = super().dict_schema(schema)
        if "patternProperties" in described:
            described["additionalProperties"] = False
        return described

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """Describe each key by the docstring of its field."""
        described = super().model_schema(schema)
        model: type[BaseModel] = schema["cls"]
        documented = field_docstrings(model)
        for name, field in model.model_fields.items():
            shown = described.get("properties", {}).get(field.alias or name)
            if shown is not None and name in documented:
                shown["description"] = documented[name]
        return described

    def generate(self, schema: CoreSchema, mode: JsonSchemaMode = "validation") -> JsonSchemaValue:
        """Return the schema with its dialect."""
        return {"$schema": DIALECT, **super().generate(schema, mode)}


def field_docstrings(model: type[BaseModel]) -> dict[str, str]:
    """Return the docstring under each field of a model, those of its bases included."""
    found: dict[str, str] = {}
    for each in reversed(model.__mro__):
        if issubclass(each, BaseModel) and each is not BaseModel:
            definition = ast.parse(textwrap.dedent(inspect.getsource(each))).body[0]
            assert isinstance(definition, ast.ClassDef)  # noqa: S101  # the source of a class
            for field, below in pairwise(definition.body):
                match (field, below):
                    case (
                        ast.AnnAssign(target=ast.Name(id=name)),
                        ast.Expr(value=ast.Constant(value=str() as text)),
                    ):
                        found[name] = inspect.cleandoc(text)
    return found


def model_schema(model: type[BaseModel], title: str) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of what a model takes; docstrings explain it and its keys."""
    schema = model.model_json_schema(by_alias=True, schema_generator=SchemaGenerator)
    return {
        "$schema": schema.pop("$schema"),
        "title": title,
        **{key: value for key, value in schema.items() if key != "title"},
    }


def json_schema(kind: str) -> dict[str, Any]:
    """Return the JSON Schema of a kind; raises KeyError where there is no such kind."""
    return {**model_schema(MODELS[kind], f"Tocsin {kind}"), "examples": [EXAMPLES[kind]]}


def schema_text(schema: dict[str, Any]) -> str:
    """Return a schema as the text of its file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
