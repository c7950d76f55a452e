"""One layout for definitions: what `tocsin fmt` makes of a text. Pure.

Blocks are indented by two, lists two deeper than their key; no blanks at the ends of lines, one line break at the end
of the file, `---` between documents. What stands inside quotes, brackets and blocks of text stays as it was written, and
so do comments. Where the result does not hold the same values and the same comments, the text stays as it is.
"""

import io
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from ruamel.yaml import YAML

from tocsin.yaml.comments import comments
from tocsin.yaml.nodes import Alias, Mapping, Node, Scalar, Sequence, to_plain
from tocsin.yaml.parser import parse
from tocsin_schema.models import Alert, Integration, Monitor, Sample

ORDER = {
    each.__name__.lower(): tuple(field.alias or name for name, field in each.model_fields.items())
    for each in (Integration, Alert, Monitor, Sample)
}
"""The keys of a document in the order in which the models have them, by kind; a project file is no such document."""

DIRECTIVE = re.compile(r"^%", re.MULTILINE)
BLANKS = re.compile(r"[ \t]+(?=\n|\Z)")
AT_END = re.compile(r"\n{2,}\Z")
WIDTH = 1 << 20
KEEPING = ("|", ">", '"')


@dataclass(frozen=True, slots=True)
class Formatted:
    """The text in its layout; with `reason` it is the text that was given, and the reason says why."""

    text: str
    reason: str | None = None


def formatted(text: str) -> Formatted:
    """Return a text in the layout that all definitions have. Never raises; a second time changes nothing."""
    ending = "\r\n" if "\r\n" in text else "\n"
    source = text.replace("\r\n", "\n")
    if "\r" in source:
        return Formatted(text, "it has line breaks of old Macs")
    if DIRECTIVE.search(source):
        return Formatted(text, "a line in it starts with `%`")
    parsed = parse(source)
    if parsed.broken or any(each.code in ("TOC101", "TOC102", "TOC103", "TOC106") for each in parsed.problems):
        return Formatted(text, "it can't be read; `tocsin validate` shows why")
    result = _laid_out(source)
    if result is None or not _same(source, result):
        return Formatted(text, "its values or comments would not stay what they are")
    if result != source and _laid_out(result) != result:
        return Formatted(text, "no layout of it is stable")
    return Formatted(result.replace("\n", ending))


def _laid_out(text: str) -> str | None:
    """Return the text in its layout, with no promise that it says the same; None where it can't be written."""
    if not parse(text).documents:
        return _tidied(text)
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = WIDTH
    yaml.indent(mapping=2, sequence=4, offset=2)
    written = io.StringIO()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            documents = list(yaml.load_all(text))
            _order(documents, text)
            yaml.dump_all(documents, written)
    except Exception:  # whatever it is that ruamel.yaml can't write, the file stays as it is
        return None
    result = written.getvalue()
    if "\n..." not in text:  # the writer ends some documents that no person would end
        result = result.removesuffix("...\n")
    return _tidied(_as_written(text, result))


def _same(before: str, after: str) -> bool:
    """Whether two texts hold the same values and the same comments, in the same order."""
    one, other = parse(before), parse(after)
    if [to_plain(each) for each in one.documents] != [to_plain(each) for each in other.documents]:
        return False
    if other.broken or len(other.problems) > len(one.problems):
        return False
    return [each.text for each in comments(before, "#")] == [each.text for each in comments(after, "#")]


def _order(documents: list[object], text: str) -> None:
    """Bring the keys of documents into the order of the models, where no comment or empty line could lose its place."""
    if comments(text, "#") or "\n\n" in text:
        return
    for document in documents:
        if isinstance(document, dict):
            known = ORDER.get(str(document.get("kind")), ())
            for key in reversed([each for each in known if each in document]):
                document.move_to_end(key, last=False)  # type: ignore[attr-defined]


def _as_written(before: str, after: str) -> str:
    """Put back, as they were written, values that the writer wrote in another way."""
    old, new = parse(before).documents, parse(after).documents
    if len(old) != len(new):
        return after
    pairs = [pair for one, other in zip(old, new, strict=True) for pair in _pairs(one, other)]
    for one, other in sorted(pairs, key=lambda pair: pair[1].start, reverse=True):
        raw = _moved(before, one, _indentation(after, other.start) - _indentation(before, one.start))
        if raw != after[other.start : other.end]:
            blank = " " if other.start and after[other.start - 1] in ":-" else ""
            after = after[: other.start] + blank + raw + after[other.end :]
    return after


def _pairs(old: Node, new: Node) -> Iterator[tuple[Node, Node]]:
    """Yield the values of two trees that stand for one another: scalars that are no blocks, and what is in brackets."""
    if isinstance(old, Alias) or type(old) is not type(new):
        return
    if isinstance(old, Scalar) and isinstance(new, Scalar):
        if old.style not in ("|", ">") and new.style not in ("|", ">"):
            yield old, new
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        if old.flow and new.flow:
            yield old, new
            return
        for key, value in old.entries:
            entry = new.entry(key.value)
            if entry is not None and not isinstance(value, Alias):
                yield key, entry[0]
                yield from _pairs(value, entry[1])
    elif isinstance(old, Sequence) and isinstance(new, Sequence):
        if old.flow and new.flow:
            yield old, new
            return
        for one, other in zip(old.items, new.items, strict=False):
            yield from _pairs(one, other)


def _moved(text: str, node: Node, by: int) -> str:
    """Return a value as it is written, the lines after its first moved to the right (or, below zero, to the left)."""
    first, *others = text[node.start : node.end].split("\n")
    moved = [
        " " * (len(line) - len(line.lstrip(" ")) + by) + line.lstrip(" ") if line.strip() else "" for line in others
    ]
    return "\n".join([first, *moved])


def _indentation(text: str, offset: int) -> int:
    line = text[text.rfind("\n", 0, offset) + 1 : offset]
    return len(line) - len(line.lstrip(" "))


def _tidied(text: str) -> str:
    """Return the text without blanks at the ends of lines, and with one line break at its end.

    Blocks of text and double quotes keep theirs: there they may mean something.
    """
    texts = [each for document in parse(text).documents for each in _scalars(document) if each.style in KEEPING]
    kept = iter(sorted(texts, key=lambda each: each.start))
    parts, at, current = [], 0, next(kept, None)
    for found in BLANKS.finditer(text):
        while current is not None and current.end <= found.start():
            current = next(kept, None)
        if current is None or found.start() < current.start:
            parts.append(text[at : found.start()])
            at = found.end()
    tidy = "".join([*parts, text[at:]])
    if not any(each.end > len(text.rstrip("\n")) + 1 for each in texts):
        tidy = AT_END.sub("\n", tidy)
    return tidy if tidy.endswith("\n") or not tidy else tidy + "\n"


def _scalars(node: Node) -> Iterator[Scalar]:
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Mapping):
        for key, value in node.entries:
            if not isinstance(value, Alias):
                yield key
                yield from _scalars(value)
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _scalars(item)
