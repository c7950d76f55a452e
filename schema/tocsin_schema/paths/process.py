"""Following paths for another process, within limits: what it asks on standard input is answered on standard output.

A request is three lengths and so many bytes: which paths, the body's text, the body. The answer is one `BEGIN` once
following begins, then for each path in its order a length and what it found, as soon as it is found. Where the limit of
processor time is reached the system ends this process; whoever asked sees what was found until then.
"""

import json
import signal
import struct
from collections.abc import Sequence
from importlib import import_module
from typing import BinaryIO

from tocsin_schema import limited_process
from tocsin_schema.limited_process import command_of, count_down
from tocsin_schema.paths.following import follow
from tocsin_schema.paths.found import Found, PathInto

DEADLINE = 0.25
"""Seconds of processor time that the paths of one answer may take together."""
MEMORY = 256 * 1024 * 1024
"""Bytes of address space that the process may have: with its libraries it takes 50 MiB."""
LONGEST_VALUE = 512 * 1024
"""Bytes of a value found, as JSON with escapes: those of a body of 64 KiB take 400 KB at the most; an XPath can repeat it."""
ALL_VALUES = 4 * LONGEST_VALUE
"""Bytes of all values found in one body."""

LENGTHS = struct.Struct(">III")
LENGTH = struct.Struct(">I")
TOO_DEEP = "the value is nested too deeply"
BEGIN = b"\x06"
LIBRARIES = {"json": "tocsin_schema.paths.json_language", "xml": "lxml.etree"}
"""What takes long to load, and is loaded before the time counts."""


def command() -> list[str]:
    """Return the command that starts the process."""
    return command_of("tocsin_schema.paths")


def why_it_ended(status: int | None) -> str:
    """Return why not every path was followed, where the process ended with this exit status (negative: by a signal)."""
    if status is not None and status == -getattr(signal, "SIGPROF", 0):
        return f"judging took longer than {DEADLINE * 1000:.0f} ms of processor time"
    return f"judging broke off: what follows its paths ended with status {status}, as for want of memory"


def request_of(paths: Sequence[PathInto], text: str, body: bytes) -> bytes:
    """Return what asks for the paths of a body; of text and body it holds what they lead into."""
    sources = {each.source for each in paths}
    which = json.dumps(paths).encode()
    as_text = text.encode("utf-8", "replace") if "json" in sources else b""
    as_bytes = body if "xml" in sources else b""
    return LENGTHS.pack(len(which), len(as_text), len(as_bytes)) + which + as_text + as_bytes


def found_of(answer: bytes) -> Found:
    """Return what a path found, by its answer."""
    try:
        values, unreadable = json.loads(answer)
    except RecursionError:  # there may be less room for it here than where it was written
        return Found(unreadable=TOO_DEEP)
    return Found(tuple(values), unreadable)


def all_found(said: bytes) -> list[Found]:
    """Return what the paths of one request found, by all that the process said; half an answer is none."""
    found: list[Found] = []
    at = len(BEGIN)
    while at + LENGTH.size <= len(said):
        (length,) = LENGTH.unpack_from(said, at)
        at += LENGTH.size
        if at + length <= len(said):
            found.append(found_of(said[at : at + length]))
        at += length
    return found


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests until there are no more."""
    while len(lengths := requests.read(LENGTHS.size)) == LENGTHS.size:
        which, text, body = (requests.read(length) for length in LENGTHS.unpack(lengths))
        paths = [PathInto(*each) for each in json.loads(which)]
        for source in {each.source for each in paths}:
            import_module(LIBRARIES[source])
        answers.write(BEGIN)
        answers.flush()
        count_down(DEADLINE)
        left = ALL_VALUES
        for found in follow(paths, text.decode("utf-8"), body or text):
            content = _answer(found, left)
            left -= len(content)
            answers.write(LENGTH.pack(len(content)) + content)
            answers.flush()
        count_down(0)


def limit() -> None:
    """Bound what this process may take; nothing but the end of its requests ends it from outside."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    limited_process.limit(address_space=MEMORY, file_size=0)


def _answer(found: Found, left: int) -> bytes:
    try:
        content = json.dumps([found.values, found.unreadable]).encode("ascii")
    except RecursionError:
        return _refused(TOO_DEEP)
    if len(content) > LONGEST_VALUE:
        return _refused("what the path finds is longer than the body can be")
    return content if len(content) <= left else _refused("what the paths of this step find is too much together")


def _refused(reason: str) -> bytes:
    return json.dumps([(), reason]).encode("ascii")
