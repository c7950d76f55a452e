"""The characters to change in a file so that a value in it becomes another one, all else left as it is. Pure.

What can't be done by changing entries is done by writing the smallest value around it anew, where no comment is lost.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from pydantic import JsonValue

from tocsin.editing.layout import Layout
from tocsin.editing.new_values import block_lines, folded, literal, one_line
from tocsin.editing.values import aligned, same
from tocsin.yaml.comments import comments
from tocsin.yaml.nodes import Alias, Mapping, Merged, Node, Scalar, to_plain
from tocsin.yaml.nodes import Sequence as List
from tocsin.yaml.writing import replacement

HEADER = re.compile(r"[|>]([-+0-9]*)([^\n]*)")


class Edit(NamedTuple):
    """From where up to where in a text, and what to write there."""

    start: int
    end: int
    text: str


class CannotEditError(Exception):
    """There is no way to write it that leaves all else as it is."""


class _Inside(NamedTuple):
    """What a value stands in: the column of its key or dash, whether inside brackets, whether behind a dash."""

    column: int
    flow: bool = False
    item: bool = False


class Editor:
    """Finds the edits of one text. With `aliases` what stands behind an alias or a merge is written out where it differs."""

    def __init__(self, text: str, *, aliases: bool) -> None:
        """Begin with a text whose lines end with a line feed."""
        self._text = text
        self._layout = Layout(text)
        self._aliases = aliases
        self._comments = [each.start for each in comments(text, "#")]

    def edits(self, document: Node, value: JsonValue) -> list[Edit]:
        """Return the edits that make a document say `value`; raises CannotEditError."""
        return self._edits(document, value, _Inside(-2))

    def _edits(self, node: Node, value: JsonValue, inside: _Inside) -> list[Edit]:
        if same(to_plain(node), value):
            return []
        if isinstance(node, Alias):
            return [Edit(node.start, node.end, one_line(value, flow=inside.flow))] if self._aliases else []
        try:
            if isinstance(node, Scalar) and not isinstance(value, dict | list):
                return [self._scalar(node, value, inside)]
            if isinstance(node, Mapping) and isinstance(value, dict):
                return self._mapping(node, value)
            if isinstance(node, List) and isinstance(value, list):
                return self._list(node, value)
        except CannotEditError:
            pass
        return [self._whole(node, value, inside)]

    # Values written anew

    def _whole(self, node: Node, value: JsonValue, inside: _Inside) -> Edit:
        end = self._layout.end(node)
        if self._commented(node.start, end):
            raise CannotEditError
        blank = " " if node.start == end and self._text[node.start - 1 : node.start] in (":", "-") else ""
        line = Edit(node.start, end, blank + one_line(value, flow=inside.flow))
        if inside.flow or not isinstance(value, dict | list) or not value or self._layout.rest(end):
            return line
        column = self._layout.column(node.start)
        if self._layout.first_of_line(node.start):
            return Edit(node.start, end, _hanging(value, column)) if column > inside.column else line
        if inside.item and isinstance(value, dict) and node.start != end:
            return Edit(node.start, end, _hanging(value, column))
        if inside.item or inside.column < 0:
            return line
        column = inside.column + 2
        start = len(self._text[: node.start].rstrip(" "))
        return Edit(start, end, "\n" + " " * column + _hanging(value, column))

    def _scalar(self, node: Scalar, value: JsonValue, inside: _Inside) -> Edit:
        assert not isinstance(value, dict | list)  # noqa: S101  # checked by the caller
        if node.tag is not None or node.start == node.end or value is None or not isinstance(value, str):
            if node.tag is not None or node.style in ("|", ">"):
                raise CannotEditError
            return self._whole(node, value, inside)
        if node.style == "|" or (node.style == ">" and "\n" in value.rstrip("\n")):
            return self._block(node, value, inside)
        if "\n" in value and not inside.flow and node.style not in ("|", ">"):
            block = literal(value, inside.column + 2)
            if block is not None and not self._layout.rest(node.end) and inside.column >= 0:
                return Edit(node.start, node.end, "\n".join([f"|{block[0]}", *block[1]]))
        found = replacement(self._text, node, value, flow=inside.flow, key=False)
        if found is None:
            raise CannotEditError
        return Edit(*found)

    def _block(self, node: Scalar, value: str, inside: _Inside) -> Edit:
        """Write a block of lines anew; those that stay come out as they were."""
        end = self._layout.end(node)
        header = HEADER.match(self._text, node.start)
        lines = self._text[node.start : end].split("\n")[1:]
        indent = next((len(line) - len(line.lstrip(" ")) for line in lines if line.strip()), inside.column + 2)
        fold = folded(value, indent, lines) if node.style == ">" else None
        sign, block = (">", fold) if fold is not None else ("|", literal(value, indent))
        if header is None or block is None or any(each.isdigit() for each in header[1]):
            raise CannotEditError
        start = f"{sign}{block[0]}"
        if start == self._text[node.start : header.start(2)] and header.end() <= end:  # a comment there stays
            return Edit(header.end(), end, "".join(f"\n{line}" for line in block[1]))
        return Edit(node.start, end, "\n".join([f"{start}{header[2]}", *block[1]]))

    # Mappings

    def _mapping(self, node: Mapping, value: dict[str, JsonValue]) -> list[Edit]:
        entries = [(key, each) for key, each in node.entries if not isinstance(each, Merged)]
        merged = {key.value: each for key, each in node.entries if isinstance(each, Merged)}
        kept = [number for number, (key, _) in enumerate(entries) if key.value in value]
        if not kept or merged.keys() - value.keys():
            raise CannotEditError
        column = self._layout.column(entries[0][0].start)
        inside = _Inside(column, node.flow)
        edits: list[Edit] = []
        for number in kept:
            key, each = entries[number]
            edits += self._edits(each, value[key.value], inside)
        edits += self._removed(entries, kept, flow=node.flow)
        return edits + self._added(node, entries, kept, value, self._new_keys(entries, merged, value), column)

    def _new_keys(
        self, entries: Sequence[tuple[Scalar, Node]], merged: dict[str, Merged], value: dict[str, JsonValue]
    ) -> set[str]:
        known = {key.value for key, _ in entries}
        unchanged = {key for key, each in merged.items() if not self._aliases or same(to_plain(each), value[key])}
        return value.keys() - known - unchanged

    def _added(
        self,
        node: Mapping,
        entries: Sequence[tuple[Scalar, Node]],
        kept: Sequence[int],
        value: dict[str, JsonValue],
        new: set[str],
        column: int,
    ) -> list[Edit]:
        edits: list[Edit] = []
        before = entries[kept[0]][1]
        values = {key.value: each for key, each in (entries[number] for number in kept)}
        for key, each in value.items():
            if key in values:
                before = values[key]
            elif key in new and node.flow:
                text = f", {one_line(key, flow=True)}: {one_line(each, flow=True)}"
                edits.append(Edit(before.end, before.end, text))
            elif key in new:
                edits.append(self._inserted(before, block_lines({key: each}), column))
        return edits

    def _removed(self, entries: Sequence[tuple[Scalar, Node]], kept: Sequence[int], *, flow: bool) -> list[Edit]:
        parts = [(key.start, each) for key, each in entries]
        if flow:
            return self._removed_in_brackets(parts, kept)
        edits, done = [], 0
        for number, (start, each) in enumerate(parts):
            if number in kept or start < done:
                continue
            if self._layout.first_of_line(start):
                after = self._layout.line_after(self._layout.end(each))
                edits.append(Edit(self._layout.line_start(start), after, ""))
                continue
            done = next((parts[later][0] for later in kept if later > number), 0)  # the one that takes the dash
            before = [each for begin, each in parts if start <= begin < done]
            if not before or self._text[self._layout.line_after(self._layout.end(before[-1])) : done].strip():
                raise CannotEditError
            edits.append(Edit(start, done, ""))
        return edits

    # Lists

    def _list(self, node: List, value: list[JsonValue]) -> list[Edit]:
        pairs = aligned([to_plain(each) for each in node.items], value)
        kept = [old for old, new in pairs if old is not None and new is not None]
        if not kept:
            raise CannotEditError
        column = self._layout.column(node.start)
        edits: list[Edit] = []
        for old, new in pairs:
            if old is not None and new is not None:
                edits += self._edits(node.items[old], value[new], _Inside(column, node.flow, item=True))
        if node.flow:
            edits += self._removed_in_brackets([(each.start, each) for each in node.items], kept)
        else:
            edits += [self._removed_item(node, old) for old, new in pairs if new is None and old is not None]
        return edits + self._added_items(node, pairs, value, column)

    def _added_items(
        self, node: List, pairs: Sequence[tuple[int | None, int | None]], value: list[JsonValue], column: int
    ) -> list[Edit]:
        edits: list[Edit] = []
        before: Node | None = None
        for old, new in pairs:
            if old is not None and new is not None:
                before = node.items[old]
            elif new is not None and node.flow:
                text = one_line(value[new], flow=True)
                at = node.items[0].start if before is None else before.end
                edits.append(Edit(at, at, f"{text}, " if before is None else f", {text}"))
            elif new is not None and before is not None:
                edits.append(self._inserted(before, block_lines([value[new]]), column))
            elif new is not None:
                edits.append(self._first(node, block_lines([value[new]]), column))
        return edits

    def _first(self, node: List, lines: Sequence[str], column: int) -> Edit:
        """Put an item before the first one, above the comments that speak of that."""
        if not self._layout.first_of_line(node.start):
            raise CannotEditError
        at = self._layout.above_comments(self._layout.line_start(node.start), column)
        return Edit(at, at, _indented(lines, column))

    def _removed_item(self, node: List, number: int) -> Edit:
        dash = self._layout.dash(node, number)
        if dash is None or not self._layout.first_of_line(dash):
            raise CannotEditError
        return Edit(self._layout.line_start(dash), self._layout.line_after(self._layout.end(node.items[number])), "")

    # Both

    def _removed_in_brackets(self, parts: Sequence[tuple[int, Node]], kept: Sequence[int]) -> list[Edit]:
        edits = []
        at = 0
        while at < len(parts):
            if at in kept:
                at += 1
                continue
            last = at
            while last + 1 < len(parts) and last + 1 not in kept:
                last += 1
            if last + 1 < len(parts):
                edits.append(Edit(parts[at][0], parts[last + 1][0], ""))
            else:
                start = parts[at - 1][1].end
                if self._commented(start, parts[at][0]):
                    raise CannotEditError
                edits.append(Edit(start, parts[last][1].end, ""))
            at = last + 1
        return edits

    def _inserted(self, before: Node, lines: Sequence[str], column: int) -> Edit:
        at = self._layout.line_after(self._layout.end(before))
        text = _indented(lines, column)
        if at == len(self._text) and not self._text.endswith("\n"):
            text = "\n" + text.removesuffix("\n")
        return Edit(at, at, text)

    def _commented(self, start: int, end: int) -> bool:
        at = bisect_left(self._comments, start)
        return at < len(self._comments) and self._comments[at] < end


def _hanging(value: JsonValue, column: int) -> str:
    """Return a block whose first line stands where it is put, and the others at its column."""
    first, *others = block_lines(value)
    return "\n".join([first, *(" " * column + line if line else "" for line in others)])


def _indented(lines: Sequence[str], column: int) -> str:
    return "".join(f"{' ' * column}{line}\n" if line else "\n" for line in lines)


def applied(text: str, edits: Sequence[Edit]) -> str:
    """Return the text with edits made; what is put in at one place comes in the order given. Raises CannotEditError."""
    parts, at = [], 0
    for each in sorted(edits, key=lambda each: (each.start, each.end > each.start)):
        if each.start < at:
            raise CannotEditError
        parts += [text[at : each.start], each.text]
        at = each.end
    return "".join([*parts, text[at:]])
