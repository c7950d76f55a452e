"""Structured bodies: JSON whose every text is rendered first and encoded after, so no value can break it."""

import json
from collections.abc import Callable, Iterator

from pydantic import JsonValue

from tocsin_schema.template.text import MaskedText


def json_body(value: JsonValue, render: Callable[[str], MaskedText]) -> MaskedText:
    """Give the JSON text of `value` with every text in it rendered. Keys stay as they are."""
    return MaskedText.join(_parts(value, render))


def _parts(value: JsonValue, render: Callable[[str], MaskedText]) -> Iterator[MaskedText]:
    if isinstance(value, str):
        yield MaskedText.of('"')
        yield render(value).each(_inside_quotes)
        yield MaskedText.of('"')
    elif isinstance(value, dict):
        yield MaskedText.of("{")
        for number, (key, item) in enumerate(value.items()):
            yield MaskedText.of((", " if number else "") + json.dumps(key, ensure_ascii=False) + ": ")
            yield from _parts(item, render)
        yield MaskedText.of("}")
    elif isinstance(value, list):
        yield MaskedText.of("[")
        for number, item in enumerate(value):
            yield MaskedText.of(", " if number else "")
            yield from _parts(item, render)
        yield MaskedText.of("]")
    else:
        yield MaskedText.of(json.dumps(value))


def _inside_quotes(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]
