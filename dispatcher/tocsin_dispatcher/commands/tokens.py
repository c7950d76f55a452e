"""The tokens of the API."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from tocsin_dispatcher.commands.opening import with_database
from tocsin_dispatcher.commands.options import database_option, examples
from tocsin_dispatcher.errors import OperatorError
from tocsin_dispatcher.scopes import SCOPES, Scope
from tocsin_schema.text.visible import visible_line

if TYPE_CHECKING:
    from tocsin_dispatcher.store.database.database import Database
    from tocsin_dispatcher.store.tokens import Token


@click.group(
    epilog=examples(
        "tocsin-dispatcher token create --name ci --scope read --scope sync", "tocsin-dispatcher token list"
    )
)
def token() -> None:
    """Make, list and revoke the tokens of the API.

    On the database itself, also while a dispatcher serves it: a new token counts at once, and a revoked one is out.
    """


@token.command(
    "create",
    epilog=examples(
        "tocsin-dispatcher token create --name ci --scope read --scope sync --expires 90d",
        "tocsin-dispatcher token create --name monitoring --scope ingest",
        notes="Scopes: read looks at everything, ingest reports checks, sync pushes definitions, operate silences, acknowledges, sends again and sends test messages.",
    ),
)
@database_option
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
        raise OperatorError("--name must have 1 to 100 printable characters")
    now = datetime.now(UTC)
    try:
        expires_at = None if expires is None else now + parse_duration(expires)
    except (ValueError, OverflowError) as error:
        raise OperatorError(f"--expires {expires}: {error}") from None
    if expires_at == now:
        raise OperatorError(f"--expires {expires}: expected a duration longer than that")

    async def create_it(opened: "Database") -> str:
        async with opened.write() as connection:
            return await create_token(connection, name, scopes, now, expires_at)

    click.echo(with_database(database, create_it))


@token.command(
    "list",
    short_help="List the tokens.",
    epilog=examples("tocsin-dispatcher token list --database sqlite:////var/lib/tocsin/tocsin.db"),
)
@database_option
def list_tokens(database: str | None) -> None:
    """List the tokens: id, name, scopes, validity and last use. Their text is kept nowhere."""
    from tocsin_dispatcher.store.tokens import tokens

    async def list_them(opened: "Database") -> list["Token"]:
        async with opened.read() as connection:
            return await tokens(connection)

    now = datetime.now(UTC)
    for each in with_database(database, list_them, new=False):
        click.echo(
            f"{each.id}\t{visible_line(each.name)}\t{','.join(each.scopes)}\t{_validity(each, now)}\t{_last_use(each)}"
        )


@token.command(short_help="Take a token out of use.", epilog=examples("tocsin-dispatcher token revoke ci"))
@database_option
@click.argument("token", metavar="NAME|ID")
def revoke(database: str | None, token: str) -> None:
    """Take a token out of use: whoever has it is refused from now on."""
    from tocsin_dispatcher.store.tokens import revoke_token

    async def revoke_it(opened: "Database") -> str:
        async with opened.write() as connection:
            return await revoke_token(connection, token, datetime.now(UTC))

    click.echo(f"revoked {visible_line(with_database(database, revoke_it, new=False))}")


def _validity(token: "Token", now: datetime) -> str:
    refusal = token.refusal(now)
    if refusal is not None:
        return refusal.removeprefix("was ")
    return "valid" if token.expires_at is None else f"valid until {token.expires_at:%Y-%m-%d}"


def _last_use(token: "Token") -> str:
    return "never used" if token.last_used_at is None else f"used {token.last_used_at:%Y-%m-%d %H:%M} UTC"
