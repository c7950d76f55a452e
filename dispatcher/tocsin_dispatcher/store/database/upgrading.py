"""Bringing older tables to this version: Alembic's steps, loaded by those who need them alone."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from tocsin_dispatcher.store.database.database import newer

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(connection: Connection, present: str | None) -> None:
    """Take the steps from the schema that is `present` (None: no tables) to the newest; raises DatabaseError."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    known = {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}
    if present is not None and present not in known:
        raise newer(present)
    command.upgrade(config, "head")
