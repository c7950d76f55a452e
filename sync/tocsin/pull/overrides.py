"""A target's own values and the repository's: what a target overrides is not written over what it overrides. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

Document = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class RepositorySide:
    """What the repository is to say of an integration, and the target's values to change; None for those that go."""

    document: Document
    values: Mapping[str, str | None]


def told_apart(live: Document, here: Document | None, overrides: Mapping[str, str]) -> RepositorySide:
    """Return what to write where an integration runs with a target's values.

    `here` is what the repository says, canonical; `overrides` are the target's values by `integration.Variable`.
    """
    prefix = f"{live['name']}."
    variables, own = _variables(live), _variables(here or {})
    values: dict[str, str | None] = {}
    for key, value in overrides.items():
        name = key.removeprefix(prefix)
        if not key.startswith(prefix) or "." in name:
            continue
        there = variables.get(name)
        given = there.get("value") if there is not None else None
        if there is None or not isinstance(given, str):
            values[key] = None
            continue
        if given != value:
            values[key] = given
        if name in own:
            variables[name] = _with_own_value(there, own[name])
    shown: dict[str, JsonValue] = {name: dict(each) for name, each in variables.items()}
    return RepositorySide({**live, "variables": shown} if shown else live, values)


def _with_own_value(there: Mapping[str, JsonValue], own: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return a variable with the repository's value, or left to the levels, and the description that runs."""
    merged = {key: value for key, value in own.items() if key in ("value", "per_level")}
    return {**merged, **({"description": there["description"]} if "description" in there else {})}


def _variables(document: Document) -> dict[str, Mapping[str, JsonValue]]:
    variables = document.get("variables")
    if not isinstance(variables, dict):
        return {}
    return {name: each for name, each in variables.items() if isinstance(each, dict)}
