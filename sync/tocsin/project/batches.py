"""What files hold: their texts, the values of their documents, and what is wrong with them."""

from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tocsin.project.file_names import misnamed
from tocsin.project.files import Found
from tocsin.project.packed import Block, Packing
from tocsin.project.receiver_schemas import receivers_named
from tocsin.yaml.limits import FILE_SIZE
from tocsin.yaml.nodes import JsonValue, Node, to_plain
from tocsin.yaml.parser import Parsed, parse
from tocsin.yaml.problems import UnreadableError, YamlProblem

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
        except UnreadableError as error:
            text = error.shown if isinstance(error, NotUtf8Error) else ""
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


UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class NotUtf8Error(UnreadableError):
    """Bytes that are no text; `shown` is the nearest text to show them in."""

    def __init__(self, problem: YamlProblem, shown: str) -> None:
        super().__init__(problem)
        self.shown = shown


def bytes_of(found: Found) -> bytes:
    """Return what a file holds. Raises UnreadableError where it can't be read, or is too large."""
    if found.problem is not None:
        raise UnreadableError(YamlProblem("TOC104", found.problem, 0, 0, found.help))
    try:
        with Path(found.path).open("rb") as file:
            data = file.read(FILE_SIZE + 1)
    except OSError as error:
        raise UnreadableError(YamlProblem("TOC104", f"can't be read: {error.strerror}", 0, 0)) from error
    return limited(data)


def limited(data: bytes) -> bytes:
    """Return what a file holds. Raises UnreadableError where that is too much."""
    if len(data) > FILE_SIZE:
        raise UnreadableError(YamlProblem("TOC103", f"larger than {FILE_SIZE:,} bytes", 0, 0, "split the file"))
    return data


def decoded(data: bytes) -> str:
    """Return the text of a file without its byte order mark. Raises NotUtf8Error."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # `error.object` lacks the byte order mark that the codec has taken off, and `error.start` counts from there.
        at = len(error.object[: error.start].decode("utf-8", "replace"))
        utf_16 = data.startswith(UTF_16)
        message = "not UTF-8 but UTF-16" if utf_16 else f"not UTF-8: the byte 0x{error.object[error.start]:02X}"
        problem = YamlProblem("TOC104", message, at, at + 1, "save the file as UTF-8")
        raise NotUtf8Error(problem, "" if utf_16 else error.object.decode("utf-8", "replace")) from error
