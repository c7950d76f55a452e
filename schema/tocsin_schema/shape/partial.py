"""What is left of a document whose shape is broken, so that one mistake does not hide all the others in it."""

from collections.abc import Sequence
from typing import TypeVar

from pydantic import BaseModel, JsonValue, ValidationError

from tocsin_schema.findings import Path, Place
from tocsin_schema.shape.errors import MOST_MISTAKES, shape_findings

Model = TypeVar("Model", bound=BaseModel)

ROUNDS = 8
"""What is taken out may be missed elsewhere; a document that is still broken after so many rounds is left alone."""

STAND_IN = "unnamed"


def partial_document(model_type: type[Model], document: JsonValue, broken: Sequence[Path]) -> Model | None:
    """Return what is left without the values at `broken`, None where nothing is, or where nearly all of it is broken.

    All that is left has the path that it has in the document: of a list with a broken item the items before it stay.
    """
    name = document.get("name") if isinstance(document, dict) else None
    left = document
    for _ in range(ROUNDS):
        if len(broken) >= MOST_MISTAKES:
            return None
        for path in sorted(set(broken), key=len, reverse=True):
            left = {**left, "name": STAND_IN} if path == ("name",) and isinstance(left, dict) else _without(left, path)
        try:
            model = model_type.model_validate(left)
        except ValidationError as error:
            broken = [each.where.path for each in shape_findings(error, model_type, left, Place(None))]
        else:
            return model.model_copy(update={"name": name}) if isinstance(name, str) else model
    return None


def names_given(document: JsonValue) -> frozenset[str]:
    """Return the names that a document gives to variables, functions, captures and headers, and keys that may be such."""
    if not isinstance(document, dict):
        return frozenset()
    found = {key for key, value in document.items() if isinstance(value, dict) and value}
    for key in ("variables", "functions"):
        found |= _keys(document.get(key), key)
    waiting: list[JsonValue] = [document.get("messages")]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            for key in ("capture", "headers"):
                found |= _keys(value.get(key), key)
            waiting += value.values()
    return frozenset(found)


def _keys(value: JsonValue, otherwise: str) -> set[str]:
    if isinstance(value, dict):
        return set(value)
    return set() if value is None else {otherwise}


def _without(value: JsonValue, path: Path) -> JsonValue:
    """Return a value without the part at `path`, and as it is where that is gone already; None where nothing is left."""
    if not path:
        return None
    step = path[0]
    if isinstance(value, dict) and isinstance(step, str) and step in value:
        inside = _without(value[step], path[1:])
        rest = {key: each for key, each in value.items() if key != step}
        return rest if inside is None else {**value, step: inside}
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        inside = _without(value[step], path[1:])
        return value[:step] if inside is None else [*value[:step], inside, *value[step + 1 :]]
    return value
