"""The references that are followed for one body."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tocsin_schema.receiver_schemas.refusal import SchemaFailedError
from tocsin_schema.receiver_schemas.steps import Keyword

if TYPE_CHECKING:
    from pydantic import JsonValue

MOST_REFERENCES = 20_000
"""References that are followed for one body; schemas that lead back to themselves or double at each step have more."""


class Followed:
    """How many references were followed for one body, and which of them led to what takes a value.

    What a reference led to is not judged again by the same value, but counted as if it were: a schema that doubles
    at each step costs what one that does not would. That holds where a reference always leads to the same place,
    whatever led to it: in a schema of one resource.
    """

    def __init__(self, *, remembers: bool) -> None:
        """`remembers` says that the schema is of one resource."""
        self._remembers = remembers
        self.start()

    def start(self) -> None:
        """Begin with another body."""
        self._count = 0
        self._taken: dict[tuple[str, str, int], tuple[Any, int]] = {}
        """The value, so that no other has its number, and how many references it took, by keyword, reference and value."""

    def counted(self, name: str, keyword: Keyword) -> Keyword:
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


def is_one_resource(schema: JsonValue) -> bool:
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
