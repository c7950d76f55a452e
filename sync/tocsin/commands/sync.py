"""`tocsin sync`."""

import sys

import click

from tocsin.commands.options import examples, limit_options, target_option


@click.command(
    epilog=examples(
        "tocsin sync --target production",
        "tocsin sync --target production --yes --allow-delete alert/shop-down",
        exit_codes="0 done or nothing to do, 1 failed, 4 refused (limits, ownership, another revision)",
    )
)
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
    from tocsin.commands.asking import agreed
    from tocsin.deployment import Deployment
    from tocsin.errors import RefusedError, TocsinError, UsageError
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
        if not yes and not agreed(f"Sync these changes to {planned.target}?"):
            raise TocsinError("not synced; nothing was changed")
        try:
            applied = deployment.apply(planned)
        except KeyboardInterrupt as error:
            raise TocsinError(
                f"stopped while {planned.target} was at work: it may have synced all, or nothing",
                hint=f"`tocsin plan --target {planned.target}` shows which",
            ) from error
    done = style("Synced.", "green", bold=True)
    click.echo(
        f"{done} {planned.target} is at revision {applied.revision}: {applied.created} created, "
        f"{applied.updated} updated, {applied.deleted} deleted.",
        color=style.colour,
    )
