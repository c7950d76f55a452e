"""Which schema a database has, and bringing it to this version's."""

from contextlib import ExitStack

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.errors import DatabaseError
from tocsin_dispatcher.store.database.database import Database, newer
from tocsin_dispatcher.store.database.locking import hold_schema

SCHEMA = "0010"
"""The newest step of `migrations/`, whose tables this version speaks of; a test holds the two together."""


async def migrate(database: Database) -> str:
    """Bring the tables to this version and return the schema's name.

    Raises DatabaseError where the database can't be used, was made by a newer version, or is a file of an older one
    that a dispatcher serves: its tables must not change under it.
    """
    try:
        with ExitStack() as held:
            if not database.shared and await _is_older(database):
                held.enter_context(database.alone())
            async with database.write() as connection:
                await hold_schema(connection)
                await connection.run_sync(_migrate)
                if database.shared:
                    from tocsin_dispatcher.store.database.queue_schema import (  # noqa: PLC0415  # its libraries are an extra
                        migrate_queue,
                    )

                    await migrate_queue(connection)
    except DBAPIError as error:
        raise database.unusable(error) from None
    return SCHEMA


async def prepare(database: Database) -> None:
    """Make sure that the tables are this version's: a file is brought there, PostgreSQL's must be there.

    There `migrate` is a step of its own, since other processes may still run the version before. Raises
    DatabaseError.
    """
    if not database.shared:
        await migrate(database)
        return
    try:
        async with database.read() as connection:
            await _require(connection)
    except DBAPIError as error:
        raise database.unusable(error) from None


async def _require(connection: AsyncConnection) -> None:
    from tocsin_dispatcher.store.database.queue_schema import queue_is_current  # noqa: PLC0415  # its libraries are an extra

    present = await connection.run_sync(_present)
    if present is not None and present > SCHEMA:
        raise newer(present)
    if present != SCHEMA or not await queue_is_current(connection):
        what = f"has schema {present}" if present is not None else "has no tables yet"
        raise DatabaseError(
            f"the database {what}, and this version needs {SCHEMA} and its queue's tables:"
            " run tocsin-dispatcher migrate, with the same --database"
        )


async def _is_older(database: Database) -> bool:
    async with database.read() as connection:
        present = await connection.run_sync(_present)
    return present is not None and present < SCHEMA


def _present(connection: Connection) -> str | None:
    there = inspect(connection).has_table("alembic_version")
    return connection.scalar(text("SELECT version_num FROM alembic_version")) if there else None


def _migrate(connection: Connection) -> None:
    present = _present(connection)
    if present != SCHEMA:
        from tocsin_dispatcher.store.database.upgrading import upgrade  # noqa: PLC0415  # the steps are seldom needed, and slow to load

        upgrade(connection, present)
