"""SQLite: one file, one process that serves it, no other service."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from tocsin_dispatcher.errors import DatabaseError
from tocsin_dispatcher.store.database.sqlite_driver import connect

PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # a 2xx on ingest is durable, also when the power goes
    "PRAGMA wal_autocheckpoint = 4000",  # pages, 16 MB: under load each page goes into the file once for many commits
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 10000",
)
BEGIN = "tocsin_begin"
"""Execution option: how a transaction begins."""


WHAT_TO_DO = {
    "SQLITE_READONLY": "the user who runs this must be able to write the file and its folder",
    "SQLITE_CANTOPEN": "the user who runs this must be able to write the file and its folder",
    "SQLITE_PERM": "the user who runs this must be able to write the file and its folder",
    "SQLITE_NOTADB": "choose another file",
    "SQLITE_BUSY": "another program holds it",
    "SQLITE_FULL": "make room on its disk",
}
"""By the name of SQLite's error, of which longer names tell more."""


def sqlite_engine(url: URL, *, new: bool = True) -> AsyncEngine:
    """Return the engine of `sqlite:///FILE`; raises DatabaseError where the file can't be used.

    `new`: whether a file that isn't there is made.
    """
    if url.host:
        raise DatabaseError(
            f"'{url}' names no file: expected sqlite:///FILE, with four slashes where its path begins with one"
        )
    if not url.database or url.database == ":memory:":
        raise DatabaseError("the database must be a file: expected sqlite:///FILE")
    if url.query:
        raise DatabaseError(f"'{url}' has options after `?`, which this version doesn't know: expected sqlite:///FILE")
    folder = Path(url.database).absolute().parent
    if not folder.is_dir():
        raise DatabaseError(f"the folder {folder} of the database doesn't exist: make it, or choose another file")
    if not new and not Path(url.database).exists():
        raise DatabaseError(
            f"there is no database {Path(url.database).absolute()}: is --database right?"
            " `tocsin-dispatcher serve` makes a new one"
        )
    _made(Path(url.database))
    try:
        sqlite3.connect(url.database).close()  # here, for aiosqlite's thread makes a mess of a refusal
    except sqlite3.Error as error:
        raise file_unusable(url, error) from None
    engine = create_async_engine(
        url.set(drivername="sqlite+aiosqlite"), hide_parameters=True, connect_args={"async_creator_fn": connect}
    )
    event.listen(engine.sync_engine, "connect", _on_connect)
    event.listen(engine.sync_engine, "begin", _on_begin)
    return engine


def file_unusable(url: URL, error: Exception) -> DatabaseError:
    """Return what an operator is told of an error of SQLite's: which file, what is wrong, what to do."""
    name = getattr(error, "sqlite_errorname", None) or ""
    hint = next((f"; {hint}" for known, hint in WHAT_TO_DO.items() if name.startswith(known)), "")
    return DatabaseError(f"the database {Path(url.database or '').absolute()} can't be used: {error}{hint}")


@contextmanager
def file_alone(url: URL) -> Iterator[None]:
    """Keep every other dispatcher off the file; raises DatabaseError where one serves it.

    Other commands may use it meanwhile. The lock goes with the process, however it ends.
    """
    path = Path(f"{Path(url.database or '').resolve()}.lock")  # by whatever name the file is called
    _made(path)
    try:
        lock = path.open("wb")
    except OSError as error:
        raise DatabaseError(
            f"the database can't be used: {path}: {error.strerror}; {WHAT_TO_DO['SQLITE_READONLY']}"
        ) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DatabaseError(
                "another tocsin-dispatcher serves this database: stop it first, or choose another file"
            ) from None
        yield


def _made(path: Path) -> None:
    """Make a file that isn't there, for its owner alone: captured values are in the database as they are.

    What root makes belongs to the folder's owner, as with the files that SQLite itself puts there: an operator's
    command must not leave a database that the service can't open.
    """
    with suppress(OSError):  # it is there, or whoever opens it next says what is wrong
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            if os.geteuid() == 0:
                folder = path.absolute().parent.stat()
                os.fchown(file, folder.st_uid, folder.st_gid)
        finally:
            os.close(file)


def _on_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin where we say so, not where the driver guesses
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _on_begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(BEGIN, "BEGIN"))
