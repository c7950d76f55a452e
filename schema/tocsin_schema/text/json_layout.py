"""JSON as people read it: indented, and otherwise as it was written."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from tocsin_schema.text.visible import visible_json

WORD = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
INDENT = "  "


@dataclass(frozen=True, slots=True)
class Word:
    """A piece of laid out JSON: a key, a text, a number or constant, or what stands between them."""

    kind: Literal["key", "text", "value", "between"]
    text: str


def json_layout(text: str) -> list[Word] | None:
    """Return the words of an indented object or list, white space included; None where `text` holds anything else.

    Nothing is lost on the way: keys given twice, their order and the spelling of numbers stay. Escapes in
    texts become the characters they stand for, where these can be seen.
    """
    try:
        value = json.loads(text, parse_constant=_refused, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return None
    return list(_words(text)) if isinstance(value, dict | list) else None


def _words(text: str) -> Iterator[Word]:
    """Yield the words of valid JSON with the white space of a layout of ours."""
    words = WORD.findall(text)
    depth = 0
    for before, word, after in zip(["", *words], words, [*words[1:], ""], strict=False):
        if word in "{[":
            depth += 1
            yield Word("between", word if after in "}]" else word + "\n" + INDENT * depth)
        elif word in "}]":
            depth -= 1
            yield Word("between", word if before in "{[" else "\n" + INDENT * depth + word)
        elif word == ",":
            yield Word("between", ",\n" + INDENT * depth)
        elif word == ":":
            yield Word("between", ": ")
        elif word.startswith('"'):
            shown = visible_json(json.dumps(json.loads(word), ensure_ascii=False))
            yield Word("key" if after == ":" else "text", shown)
        else:
            yield Word("value", word)


def _refused(constant: str) -> None:
    """Refuse what Python reads and JSON has not: NaN, Infinity."""
    raise ValueError(constant)
