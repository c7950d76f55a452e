"""`tocsin render`."""

import click

from tocsin.commands.options import MESSAGE_TYPES, examples, values_option


@click.command(
    epilog=examples(
        "tocsin render slack",
        "tocsin render pagerduty --type ok --sample quotes",
        "tocsin render slack --alert shop-down --set '@monitor.notes=Call Jan'",
        "tocsin render pagerduty --type ok --format curl",
    )
)
@click.argument("integration")
@click.option("--type", "message_type", type=click.Choice(MESSAGE_TYPES), help="Default: every type that is sent.")
@click.option("--alert", metavar="NAME", help="Only as this alert definition attaches it.")
@click.option("--level", type=click.IntRange(1, 4), help="Only as this escalation level attaches it.")
@click.option(
    "--attachment",
    type=click.IntRange(min=1),
    metavar="N",
    help="Only the Nth attachment, where a level attaches it several times.",
)
@click.option("--monitor", metavar="NAME", help="The monitor that fails. Default: the alert definition's first.")
@click.option("--sample", metavar="NAME", help="The sample to take values from. Default: made-up ones.")
@values_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "curl", "http"]),
    default="text",
    show_default=True,
    help="text: to read; json: for other tools; curl: shell commands; http: HTTP/1.1, as .http files have it.",
)
@click.pass_context
def command(
    context: click.Context,
    integration: str,
    message_type: str | None,
    alert: str | None,
    level: int | None,
    attachment: int | None,
    monitor: str | None,
    sample: str | None,
    values: tuple[str, ...],
    form: str,
) -> None:
    """Show the very requests that an integration would send, secrets as asterisks.

    By default every message type, for every level that attaches the integration. Works offline; sends nothing.
    In curl commands TOCSIN_VAULT_<ITEM>_USERNAME and ..._PASSWORD stand for secrets: they send nothing while one is unset.
    """
    from tocsin.messages.query import MessageQuery, select_messages
    from tocsin.messages.text import messages_json, messages_text
    from tocsin.terminal.style import Style
    from tocsin.workspace import open_workspace

    definitions = open_workspace(context.obj).require_definitions()
    question = MessageQuery(integration, message_type, alert, level, monitor, sample, values, attachment)
    style = Style.of_stdout()
    messages = select_messages(definitions, question)
    match form:
        case "curl":
            from tocsin.messages.curl import messages_curl

            text = messages_curl(messages)
        case "http":
            from tocsin.messages.http_file import messages_http

            text = messages_http(messages)
        case "json":
            text = messages_json(messages)
        case _:
            text = messages_text(messages, style)
    click.echo(text, nl=False, color=style.colour)
