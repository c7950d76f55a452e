"""How a new value is written where an old one stands: in the old one's own style, touching as little as can be."""

import json
import re

from tocsin.yaml.core_schema import number_problem, plain
from tocsin.yaml.nodes import Scalar
from tocsin.yaml.scalars import BREAK, HEADER, LINE, source_span

Replacement = tuple[int, int, str]
"""From where up to where in a file, and what to write there."""

INDICATORS = frozenset("-?:,[]{}#&*!|>'\"%@`")
"""A plain scalar can't start with one of these (YAML 1.2, section 7.3.3); `-`, `?` and `:` only before a word."""

BEFORE_WORDS = frozenset("-?:")
WORDS_OF_YAML_1_1 = frozenset(("y", "n", "yes", "no", "on", "off"))
UNPRINTABLE = re.compile("[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
"""What only an escape can write, for every reader of YAML 1.1 and 1.2."""


def replacement(
    text: str, scalar: Scalar, new: str | float, start: int = 0, end: int | None = None, *, flow: bool, key: bool
) -> Replacement | None:
    """Return how to write `new` for the characters from `start` up to `end` of a scalar's value (default: all of it).

    `text` is the file's; `flow` says that the scalar stands inside brackets, `key` that it is a key. None where
    there is no way to write it.
    """
    if scalar.tag is not None or scalar.start == scalar.end:
        return None
    block = scalar.style in ("|", ">")
    if not isinstance(new, str):
        return None if block or key else (scalar.start, scalar.end, json.dumps(new))
    old = scalar.value
    whole = old[:start] + new + (old[end:] if end is not None else "")
    if scalar.style == "" and (BREAK.search(new) or not stands_plain(whole, flow=flow)):
        return scalar.start, scalar.end, quoted(whole)
    if scalar.style == "'" and (UNPRINTABLE.search(new) or "\n" in new):
        return scalar.start, scalar.end, quoted(whole)
    if block and UNPRINTABLE.search(new):
        return None
    first, last, part = _difference(old, whole)
    span = source_span(text, scalar, first, last)
    if span is None:
        return None
    written = _in_style(text, scalar, part)
    return None if written is None else (*span, written)


def stands_plain(value: str, *, flow: bool) -> bool:
    """Whether a text keeps its meaning without quotes, in the YAML of today and of yesterday."""
    if not value or value != value.strip() or UNPRINTABLE.search(value) or "\n" in value or "\t" in value:
        return False
    if value[0] in INDICATORS and not (value[0] in BEFORE_WORDS and value[1:2].strip() and value[1] not in ",[]{}"):
        return False
    if ": " in value or " #" in value or value.endswith(":") or value.startswith(("---", "...")):
        return False
    if flow and (value[0] in "?:" or any(each in value for each in ",[]{}")):  # libyaml takes `[?x]` for a key
        return False
    return plain(value) == value and number_problem(value) is None and value.lower() not in WORDS_OF_YAML_1_1


def quoted(value: str) -> str:
    """Return a text in quotes: double ones, or single ones where double ones would need escapes and single ones none."""
    if ('"' in value or "\\" in value) and not ("'" in value or "\n" in value or UNPRINTABLE.search(value)):
        return f"'{value}'"
    return f'"{_escaped(value)}"'


def _escaped(value: str) -> str:
    """Return a text as double quotes hold it: the escapes of JSON are among those of YAML."""
    return UNPRINTABLE.sub(_escape, json.dumps(value, ensure_ascii=False)[1:-1])


def _escape(character: re.Match[str]) -> str:
    code = ord(character[0])
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _difference(old: str, new: str) -> tuple[int, int, str]:
    """Return the part of `old` that differs from `new`, and what `new` has there."""
    most, first, same = min(len(old), len(new)), 0, 0
    while first < most and old[first] == new[first]:
        first += 1
    while same < most - first and old[-1 - same] == new[-1 - same]:
        same += 1
    return first, len(old) - same, new[first : len(new) - same]


def _in_style(text: str, scalar: Scalar, part: str) -> str | None:
    """Return a part of a value as the style of its scalar writes it, None where that style can't."""
    if scalar.style == '"':
        return _escaped(part)
    if scalar.style == "'":
        return part.replace("'", "''")
    if scalar.style == "" or "\n" not in part:
        return part
    if scalar.style == ">":
        return None
    header = HEADER.match(text, scalar.start)
    line = LINE.match(text, header.end()) if header is not None else None
    if line is None or not line[2]:
        return None
    return part.replace("\n", line[3] + line[1])
