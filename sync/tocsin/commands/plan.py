"""`tocsin plan`."""

import click

from tocsin.commands.options import examples, limit_options, target_option


@click.command(
    epilog=examples(
        "tocsin plan --target production",
        "tocsin plan --target production --allow-delete alert/shop-down --format json",
        exit_codes="0 nothing to do, 3 changes pending, 4 a sync would be refused",
    )
)
@target_option
@limit_options
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_context
def command(
    context: click.Context,
    target: str | None,
    allow_delete: tuple[str, ...],
    allow_update: str | None,
    form: str,
) -> int:
    """Show what a sync to a target would change: every definition, field by field. Writes nothing."""
    from tocsin.deployment import Deployment
    from tocsin.showing.drift import drift_text, drift_value
    from tocsin.showing.plan import plan_json, plan_text
    from tocsin.showing.style import Style

    with Deployment.open(context.obj, target) as deployment:
        planned = deployment.plan(allow_delete, allow_update)
        drift = deployment.drift(planned)
    style = Style.of_stdout()
    if form == "json":
        text = plan_json(planned, drift=None if drift is None else drift_value(drift))
    else:
        text = plan_text(planned, style) + ("" if drift is None else drift_text(drift, planned.target, style))
    click.echo(text, nl=False, color=style.colour)
    if planned.refusals:
        return 4
    return 3 if planned.changes else 0
