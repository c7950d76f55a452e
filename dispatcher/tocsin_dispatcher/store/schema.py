"""Which schema a database has, and bringing it to this version's."""

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from tocsin_dispatcher.errors import DatabaseError
from tocsin_dispatcher.store.database import Database, reason

SCHEMA = "0003"
"""The newest step of `migrations/`, whose tables this version speaks of; a test holds the two together."""


async def migrate(database: Database) -> str:
    """Bring the tables to this version and give the schema's name.

    Raises DatabaseError where the file can't be used, or was made by a newer version.
    """
    try:
        async with database.write() as connection:
            await connection.run_sync(_migrate)
    except DBAPIError as error:
        raise DatabaseError(f"the database can't be used: {reason(error)}") from None
    return SCHEMA


def _migrate(connection: Connection) -> None:
    there = inspect(connection).has_table("alembic_version")
    present = connection.scalar(text("SELECT version_num FROM alembic_version")) if there else None
    if present != SCHEMA:
        from tocsin_dispatcher.store.upgrading import upgrade  # the steps are seldom needed, and slow to load

        upgrade(connection, present)
