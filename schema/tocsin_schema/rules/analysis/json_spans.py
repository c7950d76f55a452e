"""Where a value stands in a JSON text."""

import json
import re
from collections.abc import Iterator

SPACE = re.compile(r"[ \t\r\n]*")
JSON = json.JSONDecoder()
Span = tuple[int, int]


def json_span(text: str, path: tuple[str | int, ...], *, key: bool = False) -> Span | None:
    """Return from where to where the value at a path stands, or with `key` its key; None where there is none.

    `text` is valid JSON. Of keys that are given twice the last counts.
    """
    named, span = (0, 0), _value(text, 0)
    for part in path:
        inside = [(name, spans) for name, *spans in _items(text, span[0]) if name == part]
        if not inside:
            return None
        named, span = inside[-1][1]
    return named if key else span


def _items(text: str, at: int) -> Iterator[tuple[str | int, Span, Span]]:
    """Yield key or number, the key's span and the value's span of everything in an object or a list."""
    if text[at] not in "{[":
        return
    in_object = text[at] == "{"
    at, number = _past_space(text, at + 1), 0
    while text[at] not in "}]":
        name: str | int = number
        named = (at, at)
        if in_object:
            name, end = JSON.raw_decode(text, at)
            named = (at, end)
            at = _past_space(text, end) + 1
        value = _value(text, at)
        yield name, named, value
        at, number = _past_space(text, value[1]), number + 1
        if text[at] == ",":
            at = _past_space(text, at + 1)


def _value(text: str, at: int) -> Span:
    at = _past_space(text, at)
    return at, JSON.raw_decode(text, at)[1]


def _past_space(text: str, at: int) -> int:
    found = SPACE.match(text, at)
    return found.end() if found is not None else at
