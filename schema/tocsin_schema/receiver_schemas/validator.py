"""Validators that count what they do: jsonschema's, with every keyword counted, expressions on RE2, and no way out.

Where the library goes on with another part of a schema, below a reference or in `unevaluatedProperties`, it takes the
validator of the draft that `$schema` names there, which is its own again. Ours stays ours, whatever is named.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from tocsin_schema.receiver_schemas.expressions import is_found, search_steps
from tocsin_schema.receiver_schemas.followed import Followed
from tocsin_schema.receiver_schemas.steps import Keyword, Steps

if TYPE_CHECKING:
    from pydantic import JsonValue


def draft(schema: JsonValue) -> Any:
    """Return jsonschema's class for a schema's draft."""
    from jsonschema import Draft202012Validator, validators

    validator_for: Any = validators.validator_for
    return validator_for(schema, default=Draft202012Validator)


def counting_validator(schema: JsonValue, steps: Steps, followed: Followed) -> Any:
    """Return a validator of a schema that counts its steps and the references that it follows."""
    from jsonschema import validators
    from referencing import Registry

    base: Any = draft(schema)
    extend: Any = validators.extend
    keywords: dict[str, Keyword] = {
        **base.VALIDATORS,
        "pattern": _pattern(steps),
        "properties": _properties,
        "patternProperties": _pattern_properties(steps),
        "additionalProperties": _additional(steps),
    }
    for name in ("$ref", "$dynamicRef", "$recursiveRef"):
        if name in base.VALIDATORS:
            keywords[name] = followed.counted(name, base.VALIDATORS[name])
    counted = {name: steps.counted(name, keyword) for name, keyword in keywords.items() if name in base.VALIDATORS}
    ours: Any = extend(base, counted)
    ours.evolve = _evolving(ours, steps)
    return ours(schema, registry=Registry())  # it knows nothing else, and fetches nothing


def _evolving(ours: Any, steps: Steps) -> Any:
    """Return what makes a validator for another part of a schema; jsonschema's own would look at its `$schema`."""
    from attrs import fields

    names = [(each.name, each.alias) for each in fields(ours) if each.init]

    def evolve(self: Any, **changes: Any) -> Any:
        schema = changes.setdefault("schema", self.schema)
        steps.take(1 + (len(schema) // 4 if isinstance(schema, dict) else 0))
        for name, given in names:
            if given not in changes:
                changes[given] = getattr(self, name)
        return ours(**changes)

    return evolve


def _pattern(steps: Steps) -> Keyword:
    def pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[Any]:
        from jsonschema import ValidationError

        if isinstance(instance, str):
            steps.take(search_steps(pattern, instance))
            if not is_found(pattern, instance):
                yield ValidationError("does not match")

    return pattern


def _properties(validator: Any, properties: Mapping[str, Any], instance: Any, schema: Any) -> Iterator[Any]:
    """Judge as JSON Schema says, and tell of a property that is refused altogether at its place."""
    from jsonschema import ValidationError

    for key, inner in properties.items() if isinstance(instance, dict) else ():
        if key in instance and inner is False:
            yield ValidationError("not taken", path=(key,))
        elif key in instance:
            yield from validator.descend(instance[key], inner, path=key, schema_path=key)


def _pattern_properties(steps: Steps) -> Keyword:
    def judged(validator: Any, patterns: Mapping[str, Any], instance: Any, schema: Any) -> Iterator[Any]:
        for pattern, inner in patterns.items() if isinstance(instance, dict) else ():
            for key, value in instance.items():
                steps.take(search_steps(pattern, key))
                if is_found(pattern, key):
                    yield from validator.descend(value, inner, path=key, schema_path=pattern)

    return judged


def _additional(steps: Steps) -> Keyword:
    def judged(validator: Any, inner: Any, instance: Any, schema: Mapping[str, Any]) -> Iterator[Any]:
        from jsonschema import ValidationError

        patterns = schema.get("patternProperties", {})
        for key, value in instance.items() if isinstance(instance, dict) else ():
            steps.take(sum(search_steps(pattern, key) for pattern in patterns))
            if key in schema.get("properties", {}) or any(is_found(pattern, key) for pattern in patterns):
                continue
            if inner is False:
                yield ValidationError("not known", path=(key,))
            else:
                yield from validator.descend(value, inner, path=key)

    return judged
