"""The file of a SQLite database: whether it is still the one that is open, and who may serve it.

What is open goes on to work when its name is gone: SQLite reads and writes a file that nobody finds any more
(https://www.sqlite.org/howtocorrupt.html, 4.1 to 4.4). So the name is compared with what is open, again and again.

Closing any descriptor of a file drops every lock that the process has on it, SQLite's too (the same page, 2.2). The one that
is held here is therefore shared by all that use the file in this process, and closed after SQLite's.
"""

import errno
import fcntl
import os
import sqlite3
import struct
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep
from typing import NamedTuple

from tocsin_dispatcher.errors import DatabaseError
from tocsin_dispatcher.store.database.marker import (
    HEADER,
    Stamp,
    known_stamps,
    marker_of,
    new_version,
    own_as_folder,
    stamp_in,
    write_marker,
)

LOCK_AT = 2**62
"""The byte that whoever serves a file has locked, far beyond its contents and the bytes that SQLite locks (at 2**30)."""
WAL_HEADER = 32
"""Bytes of a `-wal` that holds nothing; https://www.sqlite.org/fileformat2.html#walformat."""
SAVING = 10.0
"""Seconds that a copy of a deleted database may take: a supervisor waits no longer for a stop."""
BESIDE = ("-wal", "-shm")
SERVED = "another tocsin-dispatcher serves this database: stop it first, or choose another file"


class Identity(NamedTuple):
    """Which file it is, whatever its name."""

    device: int
    inode: int


@dataclass
class _Held:
    """A file's descriptor, for all that use it in this process."""

    descriptors: list[int] = field(default_factory=list)
    users: int = 0
    locked: bool = False


_held: dict[Identity, _Held] = {}
_holding = threading.Lock()


class SqliteFile:
    """A database file that is in use. Raises DatabaseError where a `-wal` lies beside it that isn't its own."""

    def __init__(self, path: Path, *, any_wal: bool = False) -> None:
        """Hold the file, which must be there. `any_wal`: whatever lies beside it, as nothing is read."""
        self.path = path.absolute()
        self.real = path.resolve()
        """Beside which SQLite puts its own files, where `path` is a link."""
        self.saved: Path | None = None
        """Where a copy is of what was open when its file was gone."""
        self._identity, self._file = _hold(self.path)
        self._known: tuple[Stamp, ...] | None = None
        self._beside: dict[str, Identity] = {}
        self._names = {"": str(self.path), **{suffix: f"{self.real}{suffix}" for suffix in BESIDE}}
        self._keeper: sqlite3.Connection | None = None
        self._released = False
        try:
            if not any_wal:
                self._refuse_foreign_wal()
        except DatabaseError:
            self.release()
            raise

    def displaced(self) -> str | None:
        """Return what has become of the file that is open, if its name no longer leads to it; None: all is well."""
        try:
            found = _identity(self._names[""])
        except FileNotFoundError:
            return "was deleted or moved away"
        except OSError as error:
            return f"can't be looked at any more ({error.strerror})"
        if found != self._identity:
            return "was replaced by another file"
        for suffix, expected in self._beside.items():
            try:
                found = _identity(self._names[suffix])
            except OSError:
                return f"has lost its {suffix} file"
            if found != expected:
                return f"has another {suffix} file beside it than its own"
        if self._known is not None and not self._is_known():
            return "was written over"
        return None

    def was_emptied(self) -> bool:
        """Tell whether it has no table, neither in its `-wal`, although one with tables was served by this name.

        So it is not the first start's, which may have been ended before there were any.
        """
        present, known = self._present(), known_stamps(self.real)
        if (present is not None and present.cookie > 0) or not served_before(self.path) or _has_wal(self.real):
            return False
        return (present is not None or not os.fstat(self._descriptor).st_size) and (
            known is None or any(each.cookie > 0 for each in known)
        )

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep every other dispatcher off the file; raises DatabaseError where one serves it.

        The lock is on the file itself: nothing that looks stale can be removed, and it goes with the process, however it
        ends. Other commands may use the file meanwhile. From now on `displaced` looks at all that belongs to the file.
        """
        with self.locked():
            if self._keeper is None:
                self._keep()
            yield

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep every dispatcher off the file, without reading it; raises DatabaseError where one serves it."""
        with self._locked(), _lock_file(self.real):
            yield

    def stamp(self) -> None:
        """Give the file a new stamp, and bring it from the `-wal` into the file; raises sqlite3.Error or OSError."""
        if self._keeper is None or self._known is None or (present := self._present()) is None:
            return
        new = Stamp(new_version(), present.cookie)
        self._write_known((*self._known, new))
        self._keeper.execute("BEGIN IMMEDIATE")
        try:
            self._keeper.execute(f"PRAGMA user_version = {new.version}")
            self._keeper.execute("COMMIT")
        except sqlite3.Error:
            with suppress(sqlite3.Error):
                self._keeper.execute("ROLLBACK")
            raise
        self._keeper.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        present = self._present()
        if present is not None and present.version == new.version:
            self._write_known((present,))

    def close(self, displaced: str | None) -> None:
        """Let go of the file, once all other connections to it are closed.

        `displaced`: what has become of it. Where its name leads to another file, what is in the `-wal` goes into the file
        that is open, so that it is whole and the other one's start finds no foreign `-wal`; where it has no name any more, a
        copy of it is saved first.
        """
        if self._keeper is not None:
            if displaced is not None:
                self._settle(self._keeper)
            if displaced is not None and self._known is not None and not self._is_known():
                _never_closed(self._keeper)
            else:
                self._keeper.close()
            self._keeper = None
        self.release()

    def release(self) -> None:
        """Let go of the descriptor."""
        if self._released:
            return
        self._released = True
        with _holding:
            self._file.users -= 1
            if self._file.users == 0:
                _held.pop(self._identity, None)
                for each in self._file.descriptors:
                    os.close(each)

    def _settle(self, keeper: sqlite3.Connection) -> None:
        with suppress(OSError, sqlite3.Error):
            if _identity(self.path) == self._identity:
                return
        with suppress(OSError, sqlite3.Error):
            if os.fstat(self._descriptor).st_nlink == 0:
                self.saved = _saved(keeper, self.real)
            if _identity(self._names["-wal"]) == self._beside.get("-wal"):
                keeper.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    @property
    def _descriptor(self) -> int:
        return self._file.descriptors[0]

    def _present(self) -> Stamp | None:
        """Return the stamp that stands in the file."""
        return stamp_in(os.pread(self._descriptor, HEADER, 0))

    def _is_known(self) -> bool:
        present = self._present()
        return present is not None and present.fits(self._known or ())

    def _write_known(self, stamps: tuple[Stamp, ...]) -> None:
        write_marker(self.real, stamps)
        self._known = stamps

    def _keep(self) -> None:
        """Keep a connection, so that SQLite's own files beside this one stay the same until the end."""
        keeper = sqlite3.connect(self.real, timeout=10, isolation_level=None, check_same_thread=False)
        try:
            keeper.execute("PRAGMA journal_mode = WAL").fetchall()
            keeper.execute("PRAGMA schema_version").fetchall()  # opens them
            self._beside = {suffix: _identity(self._names[suffix]) for suffix in BESIDE}
            known, present = known_stamps(self.real), self._present()
            if present is not None and (known is None or not present.fits(known)):
                self._write_known((present,))
            else:
                self._known = known
            if (what := self.displaced()) is not None:
                raise DatabaseError(f"the database {self.path} {what} as it was opened: start again")
        except sqlite3.Error:
            keeper.close()
            raise
        except OSError as error:
            keeper.close()
            raise DatabaseError(f"the database {self.path} can't be used: {error.filename}: {error.strerror}") from None
        self._keeper = keeper

    def _refuse_foreign_wal(self) -> None:
        wal = Path(f"{self.real}-wal")
        for _ in range(3):  # a dispatcher may be changing the stamp at this moment
            if not _has_wal(self.real):
                return
            known, present = known_stamps(self.real), self._present()
            if known is None or (present is not None and present.fits(known)):
                return
            sleep(0.05)
        raise DatabaseError(
            f"the database {self.path} and {wal.name} beside it don't belong together: a backup was copied over a database"
            " whose dispatcher had not stopped. To have the backup, `tocsin-dispatcher restore FILE` does it right, or move"
            f" {wal.name} and {self.real.name}-shm away; to have what was there, put its file back"
        )

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with _holding:
            if self._file.locked:
                raise DatabaseError(SERVED)
            self._file.locked = True
        try:
            _set_lock(self._descriptor, fcntl.F_WRLCK, self.path)
            try:
                yield
            finally:
                if not self._released:
                    _set_lock(self._descriptor, fcntl.F_UNLCK, self.path)
        finally:
            self._file.locked = False


def served_before(file: Path) -> bool:
    """Tell whether a database was served here, by this name."""
    return marker_of(file.resolve()).exists()


def saved_copies(file: Path) -> list[Path]:
    """Return the copies that were saved of a database whose file was deleted, the oldest first."""
    real = file.resolve()
    return sorted(each for each in real.parent.glob(f"{real.name}.saved-*") if each.suffix != ".part")


def timed(file: Path, what: str) -> Path:
    """Return a new name beside a file that tells what it is and when it was made."""
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    return file.with_name(f"{file.name}.{what}-{moment}")


def _has_wal(real: Path) -> bool:
    """Tell whether a `-wal` that holds something lies beside a file."""
    try:
        return Path(f"{real}-wal").stat().st_size > WAL_HEADER
    except OSError:
        return False


def _identity(path: str | Path) -> Identity:
    found = os.stat(path)  # noqa: PTH116  # for every transaction, and pathlib takes three times as long
    return Identity(found.st_dev, found.st_ino)


def _hold(path: Path) -> tuple[Identity, _Held]:
    with _holding:
        held = _held.get(_identity(path))
        if held is None:
            descriptor = _opened(path)
            opened = os.fstat(descriptor)
            held = _held.setdefault(Identity(opened.st_dev, opened.st_ino), _Held())
            held.descriptors.append(descriptor)  # to close a second one of the same file would drop the locks
        held.users += 1
        opened = os.fstat(held.descriptors[0])
        return Identity(opened.st_dev, opened.st_ino), held


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR)
    except PermissionError:
        return os.open(path, os.O_RDONLY)
    except OSError as error:
        if error.errno != errno.EROFS:
            raise
        return os.open(path, os.O_RDONLY)


_BY_DESCRIPTION = sys.platform == "linux"
"""Whether there are locks of an open file (fcntl(2), "Open file description locks"), which no other descriptor drops."""


def _set_lock(descriptor: int, kind: int, path: Path) -> None:
    if not _BY_DESCRIPTION:
        return
    lock = struct.pack("hhqqi0q", kind, os.SEEK_SET, LOCK_AT, 1, 0)
    try:
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, lock)
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EACCES):
            raise DatabaseError(SERVED) from None
        # EBADF: the only descriptor that could be had is one for reading
        why = "it can only be read" if error.errno == errno.EBADF else error.strerror
        raise DatabaseError(
            f"the database {path} can't be locked: {why}; the user who runs this must be able to write it, and"
            " its file system must know locks"
        ) from None


@contextmanager
def _lock_file(real: Path) -> Iterator[None]:
    """Hold the file that dispatchers up to schema 0009 lock in place of the database, if one has left it.

    Where the file itself can't be locked it is made.
    """
    path = Path(f"{real}.lock")
    try:
        descriptor = os.open(path, os.O_RDWR | (0 if _BY_DESCRIPTION else os.O_CREAT), 0o600)
    except FileNotFoundError:
        yield
        return
    except OSError as error:
        raise DatabaseError(f"the database can't be used: {path}: {error.strerror}") from None
    try:
        if not _BY_DESCRIPTION:
            own_as_folder(descriptor, path)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DatabaseError(SERVED) from None
        yield
    finally:
        os.close(descriptor)


def _saved(keeper: sqlite3.Connection, real: Path) -> Path | None:
    """Return where a copy is of what a connection sees; None where it took too long."""
    copy = timed(real, "saved")
    part = copy.with_name(f"{copy.name}.part")
    until = monotonic() + SAVING

    def hurry(status: int, remaining: int, total: int) -> None:
        if monotonic() > until:
            raise TimeoutError

    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    target = sqlite3.connect(part)
    try:
        keeper.backup(target, pages=5000, progress=hurry)
    except TimeoutError:
        part.unlink()
        return None
    finally:
        target.close()
    part.replace(copy)
    return copy


def _never_closed(keeper: sqlite3.Connection) -> None:
    """Keep a connection until the process is gone: as it is closed, SQLite would copy the `-wal` over the file's new contents."""
    threading.Thread(target=lambda kept: threading.Event().wait(), args=(keeper,), daemon=True).start()
