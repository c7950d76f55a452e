"""The syntax tree of a template: text and references, each with its offsets in code points."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

CUSTOM_FIELD = "@CustomField"
VAULT_ITEM = "@VaultItem"
VAULT_FIELDS = ("Password", "Username")


@dataclass(frozen=True, slots=True)
class TextNode:
    """Text that stands as it is. What belongs to a broken reference is text too."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Reference:
    """`{{name}}` or `{{name(argument)}}`, from `start` (the opening braces) to `end` (after the closing).

    `name` is as written, with its `@`. `argument` is None where there are no brackets, and empty where there
    is nothing between them.
    """

    start: int
    end: int
    name: str
    argument: "tuple[Node, ...] | None"

    @property
    def name_start(self) -> int:
        """Where the name starts, its `@` included."""
        return self.start + 2

    @property
    def name_end(self) -> int:
        """Where the name ends."""
        return self.name_start + len(self.name)

    @property
    def argument_start(self) -> int:
        """Where the argument starts: the offset that an offset inside the argument's text counts from."""
        return self.name_end + 1

    @property
    def is_system(self) -> bool:
        """Whether the name is one of ours, starting with `@`."""
        return self.name.startswith("@")

    @property
    def literal_argument(self) -> str | None:
        """The argument where it is plain text; None where it holds references or there are no brackets."""
        if self.argument is None:
            return None
        texts = [node.text for node in self.argument if isinstance(node, TextNode)]
        return "".join(texts) if len(texts) == len(self.argument) else None

    @property
    def custom_field(self) -> str | None:
        """The name of the custom field that this refers to, or None where it refers to something else."""
        return self.literal_argument if self.name == CUSTOM_FIELD else None

    @property
    def vault_item(self) -> tuple[str, str] | None:
        """The vault item and its field, `Password` or `Username`; None where it refers to something else."""
        head, _, rest = self.name.partition(".")
        if head != VAULT_ITEM:
            return None
        item, _, field = rest.rpartition(".")
        return (item, field)


Node = TextNode | Reference


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake in a text: what is wrong there, and what was expected instead."""

    start: int
    end: int
    message: str
    expected: str


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed template. Its nodes cover the source without gaps; its problems are in source order."""

    source: str
    nodes: tuple[Node, ...]
    problems: tuple[Problem, ...] = ()

    def references(self) -> Iterator[Reference]:
        """Return every reference, nested ones too, in source order."""
        return _references(self.nodes)

    @property
    def is_literal(self) -> bool:
        """Whether there is no reference in it."""
        return not any(isinstance(node, Reference) for node in self.nodes)


def unparse(template: Template) -> str:
    """Return the text of the tree: the source that it was parsed from."""
    return "".join(_print(template.nodes))


def _references(nodes: Iterable[Node]) -> Iterator[Reference]:
    for node in nodes:
        if isinstance(node, Reference):
            yield node
            yield from _references(node.argument or ())


def _print(nodes: Iterable[Node]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, TextNode):
            yield node.text
        elif node.argument is None:
            yield "{{" + node.name + "}}"
        else:
            yield "{{" + node.name + "("
            yield from _print(node.argument)
            yield ")}}"
