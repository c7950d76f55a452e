"""What a document in the repository is to say, so that it means what runs on the target. Pure.

`written` is a document as a file has it, `canonical` what it means, `live` what is to be meant. Where they mean the same,
the spelling of the file stays: `90s`, a default that is written out, a text that is short for `{value: text}`.
"""

from collections.abc import Mapping

from pydantic import JsonValue

from tocsin_schema.models.canonical import canonical_json
from tocsin_schema.text.differing import differing_blocks


def pulled_value(written: JsonValue, canonical: JsonValue, live: JsonValue) -> JsonValue:
    """Return the value to write: as much as can be of what is written, the rest as it is live."""
    if same(canonical, live):
        return written
    if isinstance(written, dict) and isinstance(canonical, dict) and isinstance(live, dict):
        return _mapping(written, canonical, live)
    if isinstance(written, list) and isinstance(canonical, list) and isinstance(live, list):
        return _list(written, canonical, live) if len(written) == len(canonical) else live
    if isinstance(written, str) and isinstance(canonical, dict) and isinstance(live, dict):
        return in_short(live)
    return live


def in_short(variable: JsonValue) -> JsonValue:
    """Return a variable as people write it: a text alone where there is nothing but its value."""
    if isinstance(variable, dict) and variable.keys() == {"value"}:
        return variable["value"]
    return variable


def new_document(live: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return a document to write that no file has yet."""
    document = dict(live)
    variables = document.get("variables")
    if document.get("kind") == "integration" and isinstance(variables, dict):
        document["variables"] = {name: in_short(each) for name, each in variables.items()}
    return document


def same(one: JsonValue, other: JsonValue) -> bool:
    """Whether two values are the same JSON: true is not 1, and 1 is not 1.0."""
    return one is other or canonical_json(one) == canonical_json(other)


def aligned(old: list[JsonValue], new: list[JsonValue]) -> list[tuple[int | None, int | None]]:
    """Return which item of a list becomes which of another: None for what is new, and for what goes."""
    blocks = differing_blocks([canonical_json(each) for each in old], [canonical_json(each) for each in new])
    pairs: list[tuple[int | None, int | None]] = []
    for _, first, last, new_first, new_last in blocks:
        shared = min(last - first, new_last - new_first)
        pairs += [(first + step, new_first + step) for step in range(shared)]
        pairs += [(number, None) for number in range(first + shared, last)]
        pairs += [(None, number) for number in range(new_first + shared, new_last)]
    return pairs


def _mapping(
    written: dict[str, JsonValue], canonical: dict[str, JsonValue], live: dict[str, JsonValue]
) -> dict[str, JsonValue]:
    result: dict[str, JsonValue] = {}
    for key, value in written.items():
        if key in live:
            result[key] = pulled_value(value, canonical[key], live[key]) if key in canonical else live[key]
        elif key not in canonical:
            result[key] = value
    order = list(live)
    for number, key in enumerate(order):
        if key not in result:
            before = next((each for each in reversed(order[:number]) if each in result), None)
            result = _after(result, before, key, in_short(live[key]) if _variables(canonical, live) else live[key])
    return result


def _variables(canonical: dict[str, JsonValue], live: dict[str, JsonValue]) -> bool:
    """Whether these are an integration's variables: each is a mapping with a value or `per_level`."""
    known = {"value", "per_level", "description"}
    return all(
        isinstance(each, dict) and each.keys() <= known and (("value" in each) != ("per_level" in each))
        for each in [*canonical.values(), *live.values()]
    )


def _after(mapping: dict[str, JsonValue], key: str | None, name: str, value: JsonValue) -> dict[str, JsonValue]:
    items = list(mapping.items())
    at = len(items) if key is None else list(mapping).index(key) + 1
    return dict([*items[:at], (name, value), *items[at:]])


def _list(written: list[JsonValue], canonical: list[JsonValue], live: list[JsonValue]) -> list[JsonValue]:
    return [
        live[new] if old is None else pulled_value(written[old], canonical[old], live[new])
        for old, new in aligned(canonical, live)
        if new is not None
    ]
