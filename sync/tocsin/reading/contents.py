"""What files hold: their texts, the values of their documents, and what is wrong with them."""

from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tocsin.reading.events import Parsed, parse
from tocsin.reading.file_names import misnamed
from tocsin.reading.file_text import NotUtf8, bytes_of, decoded, limited
from tocsin.reading.folder import Found
from tocsin.reading.nodes import JsonValue, Node, to_plain
from tocsin.reading.packed import Block, Packing
from tocsin.reading.problems import Unreadable, YamlProblem
from tocsin.reading.receiver_files import receivers_named

MARKED = YamlProblem("TOC112", "the file begins with a byte order mark", 0, 0, "save it as UTF-8 without one")


@dataclass(frozen=True, slots=True)
class FileContents:
    """What is known of a file beside its text and the values of its documents."""

    documents: int = 0
    """How many they are."""
    problems: Sequence[YamlProblem] = ()
    receivers: Sequence[str] = ()
    """The schemas that they name under `accepts`."""
    broken: bool = False
    """Whether it could not be read to its end, or something in it was guessed."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some files, in order: what is known of each, their texts, and the values of all their documents."""

    files: Sequence[FileContents]
    texts: Sequence[Block]
    values: Sequence[Block]


def read_batch(
    files: Iterable[Found], instead: Mapping[str, bytes], keep: Callable[[str, list[Node], int], None] | None = None
) -> Batch:
    """Read files; `instead` gives contents to read in place of those of some. Never raises for what a file holds.

    `keep` is given the name of each, the trees of its documents and the length of its text.
    """
    contents, texts, values = list[FileContents](), Packing[str](), Packing[JsonValue]()
    for each in files:
        try:
            data = bytes_of(each) if each.name not in instead else limited(instead[each.name])
            text = decoded(data)
        except Unreadable as error:
            text = error.shown if isinstance(error, NotUtf8) else ""
            contents.append(FileContents(problems=[error.problem]))
            texts.add(text, len(text))
            continue
        parsed = parse(text)
        read = [to_plain(node) for node in parsed.documents]
        contents.append(_known(each.name, parsed, read, marked=data.startswith(BOM_UTF8)))
        texts.add(text, len(text))
        for node, value in zip(parsed.documents, read, strict=True):
            values.add(value, node.end - node.start)
        if keep is not None:
            keep(each.name, parsed.documents, len(text))
    return Batch(contents, texts.blocks(), values.blocks())


def _known(file: str, parsed: Parsed, values: Sequence[JsonValue], *, marked: bool) -> FileContents:
    problems = (*([MARKED] if marked else []), *parsed.problems, *misnamed(file, parsed.documents, values))
    receivers = tuple(name for value in values for name in receivers_named(value))
    return FileContents(len(values), problems, receivers, parsed.broken)
