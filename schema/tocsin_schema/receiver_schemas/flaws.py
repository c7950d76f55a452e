"""Why nothing can be judged by a schema: it is none, it would fetch something, or what it says is not supported."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tocsin_schema.receiver_schemas.expressions import expression_flaw
from tocsin_schema.receiver_schemas.refusal import Flaw
from tocsin_schema.receiver_schemas.validator import draft
from tocsin_schema.text.suggest import cut

if TYPE_CHECKING:
    from pydantic import JsonValue

DATA = frozenset({"const", "default", "enum", "examples"})
"""Keywords whose values are data, not schemas."""

NAMED = frozenset(
    {"$defs", "definitions", "dependencies", "dependentRequired", "dependentSchemas", "patternProperties", "properties"}
)
"""Keywords whose values have names for keys, whatever these are: a property may be called `enum`."""

REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
DRAFT = "https://json-schema.org/draft/2020-12/schema"
DRAFTS = (
    DRAFT,
    "https://json-schema.org/draft/2019-09/schema",
    *(f"http://json-schema.org/draft-0{number}/schema" for number in (7, 6, 4)),
)


def schema_flaw(schema: dict[str, JsonValue]) -> Flaw | None:
    """Return why nothing can be judged by a schema, None where it can. What it takes grows with the schema."""
    try:
        return next(_unusable(schema), None) or _invalid(schema)
    except RecursionError:
        return "it is nested too deeply", None


def expressions_of(schema: JsonValue) -> Iterator[str]:
    """Yield the regular expressions of a schema, and perhaps others, where data are called as keywords are."""
    waiting = [schema]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield from _expressions_here(value)
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value


def _expressions_here(schema: dict[str, JsonValue]) -> Iterator[str]:
    patterns = schema.get("patternProperties")
    yield from (
        each
        for each in [schema.get("pattern"), *(patterns if isinstance(patterns, dict) else ())]
        if isinstance(each, str)
    )


def _invalid(schema: JsonValue) -> Flaw | None:
    """Return where a schema is none, by the schema of its draft."""
    from jsonschema.exceptions import SchemaError

    try:
        draft(schema).check_schema(schema)
    except SchemaError as error:
        at = "/".join(str(part) for part in error.absolute_path)
        given = json.dumps(error.instance, ensure_ascii=False, default=str)
        return f"it is no valid JSON Schema: at `/{cut(at)}` no schema can have `{cut(given)}`", None
    return None


def _unusable(schema: dict[str, JsonValue]) -> Iterator[Flaw]:
    """Find what would fetch something, or is judged otherwise than it says."""
    stated = schema.get("$schema", DRAFT)
    if not isinstance(stated, str) or stated.removesuffix("#") not in DRAFTS:
        yield f"`$schema` names `{cut(str(stated))}`, which is not known", f"write `{DRAFT}`"
    waiting: list[tuple[JsonValue, bool]] = [(schema, False)]
    while waiting:
        value, named = waiting.pop()
        if isinstance(value, list):
            waiting += ((item, False) for item in value)
        elif isinstance(value, dict) and named:
            waiting += ((item, False) for item in value.values())
        elif isinstance(value, dict):
            if value is not schema:
                yield from _of_another_draft(value, stated)
            yield from _unusable_here(value)
            waiting += ((item, key in NAMED) for key, item in value.items() if key not in DATA)


def _of_another_draft(part: dict[str, JsonValue], stated: JsonValue) -> Iterator[Flaw]:
    own = part.get("$schema", stated)
    if isinstance(own, str) and own.removesuffix("#") != str(stated).removesuffix("#"):
        yield f"a part of it names `{cut(own)}` under `$schema`: all of a schema is of one draft", "remove it there"


def _unusable_here(schema: dict[str, JsonValue]) -> Iterator[Flaw]:
    for keyword in REFERENCES:
        reference = schema.get(keyword)
        if isinstance(reference, str) and not reference.startswith("#"):
            yield (
                f"`{keyword}` leads to `{cut(reference)}`, and nothing is fetched",
                "copy what it leads to in, under `$defs`, and refer to `#/$defs/NAME`",
            )
    patterns = schema.get("patternProperties")
    if isinstance(patterns, dict) and "unevaluatedProperties" in schema:
        yield "`unevaluatedProperties` beside `patternProperties` is not supported", "use `additionalProperties`"
    for expression in _expressions_here(schema):
        reason = expression_flaw(expression)
        if reason is not None:
            yield (
                f"RE2 does not take the expression `{cut(expression)}`: {cut(reason)}",
                "write it without lookaround",
            )
