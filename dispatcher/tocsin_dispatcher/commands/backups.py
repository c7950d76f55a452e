"""Backing up a SQLite database, and bringing a backup back."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tocsin_dispatcher.commands.options import database_option, examples, settings_of
from tocsin_dispatcher.errors import OperatorError

if TYPE_CHECKING:
    from sqlalchemy import URL


@click.command(
    short_help="Write a backup of a SQLite database.",
    epilog=examples("tocsin-dispatcher backup /backups/tocsin.db --database sqlite:////var/lib/tocsin/tocsin.db"),
)
@database_option
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(database: str | None, file: Path) -> None:
    """Write a copy of the database, as it is at this moment, to FILE; also while a dispatcher serves it.

    FILE is there once the copy is whole and checked, and only its owner can read it: captured values are in it as they
    are. PostgreSQL has pg_dump.
    """
    from tocsin_dispatcher.store.database.backup import write_backup
    from tocsin_dispatcher.store.database.sqlite import sqlite_file

    url = _sqlite_url(database, "pg_dump, or the archiving that you have, backs it up")
    held = sqlite_file(url, new=False)  # refuses what is no database, or not there
    try:
        write_backup(held.path, file)
    finally:
        held.release()
    click.echo(f"backed up {held.path} to {file}")


@click.command(
    short_help="Put a backup in the place of a SQLite database.",
    epilog=examples(
        "tocsin-dispatcher restore /backups/tocsin.db --database sqlite:////var/lib/tocsin/tocsin.db",
    ),
)
@database_option
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def restore(database: str | None, file: Path) -> None:
    """Put a copy of the backup FILE in the database's place. Stop the dispatcher first.

    What was there is kept under another name, and nothing of it is mixed with the backup. An older version's
    backup is brought to this version when a dispatcher starts. PostgreSQL has pg_restore.
    """
    from tocsin_dispatcher.store.database.backup import restore_backup
    from tocsin_dispatcher.store.database.sqlite import path_of

    path = path_of(_sqlite_url(database, "psql or pg_restore brings back what pg_dump has written"))
    kept = restore_backup(file, path)
    click.echo(f"restored {path} from {file}" + (f"; what was there is kept as {kept}" if kept is not None else ""))


def _sqlite_url(database: str | None, otherwise: str) -> "URL":
    from tocsin_dispatcher.store.database.database import parsed_url

    url = parsed_url(settings_of(database=database).database)
    if url.get_backend_name() != "sqlite":
        raise OperatorError(f"this is for SQLite, and the database is PostgreSQL: {otherwise}")
    return url
