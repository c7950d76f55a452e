"""`tocsin send`."""

import click

from tocsin.commands.options import MESSAGE_TYPES, values_option


@click.command(
    epilog="Examples: tocsin send slack --alert shop-down    tocsin send slack --type ok --target production. "
    "Exit codes: 0 delivered, 1 not."
)
@click.argument("integration")
@click.option("--type", "message_type", type=click.Choice(MESSAGE_TYPES), default="error", show_default=True)
@click.option("--alert", metavar="NAME", help="As this alert definition attaches it. Needed where several do.")
@click.option("--level", type=click.IntRange(1, 4), help="As this escalation level attaches it.")
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
    monitor: str | None,
    sample: str | None,
    values: tuple[str, ...],
    target: str | None,
) -> int:
    """Send a test message to the real receiver, and show the full request and response.

    From here, secrets come from the environment: TOCSIN_VAULT_<ITEM>_USERNAME and ..._PASSWORD. With --target
    the dispatcher sends it, with its own secrets and the definitions that it runs.
    """
    import os

    from tocsin.dispatcher import Dispatcher
    from tocsin.messages import Question, messages_for, sample_of
    from tocsin.sending import ask_dispatcher, send
    from tocsin.showing.exchange import exchanges_text
    from tocsin.showing.style import Style
    from tocsin.targets import find_target, token_of
    from tocsin.workspace import open_workspace

    workspace = open_workspace(context.obj)
    question = Question(integration, message_type, alert, level, monitor, sample, values)
    style = Style.of_stdout()
    if target is not None:
        name, found = find_target(workspace.require_project(), target)
        chosen = sample_of(workspace.require_definitions(), question)
        with Dispatcher(name, found.url, token_of(name, found, os.environ)) as dispatcher:
            result = ask_dispatcher(dispatcher, question, chosen)
    else:
        messages = messages_for(workspace.require_definitions(), question)
        if len(messages) > 1:
            places = "\n".join(f"  --alert {each.alert} --level {each.level}" for each in messages)
            raise click.UsageError(f"'{integration}' is attached to several levels. Say which:\n{places}")
        result = send(messages[0], os.environ)
    click.echo(exchanges_text(result, style), nl=False, color=style.colour)
    return 0 if result.delivered else 1
