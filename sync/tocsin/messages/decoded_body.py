"""A body as the value that it spells: what snapshots show and reviews compare."""

import json
from collections.abc import Callable
from typing import Any

from pydantic import JsonValue


def decoded_body(text: str, read_number: Callable[[str], float] = float) -> JsonValue:
    """Return a body's object or list; the text itself where it is no JSON, or says more than its value does.

    `read_number` reads numbers with a fraction or an exponent, and raises ValueError for one that is not to be read.
    """
    if not text.lstrip().startswith(("{", "[")):
        return text
    try:
        value: JsonValue = json.loads(
            text, object_pairs_hook=_each_key_once, parse_float=read_number, parse_constant=_refused
        )
    except (ValueError, RecursionError):
        return text
    return value


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("a key is given twice")
    return value


def _refused(constant: str) -> None:
    """Refuse what Python reads and JSON has not: NaN, Infinity."""
    raise ValueError(constant)
