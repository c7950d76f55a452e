"""`tocsin send`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from tocsin.commands.options import MESSAGE_TYPES, examples, values_option

if TYPE_CHECKING:
    from tocsin.http.exchange import Exchange
    from tocsin.messages.query import MessageQuery, SelectedMessage
    from tocsin.workspace import Workspace


@click.command(
    epilog=examples(
        "tocsin send slack --alert shop-down",
        "tocsin send slack --alert shop-down --type ok --target production",
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
) -> int:
    """Send a test message to the real receiver, and show every request and response.

    From here, secrets come from the environment: TOCSIN_VAULT_<ITEM>_USERNAME and ..._PASSWORD. With --target
    the dispatcher sends it, with its own secrets and the definitions that it runs.
    """
    from tocsin.messages.exchange_text import exchange_text, outcome_text
    from tocsin.messages.query import MessageQuery
    from tocsin.terminal.style import Style
    from tocsin.workspace import open_workspace

    workspace = open_workspace(context.obj)
    question = MessageQuery(integration, message_type, alert, level, monitor, sample, values, attachment)
    exchanges = _from_here(workspace, question) if target is None else _through(workspace, question, target)
    style = Style.of_stdout()
    delivered = True
    for exchange in exchanges:
        click.echo(exchange_text(exchange, style), color=style.colour)
        delivered = exchange.succeeded
    click.echo(outcome_text(delivered=delivered, style=style), nl=False, color=style.colour)
    return 0 if delivered else 1


def _from_here(workspace: "Workspace", question: "MessageQuery") -> Iterator["Exchange"]:
    import os
    import secrets
    from datetime import UTC, datetime

    from tocsin.messages.send import ready_to_send, send

    asked = _the_one(workspace, question)
    message = ready_to_send(asked, os.environ, now=datetime.now(UTC), seed=secrets.token_hex(16))
    return send(message, _wait)


def _through(workspace: "Workspace", question: "MessageQuery", target: str) -> Iterator["Exchange"]:
    """Have a target send it: the attachment and the monitor that the files name, the rest as it runs there."""
    import os

    from tocsin.errors import UsageError
    from tocsin.messages.assignments import assigned
    from tocsin.messages.query import sample_of
    from tocsin.targets.client import DispatcherClient
    from tocsin.targets.find import find_target, token_of
    from tocsin_schema.api.test_message import TestRequested

    project = workspace.require_project()
    name, found = find_target(project, target)
    token = token_of(name, found, os.environ, workspace.folder)
    asked = _the_one(workspace, question)
    values = assigned(question.values, asked.message.integration)
    if own := [*values.variables, *values.captured]:
        raise UsageError(
            f"--set {own[0]}: a dispatcher sends with the variables that it runs",
            hint="with --target only system variables can be set; without it, the message is sent from here",
        )
    sample = sample_of(workspace.require_definitions(), question, values)
    with DispatcherClient(name, found.url, token) as dispatcher:
        requested = TestRequested.model_construct(
            type=asked.message.message_type,
            project=project.name,
            alert=asked.alert,
            level=asked.level if asked.alert is not None else None,
            monitor=asked.monitor,
            set=dict(sample.set) if sample is not None else None,
        )
        if asked.attachment > 1:  # an older dispatcher knows the first alone
            requested = requested.model_copy(update={"attachment": asked.attachment})
        yield from dispatcher.test(question.integration, requested)


def _the_one(workspace: "Workspace", question: "MessageQuery") -> "SelectedMessage":
    """Return the message that is meant; raises UsageError where it could be one of several."""
    from tocsin.messages.query import choose_message, select_messages

    definitions = workspace.require_definitions()
    chosen, there = choose_message(definitions, question), len(select_messages(definitions, question))
    if there > 1:
        click.echo(f"The level attaches `{question.integration}` {there} times: this is the first.", err=True)
    return chosen


def _wait(seconds: float) -> None:
    import time

    click.echo(f"waiting {seconds:g} s ...", err=True)
    time.sleep(seconds)
