"""SQLite: one file, one process that serves it, no other service."""

import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from tocsin_dispatcher.errors import DatabaseError
from tocsin_dispatcher.store.database.marker import own_as_folder
from tocsin_dispatcher.store.database.sqlite_driver import connect
from tocsin_dispatcher.store.database.sqlite_file import SqliteFile, saved_copies, served_before

PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # a 2xx on ingest is durable, also when the power goes
    "PRAGMA wal_autocheckpoint = 4000",  # pages, 16 MB: under load each page goes into the file once for many commits
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 10000",
)
BEGIN = "tocsin_begin"
"""Execution option: how a transaction begins."""

DAMAGED = (
    "its file is damaged: stop the dispatcher and restore a backup (`tocsin-dispatcher restore FILE`), or save what can be"
    " read with `sqlite3 FILE .recover`"
)
WHAT_TO_DO = {
    "SQLITE_READONLY": "the user who runs this must be able to write the file and its folder",
    "SQLITE_CANTOPEN": "the user who runs this must be able to write the file and its folder",
    "SQLITE_PERM": "the user who runs this must be able to write the file and its folder",
    "SQLITE_NOTADB": "choose another file",
    "SQLITE_BUSY": "another program holds it",
    "SQLITE_FULL": "make room on its disk",
    "SQLITE_CORRUPT": DAMAGED,
    "SQLITE_IOERR": "its disk fails, or is full",
}
"""By the name of SQLite's error, of which longer names tell more."""


def sqlite_file(url: URL, *, new: bool | None = None) -> SqliteFile:
    """Return the file of `sqlite:///FILE`; raises DatabaseError where it can't be used.

    `new`: whether a file that isn't there is made; None: if none was served there before.
    """
    file = path_of(url)
    if not file.exists():
        _refuse_missing(file, new=new)
        _made(file)
    try:
        sqlite3.connect(file).close()  # here, for aiosqlite's thread makes a mess of a refusal
        opened = SqliteFile(file)
    except sqlite3.Error as error:
        raise file_unusable(url, error) from None
    except OSError as error:
        raise DatabaseError(f"the database {file.absolute()} can't be used: {error.strerror}") from None
    if not new and opened.was_emptied():
        opened.release()
        raise _lost(file, f"the database {file.absolute()} is empty")
    return opened


def path_of(url: URL) -> Path:
    """Return the path in `sqlite:///FILE`; raises DatabaseError where it names none, or none that can be."""
    if url.host:
        raise DatabaseError(
            f"'{url}' names no file: expected sqlite:///FILE, with four slashes where its path begins with one"
        )
    if not url.database or url.database == ":memory:":
        raise DatabaseError("the database must be a file: expected sqlite:///FILE")
    if url.query:
        raise DatabaseError(f"'{url}' has options after `?`, which this version doesn't know: expected sqlite:///FILE")
    file = Path(url.database)
    folder = file.absolute().parent
    if not folder.is_dir():
        raise DatabaseError(f"the folder {folder} of the database doesn't exist: make it, or choose another file")
    if file.exists() and not file.is_file():
        raise DatabaseError(f"the database {file.absolute()} can't be used: it is no regular file; choose another one")
    return file


def _refuse_missing(file: Path, *, new: bool | None) -> None:
    """Raise DatabaseError where a file that isn't there is not to be made."""
    if new or (new is None and not served_before(file)):
        return
    if not served_before(file):
        raise DatabaseError(
            f"there is no database {file.absolute()}: is --database right? `tocsin-dispatcher serve --create` makes a new one"
        )
    raise _lost(file, f"there is no database {file.absolute()} any more")


def _lost(file: Path, what: str) -> DatabaseError:
    """Return what an operator is told of a database that was served by this name, and is there no more."""
    saved = [str(each) for each in saved_copies(file)][-1:]
    return DatabaseError(
        f"{what}, and one was served here: bring it back, or restore {saved[0] if saved else 'a backup'} with"
        " `tocsin-dispatcher restore`; `tocsin-dispatcher serve --create` makes a new, empty one"
    )


def sqlite_engine(url: URL) -> AsyncEngine:
    """Return the engine of a file that is there."""
    engine = create_async_engine(
        url.set(drivername="sqlite+aiosqlite"), hide_parameters=True, connect_args={"async_creator_fn": connect}
    )
    event.listen(engine.sync_engine, "connect", _on_connect)
    event.listen(engine.sync_engine, "begin", _on_begin)
    return engine


def file_unusable(url: URL, error: Exception) -> DatabaseError:
    """Return what an operator is told of an error of SQLite's: which file, what is wrong, what to do."""
    return DatabaseError(
        f"the database {Path(url.database or '').absolute()} can't be used: {error}{what_to_do(error)}"
    )


def is_damage(error: Exception) -> bool:
    """Tell whether an error of SQLite's speaks of a damaged file."""
    return (getattr(error, "sqlite_errorname", None) or "").startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB"))


def what_to_do(error: Exception) -> str:
    """Return what can be done about an error of SQLite's, to follow its own words; nothing where that isn't known."""
    name = getattr(error, "sqlite_errorname", None) or ""
    return next((f"; {hint}" for known, hint in WHAT_TO_DO.items() if name.startswith(known)), "")


def _made(path: Path) -> None:
    """Make a file that isn't there, for its owner alone: captured values are in the database as they are."""
    with suppress(OSError):  # it is there, or whoever opens it next says what is wrong
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            own_as_folder(file, path)
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
