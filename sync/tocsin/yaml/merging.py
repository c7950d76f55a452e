"""Anchors, aliases and `<<`, kept from growing beyond what a definition needs."""

from tocsin.yaml.limits import ALIASED_NODES, ALIASED_UNNOTICED, NESTING
from tocsin.yaml.nodes import Alias, Mapping, Merged, Node, Scalar, Sequence, target
from tocsin.yaml.problems import UnreadableError, YamlProblem
from tocsin_schema.text.suggest import listed


class Anchors:
    """The anchors of one document, and what their aliases have added to it so far, after `before` in the same file."""

    def __init__(self, before: int = 0) -> None:
        """Begin a document."""
        self._before = before
        self._nodes: dict[str, Node | None] = {}
        self._measured: dict[int, tuple[int, int]] = {}
        self._places: dict[str, tuple[int, int]] = {}
        self._added = 0
        self.multiplied: YamlProblem | None = None
        """What to say of the alias that has made the document larger than it looks."""

    @property
    def added(self) -> int:
        """How many values aliases have added, to this document and those before it."""
        return self._before + self._added

    def begin(self, name: str) -> None:
        """Note that what the anchor stands for has begun and is not whole yet."""
        self._nodes[name] = None

    def hiding(self, name: str, start: int, end: int) -> YamlProblem | None:
        """Note where an anchor stands; return what is wrong where it hides an earlier one of the same name."""
        earlier = self._places.get(name)
        self._places[name] = (start, end)
        if earlier is None:
            return None
        message = f"a second anchor is called `&{name}`: from here on `*{name}` means this one"
        return YamlProblem("TOC114", message, start, end, "give it another name", ("the first one is here", *earlier))

    def define(self, name: str, node: Node) -> None:
        """Note what an anchor stands for; a later one of the same name takes its place."""
        self._nodes[name] = node

    def target(self, name: str, start: int, end: int, depth: int) -> Node:
        """Return what an alias at this depth stands for. Raises UnreadableError where that is nothing, or too much."""
        if name not in self._nodes:
            message = f"there is no anchor `&{name}` above"
            raise UnreadableError(
                YamlProblem("TOC101", message, start, end, "put the value in quotes if it is text, or mend the name")
            )
        node = self._nodes[name]
        if node is None:
            raise UnreadableError(
                YamlProblem("TOC103", f"`*{name}` stands inside its own anchor", start, end, "write it out")
            )
        size, height = self._measure(node)
        self._added += size
        if self._added > ALIASED_UNNOTICED >= self._added - size:
            message = f"aliases add more than {ALIASED_UNNOTICED:,} values to this document"
            self.multiplied = YamlProblem("TOC115", message, start, end, "write out what is needed")
        if self.added > ALIASED_NODES:
            what = "file" if self._before else "document"
            message = f"aliases make this {what} larger by more than {ALIASED_NODES:,} values"
            raise UnreadableError(YamlProblem("TOC103", message, start, end, "write out what is needed"))
        if depth + height > NESTING:
            message = f"with its aliases this lies more than {NESTING} deep"
            raise UnreadableError(YamlProblem("TOC103", message, start, end, "write out what is needed"))
        return node

    def _measure(self, node: Node) -> tuple[int, int]:
        """Return how many values a value holds, itself included, and how deep they lie; aliases followed."""
        node = target(node)
        if isinstance(node, Scalar):
            return 1, 0
        known = self._measured.get(id(node))
        if known is None:
            inner = node.items if isinstance(node, Sequence) else [value for _, value in _entries(node)]
            measured = [self._measure(each) for each in inner]
            known = 1 + sum(size for size, _ in measured), 1 + max((height for _, height in measured), default=0)
            self._measured[id(node)] = known  # nodes live as long as their document, so ids stay theirs
        return known


def merge(mapping: Mapping, merges: list[tuple[Scalar, Node]]) -> list[YamlProblem]:
    """Add to a mapping what its `<<` merge; return what is wrong with them. Keys that are written win, then the first.

    What this adds is counted already: with the aliases after `<<`.
    """
    problems = []
    own = {key.value for key, _ in mapping.entries}
    merged_from: dict[str, tuple[Node, Node]] = {}
    for key, node in merges:
        inside = target(node)
        sources = inside.items if isinstance(inside, Sequence) else [node]
        if not all(isinstance(target(each), Mapping) for each in sources):
            problems.append(
                YamlProblem("TOC105", "`<<` takes a mapping or a list of mappings", key.start, key.end, "remove it")
            )
            continue
        for each in sources:
            hidden: list[tuple[str, Node]] = []
            for merged_key, value in _entries(target(each)):
                name = merged_key.value
                if name in merged_from:
                    first, taken = merged_from[name]
                    if first is not each and not _alike(taken, value):
                        hidden.append((name, first))
                elif name not in own:
                    merged_from[name] = each, value
                    merged = Merged(each.start, each.end, value) if isinstance(each, Alias) else value
                    mapping.entries.append((merged_key, merged))
            if hidden:
                problems.append(_hidden(each, hidden))
    return problems


def _hidden(source: Node, hidden: list[tuple[str, Node]]) -> YamlProblem:
    """Return what is wrong with a merged mapping whose keys an earlier one gives otherwise."""
    names, first = listed([name for name, _ in hidden], most=4), hidden[0][1]
    message = f"{names} of this mapping {'has' if len(hidden) == 1 else 'have'} no effect: one merged before wins"
    related = ("the one that wins is merged here", *_shown(first))
    return YamlProblem("TOC114", message, *_shown(source), "write the key that is meant into the mapping", related)


def _shown(node: Node) -> tuple[int, int]:
    return node.start, node.end if isinstance(node, Alias) else node.start + 1


def _alike(one: Node, other: Node) -> bool:
    one, other = target(one), target(other)
    if isinstance(one, Scalar) and isinstance(other, Scalar):
        return (one.value, bool(one.style), one.tag) == (other.value, bool(other.style), other.tag)
    return one is other


def _entries(node: Node) -> list[tuple[Scalar, Node]]:
    return node.entries if isinstance(node, Mapping) else []
