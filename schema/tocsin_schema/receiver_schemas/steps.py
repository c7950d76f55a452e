"""What judging by a schema costs, counted in steps of about three microseconds: each looks at a keyword, or at some of a value."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tocsin_schema.errors import ContractError
from tocsin_schema.receiver_schemas.refusal import SchemaFailedError

CHARACTERS = 200
"""So many characters are read, compared or shown in one step."""

DEEPEST = 150
"""Keywords that lead to one another: beyond that a schema leads back to itself, and a library of ours gives up badly."""

Keyword = Callable[[Any, Any, Any, Any], Iterator[Any]]
"""A keyword's function in jsonschema: of validator, the keyword's value, what is judged, and the schema around it."""


class TooManyStepsError(ContractError):
    """Judging was broken off."""


class Steps:
    """Counts what is done for one body, and breaks off beyond a limit."""

    def __init__(self) -> None:
        """Begin with no limit."""
        self.beyond = 0
        """Those that someone has put aside, of bodies that were dear."""
        self.start(None)

    def start(self, most: int | None) -> None:
        """Begin with another body; None is for no limit."""
        self.most = most
        self.taken = 0
        self.depth = 0

    def take(self, number: int) -> None:
        """Count so many; raises TooManyStepsError beyond the limit."""
        self.taken += number
        if self.most is not None and self.taken > self.most:
            raise TooManyStepsError

    def counted(self, name: str, keyword: Keyword) -> Keyword:
        """Return a keyword's function that counts what it is about to do, and each refusal, which quotes its value."""
        cost = COSTS.get(name, _nothing)

        def judged(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[Any]:
            self.take(1 + _length(instance) // 10 + cost(value, instance))
            if self.depth >= DEEPEST:
                raise SchemaFailedError(
                    f"more than {DEEPEST} of its keywords lead from one to the next, perhaps for ever"
                )
            self.depth += 1
            try:
                for error in keyword(validator, value, instance, schema) or ():
                    is_new = not isinstance(error.validator, str)
                    self.take(1 + weight(instance) if is_new else 1)
                    yield error
            finally:
                self.depth -= 1

        return judged


def weight(value: Any) -> int:
    """Return the steps that reading a whole value takes."""
    steps, waiting = 0, [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            steps += len(each) // CHARACTERS
        elif isinstance(each, dict):
            steps += len(each)
            waiting += each
            waiting += each.values()
        elif isinstance(each, list):
            steps += len(each)
            waiting += each
    return steps


def _length(instance: Any) -> int:
    return len(instance) if isinstance(instance, dict | list) else 0


def _nothing(value: Any, instance: Any) -> int:
    return 0


def _of_list(value: Any, instance: Any) -> int:
    return len(value) // 10 if isinstance(value, Sequence | Mapping) else 0


def _of_lists(value: Any, instance: Any) -> int:
    lists = value.values() if isinstance(value, Mapping) else ()
    return _of_list(value, instance) + sum(_of_list(each, instance) for each in lists)


def _of_each(value: Any, instance: Any) -> int:
    return _of_list(value, instance) + (len(value) * weight(instance) if isinstance(instance, dict | list) else 0)


def _of_pairs(value: Any, instance: Any) -> int:
    return len(instance) * (1 + weight(instance)) if isinstance(instance, list) else 0


def _of_reference(value: Any, instance: Any) -> int:
    return len(value) // 10 if isinstance(value, str) else 0


COSTS: Mapping[str, Callable[[Any, Any], int]] = {
    "required": _of_list,
    "properties": _of_list,
    "dependentRequired": _of_lists,
    "dependentSchemas": _of_list,
    "dependencies": _of_lists,
    "enum": _of_each,
    "const": lambda value, instance: weight(instance),
    "uniqueItems": _of_pairs,
    "$ref": _of_reference,
    "$dynamicRef": _of_reference,
    "$recursiveRef": _of_reference,
}
"""The steps of keywords that look at more than themselves, beside those that what they call counts."""
