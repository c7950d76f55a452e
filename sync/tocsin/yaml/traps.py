"""Traps of YAML: what is read without a word, and not as a person reads it. Each is a warning at its place.

They are looked for in finished trees, and only in files that can hold one.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from tocsin.yaml.nodes import Alias, Mapping, Node, Scalar
from tocsin.yaml.nodes import Sequence as List
from tocsin.yaml.problems import YamlProblem
from tocsin.yaml.swallowed_comments import swallowed
from tocsin.yaml.yaml_1_1 import read_otherwise

COMMENTED = re.compile(r"[ ]#(?:[^\s#]|[^\r\n]*\}\})")
"""A comment that may have been meant as part of a value; the pattern starts with what few lines hold."""

LONE_RETURN = re.compile(r"\r(?!\n)")
BREAKS = {
    "\x85": ("U+0085, a line break to YAML 1.1 alone", '"\\x85"'),
    "\u2028": ("U+2028, a line break to YAML 1.1 alone", '"\\u2028"'),
    "\u2029": ("U+2029, a line break to YAML 1.1 alone", '"\\u2029"'),
    "\r": ("a carriage return that breaks the line by itself", '"\\r"'),
}
TAB = re.compile(r"(?:\A|(?<=[\r\n])) *(\t)[ \t]*[^\s#]")
BYTE_ORDER_MARK = "\ufeff"


def traps(text: str, documents: Sequence[Node], *, odd_scalars: bool, broken: bool) -> Iterator[YamlProblem]:
    """Yield the traps of a file. `odd_scalars` says that some plain scalar is read otherwise by YAML 1.1."""
    if not text.isascii() or "\r" in text:
        yield from _odd_breaks(text)
        yield from _byte_order_mark(text)
    if "\t" in text and not broken:
        yield from _tabs(text, documents)
    commented = "\t#" in text or COMMENTED.search(text) is not None
    if odd_scalars or commented:
        for document in documents:
            for node in _plain_values(document):
                if odd_scalars and node.tag is None and (problem := read_otherwise(node)) is not None:
                    yield problem
                if commented and (problem := swallowed(text, node)) is not None:
                    yield problem


def _odd_breaks(text: str) -> Iterator[YamlProblem]:
    """Report the first of each odd line break: where there is one there are often hundreds."""
    for character, (what, escape) in BREAKS.items():
        if character in text:
            found = LONE_RETURN.search(text) if character == "\r" else re.search(character, text)
            if found is not None:
                advice = f"write {escape} where the character is meant, and a plain line break where not"
                yield YamlProblem("TOC111", f"the line holds {what}", found.start(), found.end(), advice)


def _byte_order_mark(text: str) -> Iterator[YamlProblem]:
    at = text.find(BYTE_ORDER_MARK)
    if at >= 0:
        message = "there is a byte order mark inside the file, which nobody can see"
        yield YamlProblem("TOC112", message, at, at + 1, "remove the character U+FEFF")


def _tabs(text: str, documents: Sequence[Node]) -> Iterator[YamlProblem]:
    """Report the first tab that indents a line; in a block or between quotes a tab is text."""
    found = [each.start(1) for each in TAB.finditer(text)]
    if not found:
        return
    styled = [node for document in documents for node in _scalars(document) if node.style]
    indents = [at for at in found if not any(node.start <= at < node.end for node in styled)]
    if indents:
        more = f", and {len(indents) - 1} more" if len(indents) > 1 else ""
        message = f"a tab indents this line{more}"
        yield YamlProblem("TOC113", message, indents[0], indents[0] + 1, "indent with spaces")


def _plain_values(document: Node) -> Iterator[Scalar]:
    """Return every value that is written without quotes; the severities of a project's rules left out."""
    settings = _rule_settings(document)
    return (node for node in _scalars(document) if not node.style and id(node) not in settings)


def _rule_settings(document: Node) -> frozenset[int]:
    """Return the values of `rules` in a project file: `off` is what belongs there."""
    entry = document.entry("rules") if isinstance(document, Mapping) and _kind(document) == "project" else None
    inside = entry[1] if entry is not None else None
    return frozenset(id(value) for _, value in inside.entries) if isinstance(inside, Mapping) else frozenset()


def _kind(document: Mapping) -> str | None:
    entry = document.entry("kind")
    return entry[1].value if entry is not None and isinstance(entry[1], Scalar) else None


def _scalars(document: Node) -> Iterator[Scalar]:
    """Yield every value of a document that is a scalar, as it is written: aliases are not followed."""
    waiting = [document]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Scalar):
            yield node
        else:
            waiting.extend(_written(node))


def _written(node: Node) -> Iterable[Node]:
    if isinstance(node, Mapping):
        # A key that `<<` adds stands before the mapping, in the mapping that it comes from.
        return [value for key, value in node.entries if key.start >= node.start and not isinstance(value, Alias)]
    if isinstance(node, List):
        return [item for item in node.items if not isinstance(item, Alias)]
    return ()
