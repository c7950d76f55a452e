"""What a receiver refuses, in words: a rendered body judged by the JSON Schema that the receiver goes by."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from tocsin_schema.receiver_schemas import Refusal
from tocsin_schema.text.suggest import cut, listed

PLAIN = re.compile(r"[@\w$-]+")


TYPES: Mapping[str, str] = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "a text",
}


def refusal_words(refusal: Refusal) -> str:
    """Say what stands in the body, and what the receiver takes there."""
    words = WORDS.get(refusal.keyword)
    if words is not None:
        return words(refusal)
    return f"{_name(refusal)} is {_shown(refusal.found)}, which does not meet `{refusal.keyword}`"


def refusal_help(refusal: Refusal, file: str) -> str:
    """Say where that is written, and for what is too long how to make it shorter."""
    if refusal.keyword == "maxLength":
        return f"cut it with a function, such as `{{regex: '(?s)^.{{0,{min(refusal.limit, 1000)}}}'}}`: `{file}` has the limit"
    return f"`{file}` says what the receiver takes"


def key_is_meant(refusal: Refusal) -> bool:
    """Whether a key is refused, not its value."""
    return refusal.keyword in ("additionalProperties", "properties") and bool(refusal.path)


def _name(refusal: Refusal) -> str:
    text = ""
    for part in refusal.path:
        if isinstance(part, str) and PLAIN.fullmatch(part):
            text += f".{part}" if text else part
        else:
            text += f"[{part}]" if isinstance(part, int) else f"[{json.dumps(part)}]"
    return f"`{cut(text)}`" if text else "the body"


def _shown(value: Any) -> str:
    if isinstance(value, dict | list):
        return TYPES["object"] if isinstance(value, dict) else TYPES["array"]
    if isinstance(value, str):
        return f"`{cut(value)}`" if value else "empty"
    return f"`{json.dumps(value)}`"


def _too_long(refusal: Refusal) -> str:
    return f"{_name(refusal)} has {len(refusal.found):,} characters, and at most {refusal.limit:,} are taken"


def _too_short(refusal: Refusal) -> str:
    if not refusal.found:
        return f"{_name(refusal)} is empty"
    return f"{_name(refusal)} has {len(refusal.found):,} characters, and at least {refusal.limit:,} are needed"


def _of_type(refusal: Refusal) -> str:
    types = [refusal.limit] if isinstance(refusal.limit, str) else refusal.limit
    wanted = " or ".join(TYPES.get(each, each) for each in types)
    given = (
        f"the text {_shown(refusal.found)}"
        if refusal.found and isinstance(refusal.found, str)
        else _shown(refusal.found)
    )
    return f"{_name(refusal)} is {given}, and {wanted} is needed"


def _one_of(refusal: Refusal) -> str:
    choices = listed(
        [(each or '""') if isinstance(each, str) else json.dumps(each) for each in refusal.limit], last="or"
    )
    return f"{_name(refusal)} is {_shown(refusal.found)}, and {choices} is needed"


def _lacking(refusal: Refusal) -> str:
    missing = [key for key in refusal.limit if key not in refusal.found]
    return f"{_name(refusal)} lacks {listed(missing)}"


def _items(most: bool) -> Callable[[Refusal], str]:
    def words(refusal: Refusal) -> str:
        limit = f"at most {refusal.limit:,} are taken" if most else f"at least {refusal.limit:,} are needed"
        return f"{_name(refusal)} has {len(refusal.found):,} entries, and {limit}"

    return words


WORDS: Mapping[str, Callable[[Refusal], str]] = {
    "maxLength": _too_long,
    "minLength": _too_short,
    "type": _of_type,
    "enum": _one_of,
    "const": lambda refusal: f"{_name(refusal)} is {_shown(refusal.found)}, and {_shown(refusal.limit)} is needed",
    "required": _lacking,
    "None": lambda refusal: f"{_name(refusal)} is not taken",
    "properties": lambda refusal: f"{_name(refusal)} is not taken",
    "pattern": lambda refusal: (
        f"{_name(refusal)} is {_shown(refusal.found)}, which does not match `{cut(refusal.limit)}`"
    ),
    "additionalProperties": lambda refusal: f"{_name(refusal)} is not known there",
    "maxItems": _items(most=True),
    "minItems": _items(most=False),
    "maxProperties": _items(most=True),
    "minProperties": _items(most=False),
}
