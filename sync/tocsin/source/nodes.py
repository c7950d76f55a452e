"""The node tree of a document: values with the offsets that they stand at."""

from dataclasses import dataclass, field
from typing import Any

from tocsin.source.core_schema import resolved

Path = tuple[str | int, ...]


@dataclass(slots=True)
class Node:
    """A value from `start` up to `end`, offsets in the file's text."""

    start: int
    end: int


@dataclass(slots=True)
class Scalar(Node):
    """A scalar: its text as the parser decoded it, and the style it is written in (`'`, `"`, `|`, `>`, or empty)."""

    value: str
    style: str
    tag: str | None = None


@dataclass(slots=True)
class Mapping(Node):
    """Keys and values in the order of the file."""

    entries: list[tuple[Scalar, Node]] = field(default_factory=list)

    def entry(self, key: str | int) -> "tuple[Scalar, Node] | None":
        """Give the entry of a key; of several the last, which is the one that counts."""
        return next((each for each in reversed(self.entries) if each[0].value == key), None)


@dataclass(slots=True)
class Sequence(Node):
    """A list."""

    items: list[Node] = field(default_factory=list)


@dataclass(slots=True)
class Alias(Node):
    """A reference to an anchored value, which stands elsewhere."""

    target: Node


def target(node: Node) -> Node:
    """Give the value itself, through aliases."""
    while isinstance(node, Alias):
        node = node.target
    return node


def to_plain(node: Node) -> Any:
    """Give the value as JSON has it: dict, list, str, int, float, bool, None."""
    node = target(node)
    if isinstance(node, Scalar):
        return resolved(node.value, node.style, node.tag)
    if isinstance(node, Mapping):
        return {key.value: to_plain(value) for key, value in node.entries}
    if isinstance(node, Sequence):
        return [to_plain(item) for item in node.items]
    raise TypeError(f"no such node: {type(node).__name__}")


def find(node: Node, path: Path) -> tuple[list[tuple[Scalar | None, Node]], int]:
    """Follow a path; give every step's key (None in lists) and value, and how many steps exist."""
    steps: list[tuple[Scalar | None, Node]] = [(None, node)]
    for count, part in enumerate(path):
        inside = target(steps[-1][1])
        if isinstance(inside, Mapping) and (entry := inside.entry(part)) is not None:
            steps.append(entry)
        elif isinstance(inside, Sequence) and isinstance(part, int) and part < len(inside.items):
            steps.append((None, inside.items[part]))
        else:
            return steps, count
    return steps, len(path)
