"""A changed definition as JSON: in plans, in drift and in revisions."""

from typing import Any

from pydantic import JsonValue

from tocsin_schema.models.document import Strict
from tocsin_schema.plan.plan import Action, Change


class ChangedDefinitionJson(Strict):
    """One definition that is created, updated or deleted."""

    action: Action
    """What is done with it."""
    kind: str
    """What it is."""
    name: str
    """Its name."""
    before: dict[str, JsonValue] | None
    """The definition before; null where there is none."""
    after: dict[str, JsonValue] | None
    """The definition after; null where there is none."""


def changed_definition(change: Change) -> dict[str, Any]:
    """Return the values of a `ChangedDefinitionJson`."""
    return {
        "action": change.action,
        "kind": change.identity.kind,
        "name": change.identity.name,
        "before": None if change.before is None else dict(change.before),
        "after": None if change.after is None else dict(change.after),
    }
