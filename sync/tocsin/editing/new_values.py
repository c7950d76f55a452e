"""How values are written that no file holds yet: as blocks with two spaces, or on one line in brackets."""

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from textwrap import wrap

from pydantic import JsonValue

from tocsin.yaml.writing import UNPRINTABLE, quoted, stands_plain

SHORT = 60
"""Characters that a list or mapping in brackets may have."""


def block_lines(value: JsonValue) -> list[str]:
    """Return a value as a block: one line for each entry, what is inside it two spaces deeper; no line breaks at ends."""
    if isinstance(value, dict) and value:
        return [line for key, inside in value.items() for line in _entry(f"{one_line(key)}:", inside)]
    if isinstance(value, list) and value:
        return [line for item in value for line in _item(item)]
    return [one_line(value)]


def one_line(value: JsonValue, *, flow: bool = False) -> str:
    """Return a value on one line; `flow` says that it stands inside brackets."""
    if isinstance(value, str):
        return value if stands_plain(value, flow=flow) else quoted(value)
    if isinstance(value, dict):
        inside = (f"{one_line(key, flow=True)}: {one_line(each, flow=True)}" for key, each in value.items())
        return "{" + ", ".join(inside) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(one_line(each, flow=True) for each in value) + "]"
    return json.dumps(value)


def literal(text: str, indent: int) -> tuple[str, list[str]] | None:
    """Return a text as a block of lines: what stands behind its `|`, and the lines; None where a block can't hold it."""
    body = text.rstrip("\n")
    if not body or body[0] in " \n\t" or UNPRINTABLE.search(text):
        return None
    breaks = len(text) - len(body)
    lines = [" " * indent + line if line else "" for line in body.split("\n")]
    return ("-", "", "+")[min(breaks, 2)], [*lines, *[""] * (breaks - 1)]


def folded(text: str, indent: int, before: Sequence[str]) -> tuple[str, list[str]] | None:
    """Return a text as `literal` does, for a `>`; paragraphs that stood `before`, as lines, are broken where they were.

    None where folding would lose something: lines that begin or end with a blank, or hold two in a row.
    """
    block = literal(text, 0)
    paragraphs = text.rstrip("\n").split("\n")
    if block is None or any(each != " ".join(each.split()) for each in paragraphs):
        return None
    groups = [list(lines) for filled, lines in groupby((each.strip() for each in before), key=bool) if filled]
    broken = {" ".join(lines): lines for lines in groups}
    width = max((len(line) for lines in groups for line in lines), default=SHORT)
    lines: list[str] = []
    for number, each in enumerate(paragraphs):
        lines += [""] if number else []
        lines += broken.get(each) or wrap(each, width, break_long_words=False, break_on_hyphens=False)
    breaks = len(text) - len(text.rstrip("\n"))
    return block[0], [*(" " * indent + line if line else "" for line in lines), *[""] * (breaks - 1)]


def _entry(head: str, value: JsonValue) -> Iterator[str]:
    if isinstance(value, str) and "\n" in value:
        block = literal(value, 2)
        if block is not None:
            chomping, lines = block
            yield f"{head} |{chomping}"
            yield from lines
            return
    if isinstance(value, dict | list) and value and not _is_short(value):
        yield head
        yield from ("  " + line if line else "" for line in block_lines(value))
        return
    yield f"{head} {one_line(value)}"


def _is_short(value: JsonValue) -> bool:
    """Whether people would write it in brackets: a few words in a list, one setting of a mapping."""
    inside = value if isinstance(value, list) else list(value.values())[:2] if isinstance(value, dict) else []
    plain = all(not isinstance(each, dict | list) and "\n" not in str(each) for each in inside)
    return plain and (isinstance(value, list) or len(inside) == 1) and len(one_line(value)) <= SHORT


def _item(value: JsonValue) -> Iterator[str]:
    if isinstance(value, dict) and value:
        first, *others = block_lines(value)
        yield f"- {first}"
        yield from ("  " + line if line else "" for line in others)
    else:
        yield from _entry("-", value) if isinstance(value, str) else [f"- {one_line(value)}"]
