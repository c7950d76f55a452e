"""Looking after the database: its tables, moving it, and purging what is old."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tocsin_dispatcher.commands.opening import with_database
from tocsin_dispatcher.commands.options import database_option, examples
from tocsin_dispatcher.errors import OperatorError

if TYPE_CHECKING:
    from tocsin_dispatcher.store.database.database import Database
    from tocsin_dispatcher.store.retention.purging import Purged


@click.command(
    "migrate",
    short_help="Bring the database's tables to this version.",
    epilog=examples("tocsin-dispatcher migrate --database postgresql://tocsin@db.example.com/tocsin"),
)
@database_option
def migrate_command(database: str | None) -> None:
    """Bring the database's tables to this version, all in one transaction.

    On PostgreSQL once before the first start and after every upgrade, while nothing runs; several at once wait for
    one another. On SQLite `serve` does so by itself. A database that a newer version made is refused and left alone.
    """
    from tocsin_dispatcher.store.database.schema import SCHEMA, migrate

    async def only_migrate(opened: "Database") -> None:
        await migrate(opened)

    with_database(database, only_migrate, prepared=False)
    click.echo(f"the database has schema {SCHEMA}")


@click.command(
    "export",
    short_help="Write all that is remembered to a file.",
    epilog=examples("tocsin-dispatcher export tocsin.jsonl --database sqlite:////var/lib/tocsin/tocsin.db"),
)
@database_option
@click.argument("file", type=click.Path(dir_okay=False, writable=True))
def export_command(database: str | None, file: str) -> None:
    """Write all that the dispatcher remembers to FILE, to move it to another database.

    Incidents, timers and messages on their way included. Stop the dispatcher first. Captured values are in the file
    as they are, so only its owner can read it.
    """
    from tocsin_dispatcher.commands.output_file import written_whole
    from tocsin_dispatcher.store.transfer import export_to

    async def export(opened: "Database") -> int:
        with opened.alone(), written_whole(Path(file)) as out:
            return await export_to(out, opened, datetime.now(UTC))

    click.echo(f"exported {with_database(database, export, new=False)} rows to {file}")


@click.command(
    "import",
    short_help="Read such a file into an empty database.",
    epilog=examples(
        "tocsin-dispatcher migrate --database postgresql://tocsin@db.example.com/tocsin",
        "tocsin-dispatcher import tocsin.jsonl --database postgresql://tocsin@db.example.com/tocsin",
    ),
)
@database_option
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
def import_command(database: str | None, file: str) -> None:
    """Read what `export` wrote into an empty database: all of it, or nothing.

    What was on its way goes on as soon as a dispatcher runs on the new database, and the tokens are the same.
    """
    from tocsin_dispatcher.incidents.memory_check import check_memory
    from tocsin_dispatcher.store.transfer import import_from

    async def take(opened: "Database") -> int:
        with opened.alone():
            return await import_from(lines, opened, datetime.now(UTC), check_memory)

    try:
        with Path(file).open(encoding="utf-8", errors="replace", newline="\n") as lines:
            rows = with_database(database, take, new=True)
    except OSError as error:
        raise OperatorError(f"{file} can't be read: {error.strerror or type(error).__name__}") from None
    click.echo(f"imported {rows} rows from {file}")


@click.command(
    "purge",
    short_help="Forget incidents that ended long ago.",
    epilog=examples(
        "tocsin-dispatcher purge --before 30d",
        "tocsin-dispatcher purge --before 2027-01-31 --yes --database sqlite:////var/lib/tocsin/tocsin.db",
    ),
)
@database_option
@click.option("--before", required=True, metavar="TIME|DURATION", help="A moment, as 2027-01-31, or an age, as 90d.")
@click.option(
    "--yes", is_flag=True, help="Forget also more than a day's worth more than usual, and trust this machine's clock."
)
def purge_command(database: str | None, before: str, yes: bool) -> None:
    """Forget incidents that ended before a moment, with their alerts, messages and attempts.

    Open ones and those with unfinished messages are kept, and so is the audit. On SQLite stop the dispatcher
    first; it purges by itself once a day what is older than `keep`, but never more than a day's worth more than
    usual, nor by a clock that leapt ahead. What would be much is said and refused (exit code 4) without --yes.
    """
    from tocsin_dispatcher.commands.times import moment_before
    from tocsin_dispatcher.store.retention.by_hand import purge_everything

    moment = moment_before(before, datetime.now(UTC), option="--before")

    async def purge_all(opened: "Database") -> "Purged":
        with opened.alone():
            return await purge_everything(opened, moment, datetime.now(UTC), sure=yes)

    gone = with_database(database, purge_all, new=False)
    click.echo(f"purged {gone.incidents} incidents, {gone.deliveries} messages and {gone.attempts} attempts")
