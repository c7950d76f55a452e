"""`tocsin sync`."""

import sys

import click

from tocsin.commands.options import limit_options, target_option


@click.command(epilog="Exit codes: 0 done or nothing to do, 1 failed, 4 refused (limits, ownership, another revision).")
@target_option
@limit_options
@click.option("--yes", is_flag=True, help="Do not ask. Needed where there is no terminal.")
@click.pass_context
def command(
    context: click.Context,
    target: str | None,
    allow_delete: tuple[str, ...],
    allow_update: str | None,
    yes: bool,
) -> None:
    """Make a target equal to the definitions: plan, ask, then one transaction, all or nothing.

    Definitions with errors are refused before anyone is contacted. What other projects own is never touched.
    """
    from tocsin.deployment import Deployment
    from tocsin.errors import RefusedError, UsageError
    from tocsin.showing.plan import plan_text
    from tocsin.showing.style import Style

    if not yes and not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask on", hint="say --yes to sync without being asked")
    with Deployment.open(context.obj, target) as deployment:
        planned = deployment.plan(allow_delete, allow_update)
        style = Style.of_stdout()
        click.echo(plan_text(planned, style), nl=False, color=style.colour)
        if planned.refusals:
            raise RefusedError("the plan is refused; nothing was changed")
        if not planned.changes:
            return
        if not yes and not click.confirm(f"Sync these changes to {planned.target}?", err=True):
            raise click.Abort
        applied = deployment.apply(planned)
    done = style("Synced.", "green", bold=True)
    click.echo(
        f"{done} {planned.target} is at revision {applied.revision}: {applied.created} created, "
        f"{applied.updated} updated, {applied.deleted} deleted.",
        color=style.colour,
    )
