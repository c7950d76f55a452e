"""The database: reading, and one writer at a time.

A write transaction holds the process's writer lock and, on SQLite, the database's own (BEGIN IMMEDIATE), so
what it reads stays true until it commits.
"""

import asyncio
import fcntl
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from tocsin_dispatcher.errors import DatabaseError

PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # a 2xx on ingest is durable, also when the power goes
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 10000",
)
BEGIN = "tocsin_begin"


class Database:
    """An open database."""

    def __init__(self, url: str) -> None:
        """Open `url`, as `sqlite:///FILE`; raises DatabaseError where it can't be used."""
        self._engine = _engine(url)
        self._writing = asyncio.Lock()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection that sees one state of the database throughout."""
        async with self._engine.connect() as connection, connection.begin():
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Give the connection of a transaction: commits at the end, undoes all of it on an error."""
        async with self._writing, self._engine.connect() as connection:
            await connection.execution_options(**{BEGIN: "BEGIN IMMEDIATE"})
            async with connection.begin():
                yield connection

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep every other dispatcher off the file while this one serves it; raises DatabaseError where one does.

        Other commands may use it meanwhile. The lock goes with the process, however it ends.
        """
        path = Path(f"{Path(self._engine.url.database or '').resolve()}.lock")  # by whatever name the file is called
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

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()


def _engine(url: str) -> AsyncEngine:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise DatabaseError(f"{url!r} is not a database URL: expected sqlite:///FILE") from None
    if parsed.get_backend_name() != "sqlite":
        raise DatabaseError(
            f"{parsed.get_backend_name()} databases are not supported by this version: expected sqlite:///FILE"
        )
    if not parsed.database or parsed.database == ":memory:":
        raise DatabaseError("the database must be a file: expected sqlite:///FILE")
    if parsed.query:
        raise DatabaseError(f"{url!r} has options after `?`, which this version doesn't know: expected sqlite:///FILE")
    folder = Path(parsed.database).absolute().parent
    if not folder.is_dir():
        raise DatabaseError(f"the folder {folder} of the database doesn't exist: make it, or choose another file")
    try:
        sqlite3.connect(parsed.database).close()  # here, for aiosqlite's thread makes a mess of a refusal
    except sqlite3.Error as error:
        raise DatabaseError(f"the database can't be used: {error}: {parsed.database}") from None
    engine = create_async_engine(parsed.set(drivername="sqlite+aiosqlite"), hide_parameters=True)
    event.listen(engine.sync_engine, "connect", _on_connect)
    event.listen(engine.sync_engine, "begin", _on_begin)
    return engine


def _on_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin where we say so, not where the driver guesses
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _on_begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(BEGIN, "BEGIN"))


def reason(error: Exception) -> str:
    """Give the database's own words on what went wrong."""
    original = getattr(error, "orig", None) or error
    return str(original) if isinstance(original, sqlite3.Error) else type(original).__name__
