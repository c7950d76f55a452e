"""From text to node trees, on libyaml's events: no composer, so hostile nesting ends where we say."""

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from tocsin.source.core_schema import CORE_TAGS, number_problem
from tocsin.source.nodes import Alias, Mapping, Node, Scalar, Sequence, target
from tocsin.source.problems import YamlProblem, syntax_problem, unquoted_reference

MAX_DEPTH = 100
MAX_NODES = 100_000
"""Nodes of one file with every alias written out."""

FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
"""Characters that no YAML stream may hold (YAML 1.2, section 5.1)."""

PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
KEPT_TAGS = {None, "!", "tag:yaml.org,2002:str", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}
MERGE = "<<"


@dataclass(slots=True)
class Parsed:
    """The documents of a file up to the first syntax error, and what is wrong with them."""

    documents: list[Node] = field(default_factory=list)
    problems: list[YamlProblem] = field(default_factory=list)
    broken: bool = False
    """Whether reading stopped before the end of the file."""


def parse(text: str) -> Parsed:
    """Read every document of a text. Never raises, whatever the text."""
    parsed = Parsed()
    forbidden = FORBIDDEN.search(text)
    if forbidden is not None:
        at = forbidden.start()
        message = f"the character U+{ord(text[at]):04X} can't stand in YAML"
        parsed.problems.append(YamlProblem("TOC101", message, at, at + 1, 'write it as an escape in double quotes: "\\0"'))
        parsed.broken = True
        return parsed
    builder = _Builder(text, parsed)
    try:
        for event in yaml.parse(text, Loader=PARSER):
            builder.take(event)
    except _StopReading as stop:
        parsed.problems.append(stop.problem)
        parsed.broken = True
    except (yaml.YAMLError, ValueError) as error:
        # A ValueError is a character number that libyaml hands to Python without a look.
        if isinstance(error, yaml.YAMLError):
            parsed.problems.append(syntax_problem(error, text))
        else:
            parsed.problems.append(YamlProblem("TOC101", f"not YAML: {error}", 0, 1))
        parsed.broken = True
    return parsed


class _StopReading(Exception):
    def __init__(self, problem: YamlProblem) -> None:
        super().__init__(problem.message)
        self.problem = problem


@dataclass(slots=True)
class _Open:
    """A collection that is being read; `key` is the key whose value comes next."""

    node: Mapping | Sequence
    anchor: str | None
    key: Scalar | None = None
    merges: list[Node] = field(default_factory=list)
    count: int = 1


class _Builder:
    def __init__(self, text: str, parsed: Parsed) -> None:
        self.text = text
        self.parsed = parsed
        self.open: list[_Open] = []
        self.anchors: dict[str, tuple[Node, int] | None] = {}
        self.count = 0

    def take(self, event: Any) -> None:
        start, end = event.start_mark.index, event.end_mark.index
        if isinstance(event, yaml.ScalarEvent):
            style = event.style or ""
            node = Scalar(start, end, event.value, "" if style == ":" else style, event.tag)
            self._judge(node)
            self._finish(node, event.anchor, 1)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._begin(event, start, end)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self._end(end)
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event.anchor, start, end)
        elif isinstance(event, yaml.DocumentStartEvent):
            self.anchors.clear()

    def _begin(self, event: Any, start: int, end: int) -> None:
        if len(self.open) >= MAX_DEPTH:
            message = f"nested deeper than {MAX_DEPTH} levels"
            raise _StopReading(YamlProblem("TOC103", message, start, start + 1))
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        if event.flow_style and is_mapping and self.text.startswith("{{", start) and not self._in_braces():
            self.parsed.problems.append(unquoted_reference(self.text, start))
        elif event.tag not in KEPT_TAGS:
            self._tag(event.tag, start)
        node: Mapping | Sequence = Mapping(start, end) if is_mapping else Sequence(start, end)
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        self.open.append(_Open(node, event.anchor))

    def _in_braces(self) -> bool:
        return bool(self.open) and self.text.startswith("{{", self.open[-1].node.start)

    def _end(self, end: int) -> None:
        done = self.open.pop()
        done.node.end = end
        if isinstance(done.node, Mapping):
            for merged in done.merges:
                self._merge(done.node, merged)
        self._finish(done.node, done.anchor, done.count)

    def _alias(self, anchor: str, start: int, end: int) -> None:
        if anchor not in self.anchors:
            problem = YamlProblem("TOC101", f"there is no anchor `&{anchor}` above", start, end)
            raise _StopReading(problem)
        anchored = self.anchors[anchor]
        if anchored is None:
            raise _StopReading(YamlProblem("TOC103", f"`*{anchor}` stands inside its own anchor", start, end))
        node, count = anchored
        self.count += count
        if self.count > MAX_NODES:
            message = f"aliases make this file larger than {MAX_NODES:,} values"
            raise _StopReading(YamlProblem("TOC103", message, start, end))
        self._finish(Alias(start, end, node), None, count)

    def _finish(self, node: Node, anchor: str | None, count: int) -> None:
        """Put a finished value where it belongs."""
        self.count += 1
        if anchor is not None:
            self.anchors[anchor] = (node, count)
        if not self.open:
            self.parsed.documents.append(node)
            return
        parent = self.open[-1]
        parent.count += count
        if isinstance(parent.node, Sequence):
            parent.node.items.append(node)
        elif parent.key is None:
            parent.key = self._key(node)
        else:
            key, parent.key = parent.key, None
            if key.value == MERGE and not key.style:
                parent.merges += self._merged(key, node)
            else:
                self._entry(parent.node, key, node)

    def _key(self, node: Node) -> Scalar:
        key = target(node)
        if isinstance(key, Scalar):
            return Scalar(node.start, node.end, key.value, key.style, key.tag)
        if not self.text.startswith("{", node.start) or not self._in_braces():
            problem = YamlProblem("TOC105", "a key must be text", node.start, min(node.end, node.start + 1))
            self.parsed.problems.append(problem)
        return Scalar(node.start, node.end, self.text[node.start : node.end], "")

    def _entry(self, mapping: Mapping, key: Scalar, value: Node) -> None:
        first = mapping.entry(key.value)
        if first is not None:
            self.parsed.problems.append(
                YamlProblem(
                    "TOC102",
                    f"the key `{key.value}` is given twice",
                    key.start,
                    key.end,
                    "remove one of the two",
                    ("the first one is here", first[0].start, first[0].end),
                )
            )
        mapping.entries.append((key, value))

    def _merged(self, key: Scalar, node: Node) -> list[Node]:
        """Give the mappings that `<<` merges, the strongest first."""
        inside = target(node)
        sources = inside.items if isinstance(inside, Sequence) else [node]
        if all(isinstance(target(each), Mapping) for each in sources):
            return sources
        problem = YamlProblem("TOC105", "`<<` takes a mapping or a list of mappings", key.start, key.end)
        self.parsed.problems.append(problem)
        return []

    def _merge(self, mapping: Mapping, source: Node) -> None:
        """Take over the keys that the mapping does not have."""
        merged = target(source)
        if isinstance(merged, Mapping):
            known = {key.value for key, _ in mapping.entries}
            mapping.entries += [each for each in merged.entries if each[0].value not in known]

    def _judge(self, node: Scalar) -> None:
        if node.tag not in KEPT_TAGS:
            self._tag(node.tag or "", node.start)
        elif not node.style and node.value:
            problem = number_problem(node.value)
            if problem is not None:
                code = "TOC103" if problem.startswith("a number") else "TOC105"
                self.parsed.problems.append(YamlProblem(code, problem, node.start, node.end, "put it in quotes"))

    def _tag(self, tag: str, start: int) -> None:
        shown = "!!" + tag.rpartition(":")[2] if tag in CORE_TAGS else tag
        self.parsed.problems.append(YamlProblem("TOC105", f"the tag `{shown}` is not used here", start, start + 1, "remove it"))
