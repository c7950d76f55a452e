"""A receiver's schema: what is wrong with it, and what it refuses in a body.

No schema can hang a check. What is cheap is judged here, counted in steps; what is not is left to a `Judge` that can be
stopped whatever it does. Expressions run on RE2, and references stay inside the schema.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any

from tocsin_schema.receiver_schemas.expressions import are_cheap
from tocsin_schema.receiver_schemas.flaws import expressions_of, schema_flaw
from tocsin_schema.receiver_schemas.followed import Followed, is_one_resource
from tocsin_schema.receiver_schemas.refusal import Flaw, Judge, Refusal, SchemaFailedError
from tocsin_schema.receiver_schemas.steps import Steps, TooManyStepsError, weight
from tocsin_schema.receiver_schemas.validator import counting_validator
from tocsin_schema.text.suggest import cut

if TYPE_CHECKING:
    from pydantic import JsonValue

ORDINARY = 1_000
"""Steps for one body, about 3 ms, that always are taken here: the dearest receiver in `definitions/` takes 524."""

CHEAP = 5_000
"""Steps for one body, about 15 ms, that are taken here while there are not many such bodies."""

DEAR = 100_000
"""Steps beyond the ordinary ones, of all bodies together, after which those that take more are left to a `Judge`."""

MOST = 400_000
"""Steps for one body where there is no `Judge`, about a second."""

SMALL = 2_000
"""Values and keys, with a step for every 200 characters, of a schema that is read without a `Judge`: about 100 ms."""

MOST_REFUSALS = 50
"""Refusals that are told of one body: nobody reads on beyond, and the next run tells of those that are left."""

UNCOUNTED = frozenset(
    {"$anchor", "$dynamicAnchor", "$dynamicRef", "$recursiveRef", "unevaluatedItems", "unevaluatedProperties"}
)
"""Keywords that do more than their steps say."""


@dataclass(frozen=True)
class ReceiverSchema:
    """The content of the file that an integration names under `accepts`; `unread` says why there is none, and what to do.

    `judge` judges what may take long; without one that is judged here, up to so many steps. It judges everything where
    `is_one_of_many`: each of them takes little, and all together don't.
    """

    value: JsonValue = None
    unread: Flaw | None = None
    judge: Judge | None = field(default=None, repr=False, compare=False)
    is_one_of_many: bool = field(default=False, repr=False, compare=False)

    @cached_property
    def weight(self) -> int:
        """Return its values and keys, with one for every 200 characters: reading each takes some 50 microseconds."""
        return weight(self.value)

    @cached_property
    def flaw(self) -> Flaw | None:
        """Why it can't be judged by, and what to do about it; None where it can."""
        if self.unread is not None:
            return self.unread
        if not isinstance(self.value, dict):
            return "it is no JSON Schema: it holds no object", None
        if self.judge is not None and not self._is_small:
            return self.judge(self.value, ()).flaw
        return schema_flaw(self.value)

    def refusals(self, body: JsonValue) -> Sequence[Refusal]:
        """Return what a receiver of this schema refuses in a body. Raises SchemaFailedError where that can't be found out.

        The schema has no `flaw`.
        """
        cheap = self.cheap_refusals(body)
        if cheap is not None:
            return cheap
        (judged,) = self.judged([body])
        if isinstance(judged, SchemaFailedError):
            raise judged
        return judged

    def cheap_refusals(self, body: JsonValue) -> Sequence[Refusal] | None:
        """Return what it refuses in a body where that costs next to nothing, else None; raises as `refusals` does."""
        if self.judge is None:
            return self.counted_refusals(body, MOST)
        if not self._is_counted:
            return None
        try:
            return self._refusals(body, CHEAP if self._steps.beyond < DEAR else ORDINARY)
        except TooManyStepsError:
            return None
        finally:
            self._steps.beyond += max(self._steps.taken - ORDINARY, 0)

    def judged(self, bodies: Sequence[JsonValue]) -> Sequence[Sequence[Refusal] | SchemaFailedError]:
        """Return for each body what `refusals` gives or raises, whatever that costs."""
        if self.judge is None:
            return [self._told(body) for body in bodies]
        return self.judge(self.value, bodies).bodies

    def counted_refusals(self, body: JsonValue, most: int | None) -> Sequence[Refusal]:
        """Return what it refuses in a body, judged here in so many steps; raises SchemaFailedError, also beyond them."""
        try:
            return self._refusals(body, most)
        except TooManyStepsError as error:
            raise SchemaFailedError(f"it takes more than {most:,} steps to judge one body") from error

    def _told(self, body: JsonValue) -> Sequence[Refusal] | SchemaFailedError:
        try:
            return self.refusals(body)
        except SchemaFailedError as error:
            return error

    def _refusals(self, body: JsonValue, most: int | None) -> Sequence[Refusal]:
        from jsonschema.exceptions import best_match
        from referencing.exceptions import Unresolvable

        try:
            self._followed.start()
            self._steps.start(most)
            self._steps.take(weight(body) // 10)
            different = _different(self._validator.iter_errors(body))
            worst = [best_match([each]) for each in islice(different, MOST_REFUSALS)]
        except RecursionError as error:
            raise SchemaFailedError("it leads back to itself without end") from error
        except Unresolvable as error:
            raise SchemaFailedError(f"its reference `{cut(str(error.ref))}` leads nowhere") from error
        found: dict[tuple[Any, ...], Refusal] = {}
        for each in worst:
            if each is not None:
                refusal = Refusal(tuple(each.absolute_path), str(each.validator), each.validator_value, each.instance)
                found.setdefault((refusal.path, refusal.keyword, _same(refusal.limit)), refusal)
        return list(found.values())

    @cached_property
    def _is_small(self) -> bool:
        return not self.is_one_of_many and self.weight <= SMALL and are_cheap(list(expressions_of(self.value)))

    @cached_property
    def _is_counted(self) -> bool:
        """Whether steps say what judging by it costs."""
        return self._is_small and is_one_resource(self.value) and not _has_keys(self.value, UNCOUNTED)

    @cached_property
    def _steps(self) -> Steps:
        return Steps()

    @cached_property
    def _followed(self) -> Followed:
        return Followed(remembers=is_one_resource(self.value))

    @cached_property
    def _validator(self) -> Any:
        return counting_validator(self.value, self._steps, self._followed)


Receivers = Mapping[str, ReceiverSchema]
"""The schemas by the file names that definitions give."""


def _different(errors: Iterator[Any]) -> Iterator[Any]:
    """Yield each error once: of several keys that are missing each is an error of its own."""
    seen = set()
    for each in errors:
        what = (tuple(each.absolute_path), each.validator, _same(each.validator_value))
        if what not in seen:
            seen.add(what)
            yield each


def _same(limit: JsonValue) -> str | int:
    """Return what is equal for equal limits; of lists and mappings, which may be long, for one and the same."""
    return id(limit) if isinstance(limit, dict | list) else repr(limit)


def _has_keys(value: JsonValue, keys: frozenset[str]) -> bool:
    """Whether any of these keys stands anywhere in a value."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            if not keys.isdisjoint(each):
                return True
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
    return False
