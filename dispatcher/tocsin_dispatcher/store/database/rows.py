"""Writing many rows in one statement, on every database that we speak to.

Row by row, a driver takes as many turns as there are rows: on SQLite its thread and the event loop wait for one
another each time, on PostgreSQL the server reads and answers each time.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Column, Dialect, Table
from sqlalchemy.ext.asyncio import AsyncConnection

MOST_PARAMETERS = 30_000
"""Of one statement; SQLite takes 32,766."""

Row = Mapping[str, Any]


async def insert(connection: AsyncConnection, table: Table, rows: Sequence[Row]) -> None:
    """Write new rows, in their order."""
    await _insert(connection, table, rows, "")


async def insert_missing(connection: AsyncConnection, table: Table, rows: Sequence[Row]) -> None:
    """Insert the rows that break no unique key: of those that are there already nothing changes."""
    await _insert(connection, table, rows, " ON CONFLICT DO NOTHING")


async def upsert(connection: AsyncConnection, table: Table, rows: Sequence[Row]) -> None:
    """Write rows by primary key, of several with one key the last: new ones are inserted, others replaced."""
    if not rows:
        return
    keys = [column.name for column in table.primary_key]
    latest = {tuple(row[key] for key in keys): row for row in rows}
    quote = connection.dialect.identifier_preparer.quote
    changed = ", ".join(f"{quote(name)} = excluded.{quote(name)}" for name in rows[0] if name not in keys)
    then = f" ON CONFLICT ({', '.join(map(quote, keys))}) DO UPDATE SET {changed}"
    await _insert(connection, table, list(latest.values()), then)


async def update(
    connection: AsyncConnection, table: Table, rows: Sequence[Row], *, key: str, only: Row | None = None
) -> None:
    """Change rows, each the one with its `key`, where it also holds the values of `only`."""
    if not rows:
        return
    given, only = _Given.of(connection.dialect, table, tuple(rows[0])), only or {}
    quote = connection.dialect.identifier_preparer.quote
    changed = ", ".join(f"{quote(name)} = given.{quote(name)}" for name in rows[0] if name != key)
    one = f"{table.name}.{quote(key)} = given.{quote(key)}"
    where = " AND ".join([one, *(f"{table.name}.{quote(name)} = {given.mark}" for name in only)])
    for source, parameters in given.statements(rows):
        statement = (
            f"WITH given ({given.names}) AS ({source}) UPDATE {table.name} SET {changed} FROM given WHERE {where}"  # noqa: S608
        )
        await connection.exec_driver_sql(statement, (*parameters, *only.values()))


async def _insert(connection: AsyncConnection, table: Table, rows: Sequence[Row], then: str) -> None:
    if not rows:
        return
    given = _Given.of(connection.dialect, table, tuple(rows[0]))
    for source, parameters in given.statements(rows):
        await connection.exec_driver_sql(f"INSERT INTO {table.name} ({given.names}) {source}{then}", parameters)


class _Given(NamedTuple):
    """How rows of some columns of a table are given to a database."""

    columns: tuple[tuple[str, Callable[[Any], Any] | None], ...]
    """Their names, and what makes the driver's values of ours."""
    names: str
    whole: str | None
    """PostgreSQL: what reads all rows, however many, from one JSON text; arrays cost its driver ten times as much."""

    @staticmethod
    @lru_cache
    def of(dialect: Dialect, table: Table, names: tuple[str, ...]) -> "_Given":
        columns, quote = [table.c[name] for name in names], dialect.identifier_preparer.quote
        typed = ", ".join(f"{quote(column.name)} {_type(column, dialect)}" for column in columns)
        return _Given(
            tuple((name, table.c[name].type.dialect_impl(dialect).bind_processor(dialect)) for name in names),
            ", ".join(map(quote, names)),
            f"SELECT * FROM json_to_recordset(%s::json) AS row ({typed})" if dialect.name == "postgresql" else None,  # noqa: S608
        )

    @property
    def mark(self) -> str:
        """What stands for a parameter."""
        return "?" if self.whole is None else "%s"

    def statements(self, rows: Sequence[Row]) -> Iterator[tuple[str, tuple[Any, ...]]]:
        """Yield each source of rows with its parameters."""
        columns = [self._values(rows, *column) for column in self.columns]
        values = list(zip(*columns, strict=True))
        if self.whole is not None:
            names = [name for name, _ in self.columns]
            yield self.whole, (orjson.dumps([dict(zip(names, each, strict=True)) for each in values]).decode(),)
            return
        row, most = f"({', '.join('?' * len(self.columns))})", MOST_PARAMETERS // len(self.columns)
        for first in range(0, len(values), most):
            part = values[first : first + most]
            yield f"VALUES {', '.join([row] * len(part))}", tuple(chain.from_iterable(part))

    @staticmethod
    def _values(rows: Sequence[Row], name: str, process: Callable[[Any], Any] | None) -> list[Any]:
        return [row[name] for row in rows] if process is None else [process(row[name]) for row in rows]


def _type(column: Column[Any], dialect: Dialect) -> str:
    """Return a column's type; that of any text, so that one that is too long is refused and not cut."""
    kind = column.type.compile(dialect=dialect).partition("(")[0]
    return "TEXT" if kind == "VARCHAR" else kind
