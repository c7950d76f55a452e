"""`tocsin send`."""

import time
from collections.abc import Iterable
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from tocsin.commands.options import MESSAGE_TYPES, examples, trust_option, values_option

if TYPE_CHECKING:
    from tocsin.http.exchange import Exchange


@click.command(
    epilog=examples(
        "tocsin send slack --alert shop-down",
        "tocsin send slack --alert shop-down --type ok --target production",
        "tocsin send slack --alert shop-down --format json | jq .attempts[-1].outcome",
        "tocsin send slack --alert shop-down --level 1 --attachment 2",
        exit_codes="0 delivered, 1 not",
    )
)
@click.argument("integration")
@click.option("--type", "message_type", type=click.Choice(MESSAGE_TYPES), default="error", show_default=True)
@click.option("--alert", metavar="NAME", help="As this alert definition attaches it. Needed where several do.")
@click.option("--level", type=click.IntRange(1, 4), help="As this escalation level attaches it.")
@click.option(
    "--attachment",
    type=click.IntRange(min=1),
    metavar="N",
    help="The Nth attachment, where the level attaches it several times. Default: the first.",
)
@click.option("--monitor", metavar="NAME", help="The monitor that fails. Default: the alert definition's first.")
@click.option("--sample", metavar="NAME", help="The sample to take values from. Default: made-up ones.")
@values_option
@click.option(
    "--target", metavar="NAME", help="Have this target send what it runs. Default: send the files' message from here."
)
@trust_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="text: each attempt as it is made; json: all of them, once the last one is.",
)
@click.pass_context
def command(
    context: click.Context,
    integration: str,
    message_type: str,
    alert: str | None,
    level: int | None,
    attachment: int | None,
    monitor: str | None,
    sample: str | None,
    values: tuple[str, ...],
    target: str | None,
    trust_from: str | None,
    form: str,
) -> int:
    """Send a test message to the real receiver, and show every request and response.

    Each attempt ends in its outcome (delivered, busy, down, locked out, refused, done but not understood), and what a
    dispatcher would do then: this command waits for no receiver.

    From here, secrets come from the environment: TOCSIN_VAULT_<ITEM>_USERNAME and ..._PASSWORD. With --target
    the dispatcher sends it, with its own secrets and the definitions that it runs. In CI for a pull request no secret
    is sent from here, since its files say where to.
    """
    import os
    import secrets
    from datetime import UTC, datetime

    from tocsin.messages.exchange_text import exchange_text, outcome_text
    from tocsin.messages.query import MessageQuery, choose_message, select_messages
    from tocsin.messages.send import ready_to_send, send, ways_left_out
    from tocsin.targets.connected import connected
    from tocsin.targets.message_request import message_request
    from tocsin.targets.trusted_project import trusts_working_tree
    from tocsin.terminal.style import Style
    from tocsin.workspace import open_workspace

    query = MessageQuery(integration, message_type, alert, level, monitor, sample, values, attachment)
    style = Style.of_stdout()
    with ExitStack() as opened:
        to = opened.enter_context(connected(context.obj, target, trust_from=trust_from)) if target is not None else None
        workspace = to.workspace if to is not None else open_workspace(context.obj)
        definitions = workspace.require_definitions()
        chosen, there = choose_message(definitions, query), len(select_messages(definitions, query))
        if there > 1:
            click.echo(f"The level attaches `{integration}` {there} times: this is the first.", err=True)
        exchanges: Iterable[Exchange]
        if to is None:
            trusted = trusts_working_tree(workspace.project_file, trust_from, os.environ)
            environment = os.environ if trusted else None
            message = ready_to_send(chosen, environment, now=datetime.now(UTC), seed=secrets.token_hex(16))
            if (ways := ways_left_out(message.integration)) is not None:
                click.echo(ways, err=True)
            exchanges = send(message, _wait)
        else:
            exchanges = to.dispatcher.test(integration, message_request(definitions, query, chosen))
        made: list[Exchange] = []
        for exchange in exchanges:
            made.append(exchange)
            if form == "text":
                click.echo(exchange_text(exchange, style), color=style.colour)
    delivered = all(each.goes_on for each in made[-1:])
    if form == "json":
        from tocsin.messages.exchange_json import sent_json

        click.echo(sent_json(made, delivered=delivered), nl=False)
    else:
        click.echo(outcome_text(delivered=delivered, style=style), nl=False, color=style.colour)
    return 0 if delivered else 1


def _wait(seconds: float) -> None:
    click.echo(f"waiting {seconds:g} s ...", err=True)
    time.sleep(seconds)
