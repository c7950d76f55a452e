"""`tocsin validate`."""

from typing import Literal

import click

from tocsin.commands.options import examples


@click.command(
    epilog=examples(
        "tocsin validate",
        "tocsin validate --format concise",
        exit_codes="0 nothing wrong, 1 errors or warnings, 2 no usable project file",
    )
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["full", "concise", "json"]),
    default="full",
    show_default=True,
    help="full: with excerpts; concise: a line each; json: for other tools.",
)
@click.pass_context
def command(context: click.Context, form: Literal["full", "concise", "json"]) -> int:
    """Find every mistake in the definitions, each at its exact place.

    Reads tocsin.yaml and every YAML file below its folder, and renders every message with every sample.
    Warnings fail it as well. Works offline.
    """
    from tocsin.reporting.report import report
    from tocsin.showing.style import Style
    from tocsin.workspace import open_workspace

    workspace = open_workspace(context.obj)
    style = Style.of_stdout()
    text = report(workspace.reading, workspace.findings, form=form, colour=style.colour)
    click.echo(text, nl=False, color=style.colour)
    if workspace.project is None:
        return 2
    return 1 if any(each.severity != "info" for each in workspace.findings) else 0
