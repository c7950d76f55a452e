"""From the events of one stretch of text to node trees, with what is wrong on the way."""

import re
from collections.abc import Mapping as Table
from typing import Any

import yaml
from yaml import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from tocsin.yaml.core_schema import CORE, NUMBER_STARTS, TEXT_TAGS, TYPES, fits, number_problem
from tocsin.yaml.limits import NESTING, PROBLEMS
from tocsin.yaml.merging import Anchors, merge
from tocsin.yaml.nodes import Alias, Mapping, Node, Scalar, Sequence, target
from tocsin.yaml.problems import UnreadableError, YamlProblem
from tocsin.yaml.scalars import plain_text
from tocsin.yaml.unquoted import UnquotedReferenceError
from tocsin.yaml.yaml_1_1 import BOOLEANS, is_odd_number

PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
PROPERTY = re.compile(r"[&!]\S*(?:[ \t\r\n]+|#[^\r\n]*)*")
SURROGATE = re.compile("[\ud800-\udfff]")
COLLECTION_TAGS = {True: ("!", CORE + "map"), False: ("!", CORE + "seq")}
MERGE = "<<"


class Open:
    """A collection that is being read; `key` is the key whose value comes next, `seen` are those before."""

    __slots__ = ("anchor", "key", "merges", "node", "seen")

    def __init__(self, node: Mapping | Sequence, anchor: str | None) -> None:
        self.node = node
        self.anchor = anchor
        self.key: Scalar | None = None
        self.seen: dict[str, Scalar] = {}
        self.merges: list[tuple[Scalar, Node]] = []


class Builder:
    """Builds the documents of `source` from `base` on.

    `source` is as long as the file's text; where they differ, the text is what counts. `repaired` gives, by start, the
    values that stand in `source` for what no parser could read.
    """

    def __init__(
        self,
        text: str,
        source: str,
        base: int,
        repaired: Table[int, int],
        restored: dict[int, int],
        aliased: int = 0,
    ) -> None:
        """`aliased` is how many values aliases have added to the documents before."""
        self.text = text
        self.source = source
        self.base = base
        self.repaired = repaired
        self.restored = restored
        self.documents: list[Node] = []
        self.problems: list[YamlProblem] = []
        """What is wrong with the document that is being read, or was read last."""
        self.finished: list[YamlProblem] = []
        """What is wrong with the documents before it."""
        self.document_start = base
        self.known_until = base
        """Where the last scalar ends."""
        self.odd_scalars = False
        """Whether some plain scalar may be read otherwise by YAML 1.1."""
        self._open: list[Open] = []
        self._anchors = Anchors(aliased)
        self.aliased_before = aliased
        """How many values aliases have added to the documents before the one that is being read."""

    @property
    def aliased(self) -> int:
        """How many values aliases have added so far."""
        return self._anchors.added

    def build(self) -> None:
        """Read to the end. Raises UnquotedReferenceError, UnreadableError, yaml.YAMLError, ValueError and OverflowError."""
        get_event, base = PARSER(self.source[self.base :] if self.base else self.source).get_event, self.base
        special = bool(self.restored or self.repaired)
        while True:
            event = get_event()
            kind = type(event)
            start, end = event.start_mark.index + base, event.end_mark.index + base
            if kind is ScalarEvent:
                self.known_until = end
                if special or event.tag is not None or event.anchor is not None:
                    self._place(self._special_scalar(event, start, end))
                else:
                    node = Scalar(start, end, event.value, event.style or "")
                    self._judge(node)
                    self._place(node)
            elif kind is MappingStartEvent:
                self._begin(event, Mapping(self._content(event, start, end), end, flow=bool(event.flow_style)), start)
            elif kind is SequenceStartEvent:
                self._begin(event, Sequence(self._content(event, start, end), end, flow=bool(event.flow_style)), start)
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                self._end(end)
            elif kind is AliasEvent:
                aliased = self._anchors.target(event.anchor, start, end, len(self._open))
                if self._anchors.multiplied is not None:
                    self._note(self._anchors.multiplied)
                    self._anchors.multiplied = None
                self._place(Alias(start, end, aliased))
            elif kind is DocumentStartEvent:
                self.document_start = start
                self.aliased_before = self.aliased
                self._anchors = Anchors(self.aliased_before)
                self.finished += self.problems
                self.problems = []
            elif kind is StreamEndEvent:
                return

    def unfinished(self) -> Node | None:
        """Return what was read of a document that breaks off here, closed; None where that is nothing. It ends the reading."""
        root = self._open[0].node if self._open else None
        while self._open:
            done = self._open.pop()
            done.node.end = max(self.known_until, done.node.start)
            self._place(done.node)
        if root is not None:
            self.documents.pop()
        return root

    def in_brackets(self, offset: int) -> bool:
        """Whether a list or mapping in brackets that starts before `offset` is open."""
        return any(each.node.flow and each.node.start < offset for each in self._open)

    def bracket(self) -> int | None:
        """Return where the innermost list or mapping in brackets starts that is open, None where none is."""
        return next((each.node.start for each in reversed(self._open) if each.node.flow), None)

    def _content(self, event: Any, start: int, end: int) -> int:
        """Return where a value starts behind its anchor and tag."""
        if event.anchor is None and event.tag is None:
            return start
        for _ in range(2):
            found = PROPERTY.match(self.source, start)
            if found is None:
                break
            start = found.end()
        return min(start, end) if isinstance(event, yaml.ScalarEvent) else start

    def _special_scalar(self, event: Any, first: int, end: int) -> Scalar:
        """Return a scalar with an anchor or a tag, or one that stands in the source for something else."""
        value, style, tag = event.value, event.style or "", event.tag
        start = self._content(event, first, end)
        if self.restored:
            value = value.translate(self.restored)
        if self._is_repaired(start, end):
            value, tag = plain_text(self.text, start, end), CORE + "str"
        node = Scalar(start, end, value, style, tag)
        if tag is None:
            self._judge(node)
        elif tag not in TEXT_TAGS and tag not in TYPES:
            self._note(_wrong_tag(tag, first, start, self.text))
        elif not fits(value, tag):
            message = f"`{value[:40]}` is no `!!{tag.removeprefix(CORE)}`"
            self._note(YamlProblem("TOC105", message, start, end, "remove the tag"))
        if event.anchor is not None:
            self._anchor(event.anchor, first)
            self._anchors.define(event.anchor, node)
        return node

    def _judge(self, node: Scalar) -> None:
        """Note a scalar that no definition can hold."""
        value = node.value
        if not node.style:
            if value[:1] in NUMBER_STARTS:
                self.odd_scalars = self.odd_scalars or is_odd_number(value)
                if (problem := number_problem(value)) is not None:
                    code, reason = problem
                    self._note(YamlProblem(code, reason, node.start, node.end, "put it in quotes"))
            elif value in BOOLEANS:
                self.odd_scalars = True
        elif node.style == '"' and not value.isascii() and SURROGATE.search(value):
            # Only the pure parser lets such an escape pass.
            message = "an escape for a character that does not exist"
            raise UnreadableError(YamlProblem("TOC101", message, node.start, node.end))

    def _begin(self, event: Any, node: Mapping | Sequence, first: int) -> None:
        if len(self._open) >= NESTING:
            message = f"mappings and lists lie more than {NESTING} deep in one another"
            problem = YamlProblem(
                "TOC103", message, node.start, node.start + 1, "no definition needs that: is a bracket missing?"
            )
            raise UnreadableError(problem)
        is_mapping = isinstance(node, Mapping)
        if is_mapping and node.flow and self.source.startswith("{{", node.start):
            raise UnquotedReferenceError(node.start)
        if event.tag is not None and event.tag not in COLLECTION_TAGS[is_mapping]:
            self._note(_wrong_tag(event.tag, first, node.start, self.text))
        if event.anchor is not None:
            self._anchor(event.anchor, first)
            self._anchors.begin(event.anchor)
        self._open.append(Open(node, event.anchor))

    def _end(self, end: int) -> None:
        done = self._open.pop()
        node = done.node
        if isinstance(node, Mapping):
            if done.merges:
                for problem in merge(node, done.merges):
                    self._note(problem)
            last = node.entries[-1][1] if node.entries and not done.merges else None
        else:
            last = node.items[-1] if node.items else None
        # The end mark of a block collection is where the next thing starts, comments and empty lines later.
        node.end = end if node.flow or last is None else max(last.end, node.start)
        if done.anchor is not None:
            self._anchors.define(done.anchor, node)
        self._place(node)

    def _place(self, node: Node) -> None:
        """Put a finished value where it belongs."""
        if not self._open:
            if not (isinstance(node, Scalar) and node.start == node.end and node.tag is None):
                self.documents.append(node)
            return
        parent = self._open[-1]
        if isinstance(parent.node, Sequence):
            parent.node.items.append(node)
        elif parent.key is None:
            parent.key = self._key(node, parent)
        else:
            key, parent.key = parent.key, None
            if key.value == MERGE and not key.style:
                parent.merges.append((key, node))
            else:
                parent.node.entries.append((key, node))

    def _key(self, node: Node, parent: Open) -> Scalar:
        key = node if type(node) is Scalar else target(node)
        if not isinstance(key, Scalar):
            end = min(node.end, node.start + 1)
            self._note(YamlProblem("TOC105", "a key must be text", node.start, end, "put it in quotes"))
            return Scalar(node.start, node.end, self.text[node.start : node.end])
        if key is not node:
            key = Scalar(node.start, node.end, key.value, key.style, key.tag)
        first = parent.seen.setdefault(key.value, key)
        if first is not key:
            message = f"the key `{key.value}` is given twice"
            related = ("the first one is here", first.start, first.end)
            self._note(YamlProblem("TOC102", message, key.start, key.end, "remove one of the two", related))
        return key

    def _anchor(self, name: str, first: int) -> None:
        """Note an anchor that takes the name of another one; `first` is where its value starts, with what precedes it."""
        start = max(self.text.find(f"&{name}", first), first)
        hiding = self._anchors.hiding(name, start, start + len(name) + 1)
        if hiding is not None:
            self._note(hiding)

    def _note(self, problem: YamlProblem) -> None:
        if len(self.problems) < PROBLEMS:
            self.problems.append(problem)

    def _is_repaired(self, start: int, end: int) -> bool:
        if not self.repaired or self.text[start:end] == self.source[start:end]:
            return False
        return any(start <= each < end for each in self.repaired)


def _wrong_tag(tag: str, first: int, content: int, text: str) -> YamlProblem:
    shown = "!!" + tag.removeprefix(CORE) if tag.startswith(CORE) else tag
    at = text.find("!", first, max(content, first + 1))
    start = at if at >= 0 else first
    end = start + len(text[start:content].split(maxsplit=1)[0]) if text[start:content].strip() else start + 1
    return YamlProblem("TOC105", f"the tag `{shown[:80]}` can't stand here", start, end, "remove it")
