"""Where an answer's head ends, and one word of it on where its body does (RFC 9112, section 6.3).

llhttp refuses a head that speaks of the body's length twice. Real receivers and what stands before them send such heads;
here they are made plain, before the parser reads them.
"""

import re
from typing import NamedTuple

from tocsin_dispatcher.errors import DispatcherError

HEAD_END = re.compile(rb"\n\r?\n")
FIELD = rb"\n(%s)[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)"
FRAMING = re.compile(FIELD % rb"content-length|transfer-encoding", re.IGNORECASE)
LENGTH = re.compile(FIELD % rb"content-length", re.IGNORECASE)
CODING = re.compile(FIELD % rb"transfer-encoding", re.IGNORECASE)
BEGINNING = b"HTTP/"


class NotHttpError(DispatcherError):
    """What came is no HTTP. The text says why."""


class Head(NamedTuple):
    """A head, as the parser is to read it."""

    content: bytes
    last: bool = False
    """Whether nothing that follows on the connection may be trusted, however the answer ends."""


def head_size(data: bytes | bytearray, searched: int = 0) -> int | None:
    """Return how many bytes the head has with which data begins, None where its end has not come.

    `searched` bytes were looked through before. Raises NotHttpError as soon as it is seen that no head begins here.
    """
    begins = data[:16].lstrip(b"\r\n")[: len(BEGINNING)]
    if not BEGINNING.startswith(begins):
        raise NotHttpError(f"it doesn't begin with {BEGINNING.decode()}")
    found = HEAD_END.search(data, max(0, searched - 2))
    return found.end() if found is not None else None


def plain(head: bytes) -> Head:
    """Return the head with one word on its body's length at most; raises NotHttpError where it states two.

    With `Transfer-Encoding` any `Content-Length` is left out, and equal ones are one. `identity`, as HTTP/1.1 had it
    once (RFC 2616, section 3.6), says nothing.
    """
    stated = FRAMING.findall(head)
    if len(stated) == 1 and stated[0][0].lower() == b"content-length" and b"," not in stated[0][1]:  # nearly always
        return Head(head)
    codings, lengths = _members(CODING, head), _members(LENGTH, head)
    if any(each.lower() != b"identity" for each in codings):
        kept = LENGTH.sub(b"", head) if lengths else head
        return Head(kept, last=bool(lengths) or head.lstrip().startswith(b"HTTP/1.0"))
    head = CODING.sub(b"", head)
    if not lengths:
        return Head(head)
    if len(set(lengths)) > 1:
        raise NotHttpError(f"its head states different lengths of the body, {_spoken(lengths)}")
    begin, end = next(LENGTH.finditer(head)).span()
    one = b"\nContent-Length: " + lengths[0] + b"\r"
    return Head(head[:begin] + one + LENGTH.sub(b"", head[end:]))


def _members(field: re.Pattern[bytes], head: bytes) -> list[bytes]:
    """Return the members of a list, which may stand in several lines (RFC 9110, section 5.3)."""
    values = b",".join(value for _, value in field.findall(head)).split(b",")
    return [each.strip() for each in values if each.strip()]


def _spoken(lengths: list[bytes]) -> str:
    return " and ".join(dict.fromkeys(each[:20].decode("ascii", "replace") for each in lengths))
