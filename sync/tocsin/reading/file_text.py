"""The text of a file, or why it has none."""

from pathlib import Path

from tocsin.reading.folder import Found
from tocsin.reading.limits import FILE_SIZE
from tocsin.reading.problems import Unreadable, YamlProblem

UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class NotUtf8(Unreadable):
    """Bytes that are no text; `shown` is the nearest text to show them in."""

    def __init__(self, problem: YamlProblem, shown: str) -> None:
        super().__init__(problem)
        self.shown = shown


def bytes_of(found: Found) -> bytes:
    """Give what a file holds. Raises Unreadable where it can't be read, or is too large."""
    if found.problem is not None:
        raise Unreadable(YamlProblem("TOC104", found.problem, 0, 0, found.help))
    try:
        with Path(found.path).open("rb") as file:
            data = file.read(FILE_SIZE + 1)
    except OSError as error:
        raise Unreadable(YamlProblem("TOC104", f"can't be read: {error.strerror}", 0, 0)) from error
    return limited(data)


def limited(data: bytes) -> bytes:
    """Give what a file holds. Raises Unreadable where that is too much."""
    if len(data) > FILE_SIZE:
        raise Unreadable(YamlProblem("TOC103", f"larger than {FILE_SIZE:,} bytes", 0, 0, "split the file"))
    return data


def decoded(data: bytes) -> str:
    """Give the text of a file without its byte order mark. Raises NotUtf8."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # `error.object` lacks the byte order mark that the codec has taken off, and `error.start` counts from there.
        at = len(error.object[: error.start].decode("utf-8", "replace"))
        utf_16 = data.startswith(UTF_16)
        message = "not UTF-8 but UTF-16" if utf_16 else f"not UTF-8: the byte 0x{error.object[error.start]:02X}"
        problem = YamlProblem("TOC104", message, at, at + 1, "save the file as UTF-8")
        raise NotUtf8(problem, "" if utf_16 else error.object.decode("utf-8", "replace")) from error
