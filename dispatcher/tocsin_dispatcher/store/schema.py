"""Bringing a database's tables to this version."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from tocsin_dispatcher.errors import DatabaseError
from tocsin_dispatcher.store.database import Database, reason

MIGRATIONS = Path(__file__).parent / "migrations"


async def migrate(database: Database) -> str:
    """Bring the tables to this version and give the schema's name.

    Raises DatabaseError where the file can't be used, or was made by a newer version.
    """
    try:
        async with database.write() as connection:
            return await connection.run_sync(_migrate)
    except DBAPIError as error:
        raise DatabaseError(f"the database can't be used: {reason(error)}") from None


def _migrate(connection: Connection) -> str:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    script = ScriptDirectory.from_config(config)
    known = {step.revision for step in script.walk_revisions()}
    present = MigrationContext.configure(connection).get_current_revision()
    if present is not None and present not in known:
        raise DatabaseError(
            f"the database has schema {present}, which this version of tocsin-dispatcher doesn't know:"
            " a newer version made it; run that one"
        )
    head = script.get_current_head()
    if present != head:
        command.upgrade(config, "head")
    return str(head)
