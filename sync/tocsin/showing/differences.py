"""The differences between two documents, field by field."""

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tocsin.showing.style import Style, harmless

Path = tuple[str | int, ...]
ABSENT: Any = object()


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs: its path, and its values; ABSENT where there is none."""

    path: Path
    before: Any
    after: Any


def differences(before: Any, after: Any, path: Path = ()) -> Iterator[FieldChange]:
    """Give every field that differs, in the order of the documents. Equal documents give none."""
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


def dotted(path: Path) -> str:
    """Give a path as people write it: `levels[0].when.errors`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else ("." if text else "") + harmless(part)
    return text


def show_change(change: FieldChange, style: Style, indent: str) -> Iterator[str]:
    """Give the lines of one field's change; texts of several lines as a line difference."""
    name = dotted(change.path)
    if isinstance(change.before, str) and isinstance(change.after, str) and "\n" in change.before + change.after:
        yield f"{indent}{style.changed('~')} {name}:"
        yield from _line_difference(change.before, change.after, style, indent + "    ")
    elif change.before is ABSENT:
        yield f"{indent}{style.added('+')} {name}: {style.added(_shown(change.after))}"
    elif change.after is ABSENT:
        yield f"{indent}{style.removed('-')} {name}: {style.removed(_shown(change.before))}"
    else:
        arrow = f"{style.removed(_shown(change.before))} → {style.added(_shown(change.after))}"
        yield f"{indent}{style.changed('~')} {name}: {arrow}"


def _line_difference(before: str, after: str, style: Style, indent: str) -> Iterator[str]:
    lines = difflib.unified_diff(before.split("\n"), after.split("\n"), n=1, lineterm="")
    for line in list(lines)[2:]:
        if line.startswith("@@"):
            yield indent + style.aside("…")
        else:
            paint = {"+": style.added, "-": style.removed}.get(line[:1], style.aside)
            yield indent + paint(harmless(line))


def _shown(value: Any) -> str:
    return harmless(json.dumps(value, ensure_ascii=False))


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)
