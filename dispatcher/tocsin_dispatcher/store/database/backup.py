"""Backups of a SQLite database: a whole copy of one moment, and bringing one back.

A copy bears a stamp of its own, so that it is never taken for the file that a `-wal` beside it was written for.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import URL

from tocsin_dispatcher.errors import DatabaseError, OperatorError
from tocsin_dispatcher.store.database.database import newer
from tocsin_dispatcher.store.database.marker import (
    PRIVATE,
    new_version,
    own_as_folder,
    stamp_in,
    sync_folder,
    write_marker,
)
from tocsin_dispatcher.store.database.schema import SCHEMA
from tocsin_dispatcher.store.database.sqlite import file_unusable
from tocsin_dispatcher.store.database.sqlite_file import SqliteFile, timed

OF_SQLITE = ("", "-wal", "-shm", "-journal")
"""What belongs to a database, behind its name."""
EXPORT = b'{"tocsin":"export"'


class BackupError(OperatorError):
    """A backup can't be made, or is none."""


def write_backup(database: Path, backup: Path) -> None:
    """Write a copy of a database, as it is at one moment, to a file that only its owner can read.

    Also while a dispatcher serves it. It takes its name once it is whole, checked and on the disk; until then what was
    there stays. Raises BackupError, or DatabaseError where the database itself can't be read.
    """
    if _same(backup, database):
        raise BackupError(f"{backup} is the database itself: choose another file")
    _require_file(backup)
    backup = Path(os.path.realpath(backup))  # a link stays
    if _size(Path(f"{backup}-wal")):
        raise BackupError(
            f"{backup.name}-wal lies beside {backup}, and would be taken for the backup's: choose another file"
        )
    part = backup.with_name(f"{backup.name}.part")
    with _writing(part, backup):
        try:
            with closing(sqlite3.connect(_uri(database, "mode=rw"), uri=True, timeout=10)) as source:
                _copy(source, part)
        except sqlite3.Error as error:
            raise file_unusable(URL.create("sqlite", database=str(database)), error) from None
        part.replace(backup)
        sync_folder(backup.absolute().parent)


def restore_backup(backup: Path, database: Path) -> Path | None:
    """Put a copy of a backup in a database's place, and return where what was there is kept; None: there was nothing.

    Nothing that was there before is removed or put together with the backup. Raises BackupError where the backup can't be
    used, and DatabaseError while a dispatcher serves the database; then nothing has changed.
    """
    if _same(backup, database):
        raise BackupError(f"{backup} is the database itself: choose another file")
    _require_file(backup)
    real = database.resolve()
    part = real.with_name(f"{real.name}.restoring")
    with _writing(part, database), _unserved(real):
        try:
            with closing(_opened(backup)) as source:
                _require_ours(source, backup)
                _copy(source, part)
        except sqlite3.Error as error:
            raise BackupError(f"the backup {backup} can't be used: {error}: take another one") from None
        with part.open("rb") as copy:
            stamp = stamp_in(copy.read(100))
        kept = _put_aside(real)
        part.replace(real)
        sync_folder(real.parent)
        if stamp is not None:
            write_marker(real, [stamp])
    return kept


@contextmanager
def _writing(part: Path, to: Path) -> Iterator[None]:
    """Have an empty file to write into, which is gone at the end; raises BackupError where `to` can't be written."""
    try:
        part.unlink(missing_ok=True)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
        own_as_folder(descriptor, part)
        os.close(descriptor)
        yield
    except OSError as error:
        raise BackupError(f"{to} can't be written: {error.strerror}") from None
    finally:
        for suffix in OF_SQLITE:
            with suppress(OSError):
                Path(f"{part}{suffix}").unlink(missing_ok=True)


def _copy(source: sqlite3.Connection, part: Path) -> None:
    with closing(sqlite3.connect(part, isolation_level=None)) as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode = DELETE").fetchall()  # one file, and no -wal
        target.execute(f"PRAGMA user_version = {new_version()}")
        (found,) = target.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            damage = sqlite3.DatabaseError(f"it is damaged ({found.splitlines()[-1]})")
            damage.sqlite_errorname = "SQLITE_CORRUPT"  # what SQLite itself would call it
            raise damage
    descriptor = os.open(part, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _unserved(real: Path) -> Iterator[None]:
    """Keep every dispatcher off a file, if there is one; raises DatabaseError where one serves it."""
    if not real.exists():
        yield
        return
    file = SqliteFile(real, any_wal=True)
    try:
        with file.locked():
            yield
    finally:
        file.release()


def _put_aside(real: Path) -> Path | None:
    """Give what belongs to a database another name; together it is a database still.

    Return the first that holds something: the database's own file, or what is left beside one that is gone.
    """
    aside, kept = timed(real, "before-restore"), None
    for suffix in OF_SQLITE:
        with suppress(FileNotFoundError):
            moved = Path(f"{real}{suffix}").rename(f"{aside}{suffix}")
            tells = suffix != "-shm" and (not suffix or _size(moved))  # SQLite makes a -shm anew from the -wal
            if kept is None and tells:
                kept = moved
    return kept


def _opened(backup: Path) -> sqlite3.Connection:
    """Return a connection that only reads; raises BackupError where there is no database."""
    try:
        with backup.open("rb") as file:
            begin = file.read(len(EXPORT))
    except OSError as error:
        raise BackupError(f"the backup {backup} can't be read: {error.strerror}") from None
    if begin == EXPORT:
        raise BackupError(
            f"{backup} was written by `tocsin-dispatcher export`: read it into an empty database with `import`"
        )
    # Where no -wal belongs to it, it is read as it is: in a folder that can't be written SQLite could else not open it.
    return sqlite3.connect(_uri(backup, "mode=ro" if _size(Path(f"{backup}-wal")) else "immutable=1"), uri=True)


def _require_ours(source: sqlite3.Connection, backup: Path) -> None:
    tables = {name for (name,) in source.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not {"alembic_version", "delivery", "revision"} <= tables:
        raise BackupError(f"{backup} is no database of a dispatcher: choose another file")
    (present,) = source.execute("SELECT version_num FROM alembic_version").fetchone() or ("none",)
    if not isinstance(present, str) or present > SCHEMA:
        refusal: DatabaseError = newer(str(present))
        raise BackupError(f"the backup {backup} can't be used: {refusal}")


def _uri(path: Path, options: str) -> str:
    return f"file:{quote(str(path.absolute()))}?{options}"


def _require_file(path: Path) -> None:
    """Raise BackupError where a device, a pipe or a folder has that name: it would be replaced, or waited for."""
    if path.exists() and not path.is_file():
        raise BackupError(f"{path} is no regular file: choose another one")


def _same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
