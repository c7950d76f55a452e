"""JSON as people read it: indented and in colour, and otherwise as it was written; and results as JSON."""

import json
import re
from collections.abc import Iterator

from pydantic import JsonValue

from tocsin.showing.style import Style, harmless

TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
INDENT = "  "


def json_lines(text: str, style: Style) -> list[str] | None:
    """Give the lines of an indented object or list; None where `text` holds anything else.

    Nothing is lost on the way: keys given twice, their order and the spelling of numbers stay. Escapes in
    texts become the characters they stand for.
    """
    try:
        value = json.loads(text, parse_constant=_refused, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return None
    return "".join(_indented(text, style)).split("\n") if isinstance(value, dict | list) else None


def json_result(value: JsonValue) -> str:
    """Give a result of ours as JSON that is safe to look at: invisible characters are escapes, which mean the same."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return "".join(each if each == "\n" or harmless(each) == each else _escaped(each) for each in text) + "\n"


def _escaped(character: str) -> str:
    return json.dumps(character, ensure_ascii=True)[1:-1] if character != "\x7f" else "\\u007f"


def _indented(text: str, style: Style) -> Iterator[str]:
    """Give the pieces of valid JSON with the white space of a layout of ours."""
    words = TOKEN.findall(text)
    depth = 0
    for before, word, after in zip(["", *words], words, [*words[1:], ""], strict=False):
        if word in "{[":
            depth += 1
            yield word if after in "}]" else word + "\n" + INDENT * depth
        elif word in "}]":
            depth -= 1
            yield word if before in "{[" else "\n" + INDENT * depth + word
        elif word == ",":
            yield ",\n" + INDENT * depth
        elif word == ":":
            yield ": "
        elif word.startswith('"'):
            shown = harmless(json.dumps(json.loads(word), ensure_ascii=False))
            yield style(shown, "cyan") if after == ":" else style.added(shown)
        else:
            yield style(word, "yellow")


def _refused(constant: str) -> None:
    """Refuse what Python reads and JSON has not: NaN, Infinity."""
    raise ValueError(constant)
