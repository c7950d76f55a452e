"""Moving a dispatcher's whole memory to another database: out to a file, and in again.

The file has one JSON object a line: a header with the schema, one row of a table after the other, and a trailer
with the number of rows and the SHA-256 of all lines before it. Rows come in an order in which each refers only
to rows before it, so both ways are streams.
"""

import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, TextIO

from pydantic import JsonValue
from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, StatementError
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.store.database.database import Database
from tocsin_dispatcher.store.database.schema import SCHEMA
from tocsin_dispatcher.store.database.tables import clock
from tocsin_dispatcher.store.deliveries import release
from tocsin_dispatcher.store.moved_rows import MOVED, MovingError, moved_row
from tocsin_dispatcher.store.processes import living
from tocsin_schema.text.suggest import cut

FORMAT = 1
AT_ONCE = 500
"""Rows written at once."""
LONGEST_LINE = 128 * 2**20
"""Characters of a line at the most: a push has 8 MiB, of which each may be six in JSON's ASCII, and attempts have less."""

Line = dict[str, JsonValue]


async def export_to(file: TextIO, database: Database, now: datetime) -> int:
    """Write everything to a file and return the number of rows; raises MovingError while processes run on it."""
    digest, rows = hashlib.sha256(), 0

    def write(line: Line) -> None:
        encoded = json.dumps(line, separators=(",", ":")) + "\n"
        digest.update(encoded.encode("ascii"))
        file.write(encoded)

    async with database.read() as connection:
        await _refuse_running(connection, now)
        write({"tocsin": "export", "format": FORMAT, "schema": SCHEMA})
        async for line in _lines(connection):
            write(line)
            rows += 1
    write({"rows": rows, "sha256": digest.hexdigest()})
    return rows


async def import_from(
    file: TextIO, database: Database, now: datetime, check: Callable[[AsyncConnection], Awaitable[None]] | None = None
) -> int:
    """Read everything from a file, all of it or nothing, and return the number of rows; raises MovingError.

    The database must have this version's tables and nothing in them. Deliveries that were under way are pending. `check`
    is asked before it is kept, and raises what is wrong with the whole.
    """
    async with database.write() as connection:
        await _refuse_running(connection, now)
        await _refuse_memory(connection)
        try:
            rows = await _insert_all(connection, file)
            if check is not None:
                await check(connection)
        except StatementError as error:
            if isinstance(error, DBAPIError) and not isinstance(error, IntegrityError | DataError):
                raise  # the database's fault, not the file's
            raise MovingError("the file is damaged: a row of it doesn't go with the others") from None
        await release(connection)
        if database.shared:
            await _count_on(connection)
    return rows


async def _insert_all(connection: AsyncConnection, file: TextIO) -> int:
    rows = 0
    read = (moved_row(line["table"], line["row"]) for line in _checked(file))
    for table, group in groupby(read, key=itemgetter(0)):
        for batch in _batches(row for _, row in group):
            await connection.execute(insert(table), batch)
            rows += len(batch)
    return rows


async def _lines(connection: AsyncConnection) -> AsyncIterator[Line]:
    for table in MOVED:
        ordered = select(table).order_by(*table.primary_key)
        async with connection.stream(ordered.execution_options(yield_per=AT_ONCE)) as result:
            async for row in result.mappings():
                yield {"table": table.name, "row": {name: _plain(value) for name, value in row.items()}}


def _plain(value: Any) -> Any:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def _checked(file: TextIO) -> Iterator[Line]:
    """Yield the lines of rows; raises MovingError at the end where anything is missing or differs."""
    digest = hashlib.sha256()
    lines = iter(lambda: file.readline(LONGEST_LINE), "")
    header = next(lines, "")
    _refuse_header(_parsed(header))
    digest.update(header.encode())
    for rows, written in enumerate(lines):
        line = _parsed(written)
        if "sha256" in line:
            if line != {"rows": rows, "sha256": digest.hexdigest()} or next(lines, None) is not None:
                raise MovingError("the file is damaged: its contents are not those that its last line speaks of")
            return
        if line.keys() != {"table", "row"}:
            raise MovingError(f"the file is damaged: line {rows + 2} is no row")
        digest.update(written.encode())
        yield line
    raise MovingError("the file is cut off: its last line is missing; export again")


def _refuse_header(header: Line) -> None:
    if header.get("tocsin") != "export":
        raise MovingError("this is no file that `tocsin-dispatcher export` wrote")
    if (header.get("format"), header.get("schema")) != (FORMAT, SCHEMA):
        raise MovingError(
            f"the file has schema {cut(str(header.get('schema')))} and this version {SCHEMA}:"
            " export and import with the same version of tocsin-dispatcher"
        )


def _parsed(written: str) -> Line:
    try:
        line = json.loads(written)
    except (ValueError, RecursionError):
        line = None
    if not isinstance(line, dict):
        raise MovingError("the file is cut off or damaged: a line of it is no JSON object")
    return line


def _batches(rows: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    batch: list[Mapping[str, Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


async def _refuse_running(connection: AsyncConnection, now: datetime) -> None:
    running = await living(connection, now)
    if running:
        raise MovingError(f"the database is in use by {', '.join(running)}: stop these processes first")


async def _refuse_memory(connection: AsyncConnection) -> None:
    """Refuse a database that holds anything but what a dispatcher that was only started has seen of the clock."""
    await connection.execute(delete(clock))
    for table in MOVED:
        if await connection.scalar(select(func.count()).select_from(table)):
            raise MovingError(f"the database is not empty: there are rows in `{table.name}`; import into a new one")


async def _count_on(connection: AsyncConnection) -> None:
    """Let PostgreSQL number new rows after the imported ones."""
    for table in MOVED:
        if table.autoincrement_column is not None:
            highest = select(func.coalesce(func.max(table.c.number), 0) + 1).scalar_subquery()
            sequence = func.pg_get_serial_sequence(table.name, "number")
            await connection.execute(select(func.setval(sequence, highest, text("false"))))
