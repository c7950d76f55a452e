"""The marker beside a database file: one was served here, and which stamps its file may bear.

A file's stamp is `user_version` and the schema's cookie in its header (https://www.sqlite.org/fileformat2.html#the_database_header),
as they stand in the file itself, whatever its `-wal` has. A dispatcher changes it every few minutes and writes down here,
beforehand, which ones may be there. A file with another stamp is not the one that a `-wal` beside it was written for: it was
copied from a backup.
"""

import json
import os
import secrets
import struct
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

HEADER = 100
"""Bytes of a database's header."""
PRIVATE = 0o600


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a file's header says of it."""

    version: int
    """`user_version`, which SQLite leaves to the application: here a random number."""
    cookie: int
    """Counts changes of the schema. A copy that SQLite's backup makes begins anew with it."""

    def fits(self, known: Iterable["Stamp"]) -> bool:
        """Tell whether it is one of these; the schema may have changed since."""
        return any(self.version == each.version and self.cookie >= each.cookie for each in known)


def stamp_in(header: bytes) -> Stamp | None:
    """Return the stamp in a file's first bytes; None where that is no database, or an empty one."""
    if len(header) < HEADER or not header.startswith(b"SQLite format 3\0"):
        return None
    (cookie,), (version,) = struct.unpack_from(">I", header, 40), struct.unpack_from(">i", header, 60)
    return Stamp(version, cookie)


def new_version() -> int:
    """Return a `user_version` that no other file is likely to have."""
    return 1 + secrets.randbelow(2**31 - 1)


def marker_of(file: Path) -> Path:
    """Return where the marker of a database file is."""
    return file.with_name(f"{file.name}.marker")


def known_stamps(file: Path) -> tuple[Stamp, ...] | None:
    """Return the stamps that a database file may bear; None where no marker tells."""
    try:
        written = json.loads(marker_of(file).read_bytes())
        return tuple(Stamp(int(version), int(cookie)) for version, cookie in written["stamps"])
    except (OSError, ValueError, TypeError, KeyError):  # none, or cut off: then nothing is known
        return None


def write_marker(file: Path, stamps: Iterable[Stamp]) -> None:
    """Write down which stamps a database file may bear: whole, and on the disk when it returns. Raises OSError."""
    marker = marker_of(file)
    part = marker.with_name(f"{marker.name}.part")
    written = json.dumps({"stamps": [[each.version, each.cookie] for each in stamps]}).encode("ascii")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE)
    try:
        own_as_folder(descriptor, part)
        os.write(descriptor, written)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    part.replace(marker)
    sync_folder(marker.parent)


def own_as_folder(descriptor: int, path: Path) -> None:
    """Give what root makes to the folder's owner, as SQLite does with its own files.

    An operator's command must not leave a file that the service can't open. Raises OSError.
    """
    if os.geteuid() == 0:
        folder = path.absolute().parent.stat()
        os.fchown(descriptor, folder.st_uid, folder.st_gid)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk, where its file system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
