"""The one writer of files: whoever looks sees what was there before or all that is new, after a crash too.

`replace_contents` writes one file. Where several change together, `stage` writes each beside its place, and
`put_in_place` puts them there once all are written.
"""

import errno
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

NEW_FILE = 0o666
"""The mode of a new file, before the umask."""

PRIVATE = 0o600
"""The mode of a file that its owner alone may read, and of every file until it is whole."""

NOT_REPLACED = (errno.EACCES, errno.EBUSY, errno.EPERM, errno.EROFS)
"""Why a file can't be replaced that perhaps can be written."""

LINKS = 40
"""Links that lead to links, as many as Linux follows."""

STREAMS = ("/proc", "/dev/fd")
"""Where /dev/stdout and its like lead: to what is open already, and can't be replaced."""


@dataclass(frozen=True, slots=True)
class StagedFile:
    """New contents, on disk, beside the file whose place they are to take."""

    path: Path
    temporary: Path

    def discard(self) -> None:
        """Remove what was written, unless it is in its place."""
        with suppress(OSError):
            self.temporary.unlink()


def replace_contents(path: Path, data: bytes, *, private: bool = False) -> None:
    """Write a whole file, in place of one that is there.

    An existing file keeps its mode and its owner; a new one gets the mode that the umask leaves; a `private` one its
    owner alone can read, whatever it was. Of a link the file that it leads to is written, and what is no file (a
    terminal, a pipe, /dev/stdout) is written to as it is. So is, unless it is to be `private`, a file that can be
    written and not replaced: in a folder that can't be written, or mounted by itself into a container. Raises OSError;
    a file that was there and could be replaced is as it was then.
    """
    file = _regular_file(path)
    if file is not None:
        try:
            put_in_place([stage(file, data, private=private)])
            return
        except OSError as error:
            if error.errno not in NOT_REPLACED or private or not file.exists():
                raise
    with path.open("wb") as stream:
        stream.write(data)


def create(path: Path, data: bytes) -> None:
    """Write a whole new file; raises FileExistsError where there is something by that name, even a link to nothing."""
    staged = stage(path, data)
    try:
        try:
            os.link(staged.temporary, path)
        except FileExistsError:
            raise
        except OSError:  # a file system without hard links: take the name, then fill it
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
            staged.temporary.replace(path)
        _sync_folder(path.parent)
    finally:
        staged.discard()


def stage(path: Path, data: bytes, *, private: bool = False) -> StagedFile:
    """Write what a file is to hold beside it, with the mode that it is to have; raises OSError, and leaves nothing then.

    A link is no file here: it would be replaced.
    """
    there = path.stat() if path.exists() else None
    staged = StagedFile(path, path.with_name(f".tocsin-{os.urandom(8).hex()}"))
    mode = NEW_FILE if there is None and not private else PRIVATE
    number = os.open(staged.temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(data)
            file.flush()
            if there is not None:
                with suppress(OSError):  # only root can give files away
                    os.fchown(number, there.st_uid, there.st_gid)
                os.fchmod(number, PRIVATE if private else there.st_mode & 0o7777)
            os.fsync(number)
    except BaseException:
        staged.discard()
        raise
    return staged


def put_in_place(files: Iterable[StagedFile]) -> None:
    """Put files into their places, one after another; raises OSError, and discards those that are not there yet."""
    left = list(files)
    folders = {each.path.parent for each in left}
    try:
        while left:
            left[0].temporary.replace(left[0].path)
            del left[0]
    finally:
        for each in left:
            each.discard()
        for folder in folders:
            _sync_folder(folder)


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
