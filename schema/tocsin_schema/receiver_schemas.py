"""What a receiver takes, as a JSON Schema: given with the definitions, since nothing here reads files or fetches.

No schema can hang a check: expressions run on RE2, references stay inside the schema and are followed a limited
number of times.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tocsin_schema.errors import ContractError
from tocsin_schema.text.suggest import cut

if TYPE_CHECKING:
    from pydantic import JsonValue

MOST_REFERENCES = 20_000
"""References that are followed for one body; schemas that lead back to themselves or double at each step have more."""

DATA = frozenset({"const", "default", "enum", "examples"})
"""Keywords whose values are data, not schemas."""

REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
DRAFT = "https://json-schema.org/draft/2020-12/schema"
DRAFTS = (
    DRAFT,
    "https://json-schema.org/draft/2019-09/schema",
    *(f"http://json-schema.org/draft-0{number}/schema" for number in (7, 6, 4)),
)


@dataclass(frozen=True)
class ReceiverSchema:
    """The content of the file that an integration names under `accepts`; `unread` says why there is none, and what to do."""

    value: JsonValue = None
    unread: tuple[str, str | None] | None = None

    @cached_property
    def flaw(self) -> tuple[str, str | None] | None:
        """Why it can't be judged by, and what to do about it; None where it can."""
        if self.unread is not None:
            return self.unread
        if not isinstance(self.value, dict):
            return "it is no JSON Schema: it holds no object", None
        try:
            reason = next(_unusable(self.value), None) or _invalid(self.value)
        except RecursionError:
            return "it is nested too deeply", None
        return reason

    def refusals(self, body: JsonValue) -> list[Refusal]:
        """Return what a receiver of this schema refuses in a body. Raises SchemaFailedError where that can't be found out.

        The schema has no `flaw`.
        """
        from jsonschema.exceptions import best_match
        from referencing.exceptions import Unresolvable

        try:
            self._followed.start()
            errors = list(self._validator.iter_errors(body))
            worst = [best_match([each]) for each in errors]
        except RecursionError as error:
            raise SchemaFailedError("it leads back to itself without end") from error
        except Unresolvable as error:
            raise SchemaFailedError(f"its reference `{cut(str(error.ref))}` leads nowhere") from error
        found: dict[tuple[Any, ...], Refusal] = {}  # of several keys that are missing each is an error of its own
        for each in worst:
            if each is not None:
                refusal = Refusal(tuple(each.absolute_path), str(each.validator), each.validator_value, each.instance)
                found.setdefault((refusal.path, refusal.keyword, repr(refusal.limit)), refusal)
        return list(found.values())

    @cached_property
    def _followed(self) -> _Followed:
        return _Followed(remembers=_is_one_resource(self.value))

    @cached_property
    def _validator(self) -> Any:
        """A validator of the schema's draft that follows no more than so many references."""
        from jsonschema import validators
        from referencing import Registry

        extend: Any = validators.extend
        base = _draft(self.value)
        references = {
            each: self._followed.counted(each, base.VALIDATORS[each]) for each in REFERENCES if each in base.VALIDATORS
        }
        keywords = {
            "pattern": _pattern,
            "properties": _properties,
            "patternProperties": _pattern_properties,
            "additionalProperties": _additional,
        }
        return extend(base, {**keywords, **references})(
            self.value, registry=Registry()
        )  # it knows nothing else, and fetches nothing


@dataclass(frozen=True, slots=True)
class Refusal:
    """One thing that a receiver refuses: the path into the body, the keyword of the schema, its value, and what stands there."""

    path: tuple[str | int, ...]
    keyword: str
    limit: Any
    found: Any


class _Followed:
    """How many references were followed for one body, and which of them led to what takes a value.

    What a reference led to is not judged again by the same value, but counted as if it were: a schema that doubles
    at each step costs what one that does not would. That holds where a reference always leads to the same place,
    whatever led to it: in a schema of one resource.
    """

    def __init__(self, *, remembers: bool) -> None:
        self._remembers = remembers
        self.start()

    def start(self) -> None:
        """Begin with another body."""
        self._count = 0
        self._taken: dict[tuple[str, str, int], tuple[Any, int]] = {}
        """The value, so that no other has its number, and how many references it took, by keyword, reference and value."""

    def counted(self, name: str, keyword: Any) -> Any:
        """Return the keyword's function with a limit on how often it is called."""

        def reference(validator: Any, ref: Any, instance: Any, schema: Any) -> Iterator[Any]:
            key = (name, str(ref), id(instance))
            known = self._taken.get(key)
            if known is not None:
                self._add(known[1])
                return
            before = self._count
            self._add(1)
            refused = False
            for error in keyword(validator, ref, instance, schema):
                refused = True
                yield error
            if self._remembers and not refused:
                self._taken[key] = (instance, self._count - before)

        return reference

    def _add(self, number: int) -> None:
        self._count += number
        if self._count > MOST_REFERENCES:
            raise SchemaFailedError(f"more than {MOST_REFERENCES:,} references are followed for one body")


class SchemaFailedError(ContractError):
    """A schema by which nothing can be judged; the text says why."""


Receivers = Mapping[str, ReceiverSchema]
"""The schemas by the file names that definitions give."""


def _draft(schema: JsonValue) -> Any:
    from jsonschema import Draft202012Validator, validators

    validator_for: Any = validators.validator_for
    return validator_for(schema, default=Draft202012Validator)


def _invalid(schema: JsonValue) -> tuple[str, str | None] | None:
    """Return where a schema is none, by the schema of its draft."""
    from jsonschema.exceptions import SchemaError

    try:
        _draft(schema).check_schema(schema)
    except SchemaError as error:
        at = "/".join(str(part) for part in error.absolute_path)
        given = json.dumps(error.instance, ensure_ascii=False, default=str)
        return f"it is no valid JSON Schema: at `/{cut(at)}` no schema can have `{cut(given)}`", None
    return None


def _is_one_resource(schema: JsonValue) -> bool:
    """Whether no part of a schema has an identifier of its own, which would change where references in it lead."""
    waiting: list[JsonValue] = list(schema.values()) if isinstance(schema, dict) else []
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            if any(isinstance(value.get(name), str) for name in ("$id", "id")):
                return False
            waiting += value.values()
    return True


def _unusable(schema: dict[str, JsonValue]) -> Iterator[tuple[str, str | None]]:
    """Find what would fetch something, or run for ever."""
    stated = schema.get("$schema", DRAFT)
    if not isinstance(stated, str) or stated.removesuffix("#") not in DRAFTS:
        yield f"`$schema` names `{cut(str(stated))}`, which is not known", f"write `{DRAFT}`"
    waiting: list[JsonValue] = [schema]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            yield from _unusable_here(value)
            waiting += [item for key, item in value.items() if key not in DATA]


def _unusable_here(schema: dict[str, JsonValue]) -> Iterator[tuple[str, str | None]]:
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
    named = list(patterns) if isinstance(patterns, dict) else []
    for expression in [schema.get("pattern"), *named]:
        if isinstance(expression, str):
            reason = _expression_flaw(expression)
            if reason is not None:
                yield (
                    f"RE2 does not take the expression `{cut(expression)}`: {cut(reason)}",
                    "write it without lookaround",
                )


def _expression_flaw(expression: str) -> str | None:
    import re2

    try:
        re2.compile(expression, _quiet())
    except re2.error as error:
        reason = error.args[0]
        return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
    return None


def _quiet() -> Any:
    import re2

    options = re2.Options()
    options.log_errors = False
    return options


def _found(expression: str, text: str) -> bool:
    import re2

    return re2.compile(expression, _quiet()).search(text.encode("utf-8", "replace").decode()) is not None


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[Any]:
    from jsonschema import ValidationError

    if isinstance(instance, str) and not _found(pattern, instance):
        yield ValidationError("does not match")


def _properties(validator: Any, properties: Mapping[str, Any], instance: Any, schema: Any) -> Iterator[Any]:
    """Judge as JSON Schema says, and tell of a property that is refused altogether at its place."""
    from jsonschema import ValidationError

    for key, inner in properties.items() if isinstance(instance, dict) else ():
        if key in instance and inner is False:
            yield ValidationError("not taken", path=(key,))
        elif key in instance:
            yield from validator.descend(instance[key], inner, path=key, schema_path=key)


def _pattern_properties(validator: Any, patterns: Mapping[str, Any], instance: Any, schema: Any) -> Iterator[Any]:
    for pattern, inner in patterns.items() if isinstance(instance, dict) else ():
        for key, value in instance.items():
            if _found(pattern, key):
                yield from validator.descend(value, inner, path=key, schema_path=pattern)


def _additional(validator: Any, inner: Any, instance: Any, schema: Mapping[str, Any]) -> Iterator[Any]:
    from jsonschema import ValidationError

    patterns = schema.get("patternProperties", {})
    for key, value in instance.items() if isinstance(instance, dict) else ():
        if key in schema.get("properties", {}) or any(_found(pattern, key) for pattern in patterns):
            continue
        if inner is False:
            yield ValidationError("not known", path=(key,))
        else:
            yield from validator.descend(value, inner, path=key)
