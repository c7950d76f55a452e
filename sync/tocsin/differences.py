"""The differences between two documents, field by field."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tocsin.terminal.style import Style, one_line
from tocsin_schema.text.differing import grouped_blocks

Path = tuple[str | int, ...]
PLAIN = re.compile(r"[@\w$-]+")
"""Keys that a dotted path shows as they are; others, such as `Content.Type`, in brackets and quotes."""

ABSENT: Any = object()


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs: its path, and its values; ABSENT where there is none."""

    path: Path
    before: Any
    after: Any


def differences(before: Any, after: Any, path: Path = ()) -> Iterator[FieldChange]:
    """Yield every field that differs, in the order of the documents. Equal documents give none."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in [*before, *(key for key in after if key not in before)]:
            yield from differences(before.get(key, ABSENT), after.get(key, ABSENT), (*path, key))
    elif _is_list(before) and _is_list(after):
        for number in range(max(len(before), len(after))):
            left = before[number] if number < len(before) else ABSENT
            right = after[number] if number < len(after) else ABSENT
            yield from differences(left, right, (*path, number))
    elif type(before) is not type(after) or before != after:
        yield FieldChange(path, before, after)


def json_differences(before: Any, after: Any) -> list[FieldChange] | None:
    """Return the differences of two texts as the JSON that both hold; None where they hold none, or the same JSON."""
    if not (isinstance(before, str) and isinstance(after, str)):
        return None
    try:
        found = list(differences(_structure(before), _structure(after)))
    except (ValueError, RecursionError):
        return None
    return found or None


class _Spelled(float):
    """A number as JSON spells it: `1.0` and `1.00` are different bytes."""

    def __new__(cls, text: str) -> "_Spelled":
        made = super().__new__(cls, text)
        made.text = text
        return made

    text: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Spelled) and self.text == other.text

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = float.__hash__


def _structure(text: str) -> Any:
    """Return the object or list that a text holds; raises ValueError where it holds another thing."""
    value = json.loads(text, object_pairs_hook=_apart, parse_float=_Spelled)
    if not isinstance(value, dict | list):
        raise ValueError("no object and no list")
    return value


def _apart(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a key that is given twice: a mapping would hide one of them."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is given twice")
    return found


def dotted(path: Path) -> str:
    """Return a path as people write it: `levels[0].when.errors`."""
    text = ""
    for part in path:
        if isinstance(part, str) and PLAIN.fullmatch(part):
            text += ("." if text else "") + one_line(part)
        else:
            text += f"[{part}]" if isinstance(part, int) else f"[{_shown(part)}]"
    return text


def show_change(change: FieldChange, style: Style, indent: str) -> Iterator[str]:
    """Yield the lines of one field's change; texts of several lines as a line difference."""
    sign, paint = _sign(change, style)
    head = f"{indent}{paint(sign)} {dotted(change.path)}:"
    texts = [value for value in (change.before, change.after) if value is not ABSENT]
    inside = json_differences(change.before, change.after)
    if inside is not None:
        yield f"{head[:-1]}, as JSON:"
        for each in inside:
            yield from show_change(each, style, indent + "    ")
    elif all(isinstance(text, str) for text in texts) and any("\n" in text for text in texts):
        yield head
        yield from _line_difference(_lines(change.before), _lines(change.after), style, indent + "    ")
    elif len(texts) == 1:
        yield f"{head} {paint(_shown(texts[0]))}"
    else:
        yield f"{head} {style.removed(_shown(change.before))} → {style.added(_shown(change.after))}"


def _sign(change: FieldChange, style: Style) -> tuple[str, Callable[[str], str]]:
    if change.before is ABSENT:
        return "+", style.added
    return ("-", style.removed) if change.after is ABSENT else ("~", style.changed)


def _line_difference(before: list[str], after: list[str], style: Style, indent: str) -> Iterator[str]:
    """Yield the lines that differ, each with one neighbour; what is left out between them as dots."""
    dots = indent + style.aside("…")
    end = 0
    for group in grouped_blocks(before, after, 1):
        if group[0][1] > 0:
            yield dots
        for tag, old, old_end, new, new_end in group:
            if tag == "equal":
                yield from (indent + style.aside(f"  {one_line(line)}") for line in before[old:old_end])
            else:
                yield from (indent + style.removed(f"- {one_line(line)}") for line in before[old:old_end])
                yield from (indent + style.added(f"+ {one_line(line)}") for line in after[new:new_end])
        end = group[-1][2]
    if end < len(before):
        yield dots


def _lines(text: Any) -> list[str]:
    return [] if text is ABSENT else text.split("\n")


def _shown(value: Any) -> str:
    if isinstance(value, _Spelled):
        return value.text
    return one_line(json.dumps(value, ensure_ascii=False))


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)
