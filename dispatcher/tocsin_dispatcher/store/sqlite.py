"""SQLite: one file, one process that serves it, no other service."""

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from tocsin_dispatcher.errors import DatabaseError

PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # a 2xx on ingest is durable, also when the power goes
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 10000",
)
BEGIN = "tocsin_begin"
"""Execution option: how a transaction begins."""


def sqlite_engine(url: URL) -> AsyncEngine:
    """Give the engine of `sqlite:///FILE`; raises DatabaseError where the file can't be used."""
    if not url.database or url.database == ":memory:":
        raise DatabaseError("the database must be a file: expected sqlite:///FILE")
    if url.query:
        raise DatabaseError(f"'{url}' has options after `?`, which this version doesn't know: expected sqlite:///FILE")
    folder = Path(url.database).absolute().parent
    if not folder.is_dir():
        raise DatabaseError(f"the folder {folder} of the database doesn't exist: make it, or choose another file")
    try:
        sqlite3.connect(url.database).close()  # here, for aiosqlite's thread makes a mess of a refusal
    except sqlite3.Error as error:
        raise DatabaseError(f"the database can't be used: {error}: {url.database}") from None
    engine = create_async_engine(url.set(drivername="sqlite+aiosqlite"), hide_parameters=True)
    event.listen(engine.sync_engine, "connect", _on_connect)
    event.listen(engine.sync_engine, "begin", _on_begin)
    return engine


@contextmanager
def file_alone(url: URL) -> Iterator[None]:
    """Keep every other dispatcher off the file; raises DatabaseError where one serves it.

    Other commands may use it meanwhile. The lock goes with the process, however it ends.
    """
    path = Path(f"{Path(url.database or '').resolve()}.lock")  # by whatever name the file is called
    try:
        lock = path.open("wb")
    except OSError as error:
        raise DatabaseError(f"the database can't be used: {path}: {error.strerror}") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DatabaseError(
                "another tocsin-dispatcher serves this database: stop it first, or choose another file"
            ) from None
        yield


def _on_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin where we say so, not where the driver guesses
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _on_begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(BEGIN, "BEGIN"))
