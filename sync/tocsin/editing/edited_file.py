"""A file that is to hold other values: edited in place, and read back before it is believed. Pure."""

import re
from bisect import bisect_right
from collections.abc import Sequence

from pydantic import JsonValue

from tocsin.editing.edits import CannotEditError, Edit, Editor, applied
from tocsin.editing.formatting import DIRECTIVE
from tocsin.editing.values import same
from tocsin.yaml.comments import comments
from tocsin.yaml.nodes import Node, to_plain
from tocsin.yaml.parser import parse

ROUNDS = 4
"""What an edit of an anchored value changes elsewhere is written out there in the next round."""

SEPARATOR = re.compile(r"^---(?=[ \t\n]|\Z)", re.MULTILINE)
ENDED = re.compile(r"^\.\.\.(?=[ \t\n]|\Z)", re.MULTILINE)
SCHEMA = re.compile(r"^# yaml-language-server:[^\n]*\n", re.MULTILINE)


def edited(text: str, values: Sequence[JsonValue], gone: frozenset[int] = frozenset()) -> str:
    """Return a file's text with its documents saying `values`, and without those that are `gone`, by number.

    Comments, order, quotes and layout of all else stay. Raises CannotEditError where that can't be promised.
    """
    ending = "\r\n" if "\r\n" in text else "\n"
    source = text.replace("\r\n", "\n")
    if "\r" in source or source.replace("\n", ending) != text:
        raise CannotEditError
    for number in range(ROUNDS):
        documents = parse(source).documents
        if len(documents) != len(values):
            raise CannotEditError
        editor = Editor(source, aliases=number > 0)
        edits = [
            edit
            for at, (node, value) in enumerate(zip(documents, values, strict=True))
            if at not in gone
            for edit in editor.edits(node, value)
        ]
        if edits:
            source = _made(source, edits)
        elif number > 0:
            break
    _must_say(source, values, gone)
    if gone:
        source = _without(source, gone)
    left = [value for number, value in enumerate(values) if number not in gone]
    _must_say(source, left, frozenset())
    return source.replace("\n", ending)


def _made(source: str, edits: Sequence[Edit]) -> str:
    """Make edits; no comment may vanish but with what it is written in, and none may come."""
    result = applied(source, edits)
    spans = [(each.start, each.end) for each in edits if each.end > each.start]
    kept = [each.text for each in comments(source, "#") if not any(start <= each.start < end for start, end in spans)]
    if [each.text for each in comments(result, "#")] != kept:
        raise CannotEditError
    return result


def _must_say(source: str, values: Sequence[JsonValue], but: frozenset[int]) -> None:
    parsed = parse(source)
    if parsed.broken or len(parsed.documents) != len(values):
        raise CannotEditError
    for number, (node, value) in enumerate(zip(parsed.documents, values, strict=True)):
        if number not in but and not same(to_plain(node), value):
            raise CannotEditError


def _without(source: str, gone: frozenset[int]) -> str:
    """Take documents out, their own comments with them; those of their neighbours and of the file stay."""
    if DIRECTIVE.search(source) or ENDED.search(source):
        raise CannotEditError
    documents = parse(source).documents
    marks = [each.start() for each in SEPARATOR.finditer(source)]
    cuts, head = [], ""
    for number in sorted(gone):
        at = bisect_right(marks, documents[number].start)
        cuts.append((marks[at - 1] if at else 0, marks[at] if at < len(marks) else len(source)))
        if not at:
            head = _head(source, documents[number])
    first = cuts[0][0]
    ends = [*(start for start, _ in cuts[1:]), len(source)]
    rest = "".join(source[end:following] for (_, end), following in zip(cuts, ends, strict=True))
    if first == 0 and rest.startswith("---\n") and marks[:1] != [0]:
        rest = rest.removeprefix("---\n")
    return head + source[:first] + rest


def _head(source: str, node: Node) -> str:
    """Return the comments at the top of a file that are set apart from its first document: they speak of the file."""
    before = source[: node.start]
    apart, blank, own = before.rpartition("\n\n")
    schema = SCHEMA.match(own)
    return (apart + blank if apart.strip() else "") + (schema[0] if schema else "")
