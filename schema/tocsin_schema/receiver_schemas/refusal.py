"""What comes of judging a body: what is refused, or why that can't be found out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from tocsin_schema.errors import ContractError

if TYPE_CHECKING:
    from pydantic import JsonValue

Flaw = tuple[str, str | None]
"""Why nothing can be judged by a schema, and what to do about it."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One thing that a receiver refuses: the path into the body, the keyword of the schema, its value, and what stands there."""

    path: tuple[str | int, ...]
    keyword: str
    limit: Any
    found: Any


class SchemaFailedError(ContractError):
    """A schema by which nothing can be judged; the text says why."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of a schema and of bodies judged by it, in their order: their refusals, or why there are none to be had."""

    flaw: Flaw | None
    bodies: Sequence[Sequence[Refusal] | SchemaFailedError] = ()


class Judge(Protocol):
    """Judges what may take long, with limits on time and memory that nothing in a schema can get around."""

    def __call__(self, schema: JsonValue, bodies: Sequence[JsonValue], /) -> Judged:
        """Return what is wrong with the schema where no bodies are given, else what it refuses in each of them."""
