"""The database: reading, and writing in transactions.

On SQLite a write transaction holds the process's writer lock and the database's own (BEGIN IMMEDIATE), so what
it reads stays true until it commits. On PostgreSQL several write at once; `store.database.locking` has what they hold.
"""

import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Any

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.exc import TimeoutError as NoTurnError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from tocsin_dispatcher.errors import DatabaseError
from tocsin_dispatcher.store.database.sqlite import BEGIN, file_alone, file_unusable, sqlite_engine

WAIT_FOR_TURN = 10.0
"""Seconds that a transaction waits for those before it in this process: where a file can't be written, nobody
waits behind all the others.
"""
INSUFFICIENT_PRIVILEGE = "42501"
"""PostgreSQL's code for what a user may not do."""
WAIT_FOR_ANSWER = 10.0
"""Seconds that a transaction waits for a server to say that it's there."""
EXPECTED = "expected sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME"


class Database:
    """An open database."""

    def __init__(self, url: str, *, new: bool = True) -> None:
        """Open `sqlite:///FILE` or `postgresql://...`; raises DatabaseError where it can't be used.

        `new`: whether a file that isn't there is made.
        """
        self.url = _parsed(url)
        self.shared = self.url.get_backend_name() == "postgresql"
        """Whether several processes may serve it at once."""
        self._engine = _engine(self.url, new=new)
        self._writing = asyncio.Lock()
        self._alone = False
        self._late: set[asyncio.Future[AsyncConnection]] = set()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Yield a connection that sees one state of the database throughout."""
        async with self._connection() as connection:
            if self.shared:
                await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            async with connection.begin():
                yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Yield the connection of a transaction: commits at the end, undoes all of it on an error."""
        async with AsyncExitStack() as held:
            if not self.shared:
                await held.enter_async_context(self._turn())
            connection = await held.enter_async_context(self._connection())
            if not self.shared:
                await connection.execution_options(**{BEGIN: "BEGIN IMMEDIATE"})
            async with connection.begin():
                yield connection

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[AsyncConnection]:
        """Yield a connection that works; raises SQLAlchemy's TimeoutError where the server gives no answer.

        A server that hangs, or whose machine is gone, would else keep whoever asks waiting for minutes.
        """
        if not self.shared:
            async with self._engine.connect() as connection:
                yield connection
            return
        connecting = asyncio.ensure_future(self._engine.connect().start())
        try:
            await asyncio.wait({connecting}, timeout=WAIT_FOR_ANSWER)
        finally:
            if not connecting.done():  # it can't be broken off: the driver would wait for the server to agree
                self._late.add(connecting)
                connecting.add_done_callback(self._take_back)
        if not connecting.done():
            raise NoTurnError("it gives no answer")
        async with AsyncExitStack() as held:
            connection = connecting.result()
            held.push_async_exit(connection)
            yield connection

    def _take_back(self, connecting: "asyncio.Future[AsyncConnection]") -> None:
        """Hand a connection that came too late to those who come after."""
        self._late.discard(connecting)
        if not connecting.cancelled() and connecting.exception() is None:
            closing = asyncio.ensure_future(connecting.result().close())
            closing.add_done_callback(lambda done: done.cancelled() or done.exception())

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Hold the process's writer lock; raises SQLAlchemy's TimeoutError where others keep it for too long."""
        try:
            async with asyncio.timeout(WAIT_FOR_TURN):
                await self._writing.acquire()
        except TimeoutError:
            raise NoTurnError("others have been writing for too long") from None
        try:
            yield
        finally:
            self._writing.release()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep every other dispatcher off a file while this one serves it; raises DatabaseError where one does.

        A PostgreSQL database is never alone. Within another one of this database it does nothing.
        """
        if self.shared or self._alone:
            yield
            return
        with file_alone(self.url):
            self._alone = True
            try:
                yield
            finally:
                self._alone = False

    def unusable(self, error: Exception) -> DatabaseError:
        """Return what an operator is told of an error of the database."""
        if self.shared:
            hint = ""
            if getattr(getattr(error, "orig", None), "sqlstate", None) == INSUFFICIENT_PRIVILEGE:
                hint = "; the user that --database names must own the tables, and may make them where there are none"
            elif isinstance(error, OperationalError):
                hint = "; is --database right, and does PostgreSQL run there?"
            return DatabaseError(f"the database can't be used: {reason(error)}{hint}")
        return file_unusable(self.url, getattr(error, "orig", None) or error)

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        shown = repr(url) if "@" not in url else "this"  # which may hold a password
        meant = f"did you mean sqlite:///{url}?" if "/" in url and ":" not in url else EXPECTED
        raise DatabaseError(f"{shown} is not a database URL: {meant}") from None
    if parsed.drivername not in ("sqlite", "postgresql", "postgres"):
        raise DatabaseError(f"{parsed.drivername} databases are not supported by this version: {EXPECTED}")
    return parsed.set(drivername="postgresql") if parsed.drivername == "postgres" else parsed


def _engine(url: URL, *, new: bool) -> AsyncEngine:
    if url.drivername == "sqlite":
        return sqlite_engine(url, new=new)
    from tocsin_dispatcher.store.database.postgres import postgres_engine  # noqa: PLC0415  # its libraries are an extra

    return postgres_engine(url)


def reason(error: Exception) -> str:
    """Return the database's own words on what went wrong, in one line."""
    if isinstance(error, NoTurnError):
        return str(error.args[0])
    original: Any = getattr(error, "orig", None) or error
    psycopg = sys.modules.get("psycopg")  # not loaded: not in use
    if isinstance(original, sqlite3.Error) or (psycopg is not None and isinstance(original, psycopg.Error)):
        return str(original).partition("\n")[0] or type(original).__name__
    return type(original).__name__


def newer(present: str) -> DatabaseError:
    """Return the refusal of a database that a newer version made."""
    return DatabaseError(
        f"the database has schema {present}, which this version of tocsin-dispatcher doesn't know:"
        " a newer version made it; run that one"
    )
