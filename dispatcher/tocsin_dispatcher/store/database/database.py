"""The database: reading, and writing in transactions.

On SQLite a write transaction holds the process's writer lock and the database's own (BEGIN IMMEDIATE), so what
it reads stays true until it commits. On PostgreSQL several write at once; `store.database.locking` has what they hold.
"""

import asyncio
import re
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, event, make_url, text
from sqlalchemy.exc import ArgumentError, DataError, IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoTurnError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from tocsin_dispatcher.errors import DatabaseError, DispatcherError
from tocsin_dispatcher.store.database.sqlite import (
    BEGIN,
    file_unusable,
    is_damage,
    sqlite_engine,
    sqlite_file,
    what_to_do,
)

WAIT_FOR_TURN = 10.0
"""Seconds that a transaction waits for those before it in this process: where a file can't be written, nobody
waits behind all the others.
"""
INSUFFICIENT_PRIVILEGE = "42501"
"""PostgreSQL's code for what a user may not do."""
WAIT_FOR_ANSWER = 10.0
"""Seconds that a transaction waits for a server to say that it's there."""
EXPECTED = "expected sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME"
WROTE = "tocsin_wrote"
"""Among what is known of a connection: whether its transaction has changed a row."""
CHANGE = re.compile(r"\b(INSERT|(?<!FOR )UPDATE|DELETE)\b")
"""What a statement has that changes rows."""
OURS = (IntegrityError, DataError)
"""Errors that say nothing of the database, but of what was written."""


class MovedError(DispatcherError, SQLAlchemyError):
    """The name of a file that is open leads to it no more: what is written is lost."""


@dataclass
class Writes:
    """How writing has gone. A transaction that changed nothing tells nothing of the disk, and doesn't count."""

    done: int = 0
    failed: int = 0
    last_failure: str | None = None
    """Why the last write failed; None: it didn't."""
    damaged: bool = False
    """Whether it failed on a damaged page: that others can be written tells nothing then."""
    on_failure: list[Callable[[], None]] = field(default_factory=list)
    """Called when one fails."""

    def succeed(self) -> None:
        """Note that a write is on the disk."""
        self.done += 1
        self.last_failure, self.damaged = None, False

    def fail(self, error: Exception) -> None:
        """Note that a write failed by the database's fault."""
        self.failed += 1
        why, self.damaged = reason(error), is_damage(getattr(error, "orig", None) or error)
        self.last_failure = why
        for each in self.on_failure:
            each()


class Database:
    """An open database."""

    def __init__(self, url: str, *, new: bool | None = None) -> None:
        """Open `sqlite:///FILE` or `postgresql://...`; raises DatabaseError where it can't be used.

        `new`: whether a file that isn't there is made; None: if none was served there before.
        """
        self.url = parsed_url(url)
        self.shared = self.url.get_backend_name() == "postgresql"
        """Whether several processes may serve it at once."""
        self.writes = Writes()
        self.displaced: str | None = None
        """What has become of the file that is open, once its name leads to it no more."""
        self.gone = asyncio.Event()
        """Set when that is so."""
        self._file = sqlite_file(self.url, new=new) if self.url.drivername == "sqlite" else None
        self._engine = _engine(self.url)
        event.listen(self._engine.sync_engine, "after_cursor_execute", _note_change)
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
        """Yield the connection of a transaction: commits at the end, undoes all of it on an error.

        Raises MovedError where a file that is open has lost its name, also if that happened before the commit.
        """
        try:
            async with AsyncExitStack() as held:
                if not self.shared:
                    await held.enter_async_context(self._turn())
                connection = await held.enter_async_context(self._connection())
                if not self.shared:
                    await connection.execution_options(**{BEGIN: "BEGIN IMMEDIATE"})
                connection.info[WROTE] = False
                async with connection.begin():
                    yield connection
                wrote = connection.info[WROTE]
            self.require_file()
        except SQLAlchemyError as error:
            if not isinstance(error, OURS):
                self.writes.fail(error)
            raise
        if wrote:  # else nothing had to be put on the disk
            self.writes.succeed()

    def require_file(self) -> None:
        """Raise MovedError where the file that is open is no longer the one that its name leads to.

        Who has a MovedError once has it for good, though a file should come back.
        """
        if self.displaced is None and self._file is not None:
            self.displaced = self._file.displaced()
        if self.displaced is not None:
            self.gone.set()
            raise MovedError(f"its file {self.displaced} while it was in use")

    async def try_writing(self) -> None:
        """Write what changes nothing, to know whether a file can be written; raises as `write` does."""
        async with self.write() as connection:
            version = await connection.scalar(text("PRAGMA user_version"))
            await connection.exec_driver_sql(f"PRAGMA user_version = {int(version or 0)}")
            connection.info[WROTE] = not self.writes.damaged

    async def stamp(self) -> None:
        """Give a file that is served a new stamp, by which a copy of it is told from it; raises OSError or sqlite3.Error."""
        if self._file is not None:
            async with self._turn():
                await asyncio.to_thread(self._file.stamp)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[AsyncConnection]:
        """Yield a connection that works; raises SQLAlchemy's TimeoutError where the server gives no answer.

        A server that hangs, or whose machine is gone, would else keep whoever asks waiting for minutes.
        """
        if not self.shared:
            self.require_file()
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
        if self._file is None or self._alone:
            yield
            return
        with ExitStack() as held:
            try:
                held.enter_context(self._file.alone())
            except sqlite3.Error as error:
                raise file_unusable(self.url, error) from None
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
        if self._file is not None:
            self._file.close(self.displaced)

    def lost(self) -> DatabaseError:
        """Return what an operator is told of a database that is closed, and whose file was displaced."""
        saved = self._file.saved if self._file is not None else None
        hint = f"; what it held is in {saved}: `tocsin-dispatcher restore` brings it back" if saved is not None else ""
        return DatabaseError(f"the database {self._path} {self.displaced} while it was served{hint}")

    @property
    def _path(self) -> Path:
        return Path(self.url.database or "").absolute()


def parsed_url(url: str) -> URL:
    """Return the URL of a database; raises DatabaseError where it is none that this version knows."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        shown = repr(url) if "@" not in url else "this"  # which may hold a password
        meant = f"did you mean sqlite:///{url}?" if "/" in url and ":" not in url else EXPECTED
        raise DatabaseError(f"{shown} is not a database URL: {meant}") from None
    if parsed.drivername not in ("sqlite", "postgresql", "postgres"):
        raise DatabaseError(f"{parsed.drivername} databases are not supported by this version: {EXPECTED}")
    return parsed.set(drivername="postgresql") if parsed.drivername == "postgres" else parsed


def _note_change(connection: Connection, cursor: Any, statement: str, *_: Any) -> None:
    if cursor.rowcount > 0 and _changes(statement):
        connection.info[WROTE] = True


@lru_cache(maxsize=1024)
def _changes(statement: str) -> bool:
    return CHANGE.search(statement) is not None


def _engine(url: URL) -> AsyncEngine:
    if url.drivername == "sqlite":
        return sqlite_engine(url)
    from tocsin_dispatcher.store.database.postgres import postgres_engine  # noqa: PLC0415  # its libraries are an extra

    return postgres_engine(url)


def reason(error: Exception) -> str:
    """Return the database's own words on what went wrong, in one line, and what to do where that is known."""
    if isinstance(error, NoTurnError | MovedError):
        return str(error.args[0])
    original: Any = getattr(error, "orig", None) or error
    psycopg = sys.modules.get("psycopg")  # not loaded: not in use
    if isinstance(original, sqlite3.Error) or (psycopg is not None and isinstance(original, psycopg.Error)):
        return (str(original).partition("\n")[0] or type(original).__name__) + what_to_do(original)
    if isinstance(original, OSError) and original.strerror:
        return f"{original.filename}: {original.strerror}" if original.filename else original.strerror
    return type(original).__name__


def newer(present: str) -> DatabaseError:
    """Return the refusal of a database that a newer version made."""
    return DatabaseError(
        f"the database has schema {present}, which this version of tocsin-dispatcher doesn't know:"
        " a newer version made it; run that one"
    )
