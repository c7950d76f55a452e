"""The one writer of files: one is there once it is whole, and until then what was there before."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from tocsin_dispatcher.errors import OperatorError

PRIVATE = 0o600
"""The mode of what is written: captured values are in it as they are."""

LINKS = 40
"""Links that lead to links, as many as Linux follows."""

STREAMS = ("/proc", "/dev/fd")
"""Where /dev/stdout and its like lead: to what is open already, and can't be replaced."""


@contextmanager
def written_whole(path: Path) -> Iterator[TextIO]:
    """Return an ASCII file to write, which only its owner may read; raises OperatorError.

    It takes its name at the end; on an error what was there stays. Of a link the file that it leads to is written, and
    what is no file (a terminal, a pipe, /dev/stdout) is written to as it is.
    """
    try:
        file = _regular_file(path)
        if file is None:
            with path.open("w", encoding="ascii") as out:
                yield out
            return
        part = file.with_name(f"{file.name}.part")
        try:
            part.unlink(missing_ok=True)
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE), "w", encoding="ascii") as out:
                yield out
                out.flush()
                os.fsync(out.fileno())
            part.replace(file)
            _sync_folder(file.parent)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise OperatorError(f"{path} can't be written: {error.strerror}") from None


def _regular_file(path: Path) -> Path | None:
    """Return the file that a path leads to, there or not yet; None where that is no regular file, or one that is open."""
    for _ in range(LINKS):
        path = path.parent.resolve() / path.name
        if any(path.is_relative_to(each) for each in STREAMS):
            return None
        if not path.is_symlink():
            return path if path.is_file() or not path.exists() else None
        path = path.parent / path.readlink()
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))


def _sync_folder(folder: Path) -> None:
    with suppress(OSError):  # not every file system can
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
