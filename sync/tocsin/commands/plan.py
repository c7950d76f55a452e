"""`tocsin plan`."""

from pathlib import Path

import click

from tocsin.commands.options import examples, limit_options, target_option, timeout_option


@click.command(
    epilog=examples(
        "tocsin plan --target production",
        "tocsin plan --target production --out production.plan",
        "tocsin plan --target production --format markdown",
        exit_codes="0 nothing to do, 3 changes pending, 4 a sync would be refused",
    )
)
@target_option
@limit_options
@click.option("--format", "form", type=click.Choice(["text", "json", "markdown"]), default="text", show_default=True)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Save the plan, for `tocsin sync --plan FILE`.",
)
@timeout_option
@click.pass_context
def command(
    context: click.Context,
    target: str | None,
    trust_from: str | None,
    allow_delete: tuple[str, ...],
    allow_update: str | None,
    adopt: tuple[str, ...],
    form: str,
    out: Path | None,
    timeout: float,
) -> int:
    """Show what a sync to a target would change: every definition, field by field. Changes nothing there."""
    from tocsin.deployment.allowances import Options
    from tocsin.deployment.deployment import Deployment
    from tocsin.deployment.drift_text import drift_text
    from tocsin.deployment.plan_json import plan_json
    from tocsin.deployment.plan_markdown import plan_markdown
    from tocsin.deployment.plan_text import plan_text
    from tocsin.deployment.saved_plan import write_plan
    from tocsin.git.links import refuse_link_elsewhere
    from tocsin.terminal.progress import progress
    from tocsin.terminal.style import Style

    options = Options(allow_delete, allow_update, adopt)
    with (
        progress("planning") as shown,
        Deployment.open(context.obj, target, trust_from=trust_from, timeout=timeout, tell=shown.tell) as deployment,
    ):
        allowed = deployment.allowed(options)
        planned = deployment.plan(allowed)
        drift = deployment.drift(planned)
    if out is not None:
        refuse_link_elsewhere(out)
        write_plan(out, planned, allowed, deployment.target.url)
    style = Style.of_stdout()
    if form == "text":
        text = plan_text(planned, style) + drift_text(drift, planned.target, style)
    elif form == "json":
        text = plan_json(planned, drift)
    else:
        text = plan_markdown(planned, drift)
    click.echo(text, nl=False, color=style.colour)
    if planned.refusals:
        return 4
    return 3 if planned.changes else 0
