"""Looking after the database: its tables, moving it, and purging what is old."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tocsin_dispatcher.commands.opening import with_database
from tocsin_dispatcher.commands.options import database_option

if TYPE_CHECKING:
    from tocsin_dispatcher.store.database import Database
    from tocsin_dispatcher.store.purging import Purged


@click.command("migrate")
@database_option
def migrate_command(database: str | None) -> None:
    """Bring the database's tables to this version. On SQLite `serve` does so by itself."""
    from tocsin_dispatcher.store.schema import SCHEMA, migrate

    async def only_migrate(opened: "Database") -> None:
        await migrate(opened)

    with_database(database, only_migrate, prepared=False)
    click.echo(f"the database has schema {SCHEMA}")


@click.command("export")
@database_option
@click.argument("file", type=click.Path(dir_okay=False, writable=True))
def export_command(database: str | None, file: str) -> None:
    """Write all that the dispatcher remembers to FILE, to move it to another database.

    Incidents, timers and messages on their way included. Stop the dispatcher first.
    """
    from tocsin_dispatcher.moving import export_to
    from tocsin_dispatcher.whole_file import written_whole

    async def export(opened: "Database") -> int:
        with opened.alone(), written_whole(Path(file)) as out:
            return await export_to(out, opened, datetime.now(UTC))

    click.echo(f"exported {with_database(database, export, new=False)} rows to {file}")


@click.command("import")
@database_option
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
def import_command(database: str | None, file: str) -> None:
    """Read what `export` wrote into an empty database: all of it, or nothing."""
    from tocsin_dispatcher.moving import import_from

    async def take(opened: "Database") -> int:
        with opened.alone():
            return await import_from(lines, opened, datetime.now(UTC))

    with Path(file).open(encoding="utf-8", errors="replace", newline="\n") as lines:
        rows = with_database(database, take)
    click.echo(f"imported {rows} rows from {file}")


@click.command("purge")
@database_option
@click.option("--before", required=True, metavar="TIME|DURATION", help="A moment, as 2027-01-31, or an age, as 90d.")
def purge_command(database: str | None, before: str) -> None:
    """Forget incidents that ended before a moment, with their alerts, messages and attempts.

    Open ones and those with unfinished messages are kept, and so is the audit. On SQLite stop the dispatcher
    first; it purges by itself once a day what is older than `keep`.
    """
    from tocsin_dispatcher.moments import moment_before
    from tocsin_dispatcher.store.purging import purge_everything

    moment = moment_before(before, datetime.now(UTC), option="--before")

    async def purge_all(opened: "Database") -> "Purged":
        with opened.alone():
            return await purge_everything(opened, moment, datetime.now(UTC))

    gone = with_database(database, purge_all, new=False)
    click.echo(f"purged {gone.incidents} incidents, {gone.deliveries} messages and {gone.attempts} attempts")
