"""aiosqlite with one turn of its thread for a statement, where it takes four.

A cursor is made and closed at no cost, and its first rows are fetched as the statement is run: each turn costs both
threads more than most statements do.
"""

import sqlite3
from collections.abc import Iterable
from functools import partial
from typing import Any

import aiosqlite

AT_ONCE = 2000
"""Rows that are fetched with the statement; of more, a reader takes as many as it asks for."""


async def connect(path: str, **options: Any) -> aiosqlite.Connection:
    """Open a file, as `sqlite3.connect` does, whose errors it raises."""
    connection = _Connection(partial(sqlite3.connect, path, **options), iter_chunk_size=AT_ONCE)
    connection._thread.daemon = True  # as SQLAlchemy does: a process that ends waits for no database
    return await connection


class _Cursor(aiosqlite.Cursor):
    _rows: list[Any]

    async def execute(self, sql: str, parameters: Iterable[Any] | None = None) -> "_Cursor":
        self._rows = await self._execute(self._run, sql, tuple(parameters or ()))  # type: ignore[no-untyped-call]
        return self

    def _run(self, sql: str, parameters: tuple[Any, ...]) -> list[Any]:
        return self._cursor.execute(sql, parameters).fetchmany(AT_ONCE)

    async def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, []
        return rows if len(rows) < AT_ONCE else [*rows, *await super().fetchall()]

    async def fetchmany(self, size: int | None = None) -> list[Any]:
        wanted = size or self.arraysize
        if not self._rows:
            return list(await super().fetchmany(wanted))
        rows, self._rows = self._rows[:wanted], self._rows[wanted:]
        return rows

    async def fetchone(self) -> Any:
        rows = await self.fetchmany(1)
        return rows[0] if rows else None

    async def close(self) -> None:
        self._cursor.close()


class _Connection(aiosqlite.Connection):
    def cursor(self) -> _Cursor:  # type: ignore[override]  # theirs is awaited first; SQLAlchemy takes both
        return _Cursor(self, self._conn.cursor())
