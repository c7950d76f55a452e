"""The command `tocsin-dispatcher`."""

import asyncio
import gc
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tocsin_dispatcher.errors import DatabaseError, DispatcherError
from tocsin_dispatcher.operator_commands import add_operator_commands
from tocsin_dispatcher.scopes import SCOPES, Scope

if TYPE_CHECKING:
    from tocsin_dispatcher.settings import Settings, Stated
    from tocsin_dispatcher.store.database import Database
    from tocsin_dispatcher.store.purging import Purged
    from tocsin_dispatcher.store.tokens import Token

_Result = TypeVar("_Result")
_Command = TypeVar("_Command", bound=Callable[..., Any])


DATABASE_HELP = (
    "sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME. Default: sqlite:///tocsin.db, or TOCSIN_DATABASE."
)

CONFIG = "tocsin_dispatcher.config"
"""Where a command's context keeps the path that `--config` gives."""


def _database_option(command: _Command) -> _Command:
    with_file = click.option(
        "--config",
        metavar="FILE",
        type=click.Path(path_type=Path),
        expose_value=False,
        callback=lambda context, _, file: context.meta.update({CONFIG: file}),
        help="Settings file in TOML. Options and TOCSIN_... variables come first. Default: TOCSIN_CONFIG.",
    )(command)
    return click.option("--database", metavar="URL", help=DATABASE_HELP)(with_file)


def _stated(**options: Any) -> "Stated":
    """Give the settings of the command that runs: its options, `--config` included, environment and file."""
    from tocsin_dispatcher.settings import Settings

    return Settings.stated(config=click.get_current_context().meta.get(CONFIG), **options)


def _settings(**options: Any) -> "Settings":
    return _stated(**options).settings


def _egress_option(command: _Command) -> _Command:
    return click.option(
        "--allow-egress",
        multiple=True,
        metavar="CIDR|HOST",
        help="Let messages go to this private network or host. Repeatable.",
    )(command)


def _log_option(command: _Command) -> _Command:
    return click.option("--log-format", type=click.Choice(["json", "console"]), help="Default: json.")(command)


def _keep_option(command: _Command) -> _Command:
    return click.option(
        "--keep", metavar="DURATION", help="How long incidents are kept once they are over. Default: 90d."
    )(command)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("tocsin"), prog_name="tocsin-dispatcher")
def commands() -> None:
    """Turn failing checks into messages, as synced definitions say."""


@commands.command()
@_database_option
@click.option("--host", help="Address to listen on. Default: 127.0.0.1.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on, 0 for a free one. Default: 8737.")
@click.option(
    "--work/--no-work",
    default=None,
    help="Whether this process also fires timers and sends; on PostgreSQL workers may do it. Default: it does.",
)
@_egress_option
@_keep_option
@_log_option
def serve(**options: Any) -> None:
    """Run the dispatcher.

    Secrets come from TOCSIN_VAULT_<ITEM>_USERNAME and TOCSIN_VAULT_<ITEM>_PASSWORD, from a folder of files, and
    from HashiCorp Vault; `tocsin-dispatcher config` lists all settings. TOCSIN_BOOTSTRAP_TOKEN is a token with every scope, for a first start.
    """
    with _loading():
        from tocsin_dispatcher.logs import set_up_logs
        from tocsin_dispatcher.serving import serve as serve_dispatcher

    settings = _settings(**options)
    set_up_logs(settings.log_format)
    serve_dispatcher(settings)


@commands.command("config", params=list(serve.params))
@click.option("--format", "output", type=click.Choice(["text", "json"]), default="text", help="Default: text.")
def config_command(output: str, **options: Any) -> None:
    """Show every setting with its value and where that comes from; secrets show as asterisks.

    Takes what `serve` takes, and starts nothing.
    """
    from tocsin_dispatcher.settings_shown import settings_json, settings_text

    show = settings_json if output == "json" else settings_text
    click.echo(show(_stated(**options)), nl=False)


@commands.command()
@_database_option
@_egress_option
@_keep_option
@_log_option
def worker(**options: Any) -> None:
    """Fire timers and send messages, beside `serve` processes on the same PostgreSQL database.

    Any number of them on any number of machines. Secrets come from the environment as with `serve`.
    """
    with _loading():
        from tocsin_dispatcher.logs import set_up_logs
        from tocsin_dispatcher.serving import work

    settings = _settings(**options)
    set_up_logs(settings.log_format)
    work(settings)


@commands.command("migrate")
@_database_option
def migrate_command(database: str | None) -> None:
    """Bring the database's tables to this version. On SQLite `serve` does so by itself."""
    from tocsin_dispatcher.store.schema import SCHEMA, migrate

    async def only_migrate(opened: "Database") -> None:
        await migrate(opened)

    _with_database(database, only_migrate, prepared=False)
    click.echo(f"the database has schema {SCHEMA}")


@commands.command("export")
@_database_option
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

    click.echo(f"exported {_with_database(database, export)} rows to {file}")


@commands.command("import")
@_database_option
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
def import_command(database: str | None, file: str) -> None:
    """Read what `export` wrote into an empty database: all of it, or nothing."""
    from tocsin_dispatcher.moving import import_from

    async def take(opened: "Database") -> int:
        with opened.alone():
            return await import_from(lines, opened, datetime.now(UTC))

    with Path(file).open(encoding="utf-8", errors="replace", newline="\n") as lines:
        rows = _with_database(database, take)
    click.echo(f"imported {rows} rows from {file}")


@commands.command("purge")
@_database_option
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

    gone = _with_database(database, purge_all)
    click.echo(f"purged {gone.incidents} incidents, {gone.deliveries} messages and {gone.attempts} attempts")


@commands.group()
def token() -> None:
    """Make, list and revoke the tokens of the API."""


@token.command("create")
@_database_option
@click.option("--name", required=True, help="What it is for: shown in lists and in the audit.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice(SCOPES),
    help="What it may do. Repeatable.",
)
@click.option("--expires", metavar="DURATION", help="How long it is valid, as in 90d. Default: for ever.")
def create(database: str | None, name: str, scopes: tuple[Scope, ...], expires: str | None) -> None:
    """Make a token and print it: it is shown this once."""
    from tocsin_dispatcher.store.tokens import create_token
    from tocsin_schema.models.duration import parse_duration

    if not 0 < len(name) <= 100 or not name.isprintable():
        raise DispatcherError("--name must have 1 to 100 printable characters")
    now = datetime.now(UTC)
    try:
        expires_at = None if expires is None else now + parse_duration(expires)
    except (ValueError, OverflowError) as error:
        raise DispatcherError(f"--expires {expires}: {error}") from None
    if expires_at == now:
        raise DispatcherError(f"--expires {expires}: expected a duration longer than that")

    async def create_it(opened: "Database") -> str:
        async with opened.write() as connection:
            return await create_token(connection, name, scopes, now, expires_at)

    click.echo(_with_database(database, create_it))


@token.command("list")
@_database_option
def list_tokens(database: str | None) -> None:
    """List the tokens: id, name, scopes, validity and last use. Their text is kept nowhere."""

    from tocsin_dispatcher.store.tokens import tokens

    async def list_them(opened: "Database") -> list["Token"]:
        async with opened.read() as connection:
            return await tokens(connection)

    now = datetime.now(UTC)
    for each in _with_database(database, list_them):
        click.echo(f"{each.id}\t{each.name}\t{','.join(each.scopes)}\t{_validity(each, now)}\t{_last_use(each)}")


@token.command()
@_database_option
@click.argument("token", metavar="NAME|ID")
def revoke(database: str | None, token: str) -> None:
    """Take a token out of use: whoever has it is refused from now on."""

    from tocsin_dispatcher.store.tokens import revoke_token

    async def revoke_it(opened: "Database") -> str:
        async with opened.write() as connection:
            return await revoke_token(connection, token, datetime.now(UTC))

    click.echo(f"revoked {_with_database(database, revoke_it)}")


add_operator_commands(commands)


def main() -> None:
    """Run the command; what goes wrong for the operator ends with one line and the error's exit code."""
    try:
        commands.main(standalone_mode=False)
    except DispatcherError as error:
        click.echo(f"tocsin-dispatcher: {error}", err=True)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)


def _with_database(
    url: str | None, work: Callable[["Database"], Awaitable[_Result]], *, prepared: bool = True
) -> _Result:
    from sqlalchemy.exc import DBAPIError

    from tocsin_dispatcher.store.database import Database, reason
    from tocsin_dispatcher.store.schema import prepare

    settings = _settings(database=url)

    async def run() -> _Result:
        database = Database(settings.database)
        try:
            if prepared:
                await prepare(database)
            return await work(database)
        except DBAPIError as error:
            raise DatabaseError(f"the database can't be used: {reason(error)}") from None
        finally:
            await database.close()

    return asyncio.run(run())


@contextmanager
def _loading() -> Iterator[None]:
    """Load what stays for good: to look for garbage meanwhile, or for plugins of pydantic's, costs a third more."""
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    gc.disable()
    yield
    gc.freeze()
    gc.enable()


def _validity(token: "Token", now: datetime) -> str:
    refusal = token.refusal(now)
    if refusal is not None:
        return refusal.removeprefix("was ")
    return "valid" if token.expires_at is None else f"valid until {token.expires_at:%Y-%m-%d}"


def _last_use(token: "Token") -> str:
    return "never used" if token.last_used_at is None else f"used {token.last_used_at:%Y-%m-%d %H:%M} UTC"


if __name__ == "__main__":
    main()
