"""JSON in colour, laid out for people; and results as JSON."""

import json

from pydantic import JsonValue

from tocsin.terminal.style import Style
from tocsin_schema.text.json_layout import Word, json_layout
from tocsin_schema.text.visible import visible_json


def json_lines(text: str, style: Style) -> list[str] | None:
    """Return the lines of an indented object or list; None where `text` holds anything else."""
    words = json_layout(text)
    return None if words is None else "".join(_painted(word, style) for word in words).split("\n")


def json_result(value: JsonValue) -> str:
    """Return a result of ours as JSON that is safe to look at: invisible characters are escapes, which mean the same."""
    return visible_json(json.dumps(value, indent=2, ensure_ascii=False)) + "\n"


def _painted(word: Word, style: Style) -> str:
    match word.kind:
        case "key":
            return style(word.text, "cyan")
        case "text":
            return style.added(word.text)
        case "value":
            return style(word.text, "yellow")
        case _:
            return word.text
