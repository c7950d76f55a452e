"""The node tree of a document: values with the offsets that they stand at."""

from __future__ import annotations

from sys import intern
from typing import TYPE_CHECKING

from tocsin.yaml.core_schema import JsonScalar, resolved

if TYPE_CHECKING:
    from tocsin.yaml.source_map import Runs

JsonValue = JsonScalar | list["JsonValue"] | dict[str, "JsonValue"]
Path = tuple[str | int, ...]
Entry = tuple["Scalar", "Node"]


class Node:
    """A value from `start` up to `end`, offsets in the file's text; anchor and tag stand before it."""

    __slots__ = ("end", "start")

    def __init__(self, start: int, end: int) -> None:
        self.start = start
        self.end = end


class Scalar(Node):
    """A scalar: its text as the parser decoded it, and the style it is written in (`'`, `"`, `|`, `>`, or empty)."""

    __slots__ = ("runs", "style", "tag", "value")

    def __init__(self, start: int, end: int, value: str, style: str = "", tag: str | None = None) -> None:
        self.start = start
        self.end = end
        self.value = value
        self.style = style
        self.tag = tag
        self.runs: Runs | None = None  # where its characters stand, once something in it is reported


class Mapping(Node):
    """Keys and values in the order of the file; those that `<<` adds come last."""

    __slots__ = ("_index", "entries", "flow")

    def __init__(self, start: int, end: int, *, flow: bool = False) -> None:
        self.start = start
        self.end = end
        self.flow = flow
        self.entries: list[Entry] = []
        self._index: dict[str, Entry] | None = None

    def entry(self, key: str | int) -> Entry | None:
        """Return the entry of a key; of several the last, which is the one that counts."""
        if self._index is None:
            self._index = {entry[0].value: entry for entry in self.entries}
        return self._index.get(str(key))


class Sequence(Node):
    """A list."""

    __slots__ = ("flow", "items")

    def __init__(self, start: int, end: int, *, flow: bool = False) -> None:
        self.start = start
        self.end = end
        self.flow = flow
        self.items: list[Node] = []


class Alias(Node):
    """The place where `*name` stands for a value that is written elsewhere."""

    __slots__ = ("target",)

    def __init__(self, start: int, end: int, target: Node) -> None:
        self.start = start
        self.end = end
        self.target = target


class Merged(Alias):
    """The place where `<<` adds a value to a mapping."""

    __slots__ = ()


def target(node: Node) -> Node:
    """Return the value itself, through aliases."""
    while isinstance(node, Alias):
        node = node.target
    return node


def to_plain(node: Node) -> JsonValue:
    """Return the value as JSON has it: dict, list, str, int, float, bool, None. Equal keys are one text in memory."""
    node = target(node)
    if isinstance(node, Scalar):
        return resolved(node.value, node.style, node.tag)
    if isinstance(node, Mapping):
        return {intern(key.value): to_plain(value) for key, value in node.entries}
    if isinstance(node, Sequence):
        return [to_plain(item) for item in node.items]
    raise TypeError(f"no such node: {type(node).__name__}")


def find(node: Node, path: Path) -> tuple[list[tuple[Scalar | None, Node]], int]:
    """Follow a path; return every step's key (None in lists) and value, and how many steps exist."""
    steps: list[tuple[Scalar | None, Node]] = [(None, node)]
    for count, part in enumerate(path):
        inside = target(steps[-1][1])
        if isinstance(inside, Mapping) and (entry := inside.entry(part)) is not None:
            steps.append(entry)
        elif isinstance(inside, Sequence) and isinstance(part, int) and 0 <= part < len(inside.items):
            steps.append((None, inside.items[part]))
        else:
            return steps, count
    return steps, len(path)
