"""Which keys a document may have at a place, as its model says: for did-you-mean."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from pydantic import BaseModel

from tocsin_schema.findings import Path

Schema = dict[str, Any]


def known_keys(model_type: type[BaseModel], path: Path, given: object) -> list[str]:
    """Return the keys that the model knows at `path`, sorted; none where any key will do.

    `given` is what stands there: of several forms that are possible, those that it can't be are left out.
    """
    schema = _schema(model_type)
    definitions = schema.get("$defs", {})
    nodes = [schema]
    for part in path:
        nodes = [child for node in nodes for child in _children(node, part, definitions)]
    forms = [form for node in nodes for form in _resolved(node, definitions) if form.get("properties")]
    fitting = [form for form in forms if not _contradicts(form, given)] or forms
    fitting = [form for form in fitting if _has_all(form, given)] or fitting
    likeness = [_likeness(form, given) for form in fitting]
    likest = [form for form, each in zip(fitting, likeness, strict=True) if each == max(likeness)]
    return sorted({key for form in likest for key in form["properties"]})


@lru_cache(maxsize=16)
def _schema(model_type: type[BaseModel]) -> Schema:
    return model_type.model_json_schema(by_alias=True)


def _children(node: Schema, part: str | int, definitions: Schema) -> Iterator[Schema]:
    for each in _resolved(node, definitions):
        if isinstance(part, int):
            if isinstance(each.get("items"), dict):
                yield each["items"]
        elif part in each.get("properties", {}):
            yield each["properties"][part]
        elif isinstance(each.get("additionalProperties"), dict):
            yield each["additionalProperties"]
        else:
            yield from each.get("patternProperties", {}).values()


def _resolved(node: Schema, definitions: Schema) -> Iterator[Schema]:
    if "$ref" in node:
        node = definitions[node["$ref"].rpartition("/")[2]]
    yield node
    for each in (*node.get("anyOf", ()), *node.get("oneOf", ())):
        yield from _resolved(each, definitions)


def _contradicts(form: Schema, given: object) -> bool:
    """Whether a key that this form fixes, such as a target's `type`, is given with another value."""
    if not isinstance(given, dict):
        return False
    return any(
        "const" in each and key in given and given[key] != each["const"] for key, each in form["properties"].items()
    )


def _has_all(form: Schema, given: object) -> bool:
    """Whether all the keys that this form requires are given."""
    return isinstance(given, dict) and given.keys() >= set(form.get("required", ()))


def _likeness(form: Schema, given: object) -> int:
    return sum(key in form["properties"] for key in given) if isinstance(given, dict) else 0
