"""`tocsin rollback`."""

import sys

import click

from tocsin.commands.options import examples, limit_options, target_option


@click.command(
    epilog=examples(
        "tocsin rollback --to 41 --target production",
        "tocsin rollback --to 41 --target production --yes",
        exit_codes="0 done or nothing to do, 1 failed, 4 refused (limits, ownership, another revision)",
    )
)
@click.option(
    "--to", "number", type=click.IntRange(min=1, max=2**63 - 1), required=True, metavar="REVISION", help="Which one."
)
@target_option
@limit_options
@click.option("--yes", is_flag=True, help="Do not ask. Needed where there is no terminal.")
@click.pass_context
def command(
    context: click.Context,
    number: int,
    target: str | None,
    allow_delete: tuple[str, ...],
    allow_update: str | None,
    adopt: tuple[str, ...],
    yes: bool,
) -> None:
    """Bring back what this project ran at an earlier revision: plan, ask, then one transaction, as a new revision.

    The files here stay as they are: the next sync brings them back, unless `tocsin pull` takes over what runs then.
    Definitions that no longer pass the rules are refused. What other projects own is never touched.
    """
    from tocsin.allowing import Options
    from tocsin.commands.asking import agreed
    from tocsin.connected import connected
    from tocsin.errors import RefusedError, TocsinError, UsageError
    from tocsin.rollback import earlier
    from tocsin.showing.plan import plan_text
    from tocsin.showing.style import Style

    if not yes and not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask on", hint="say --yes to roll back without being asked")
    style = Style.of_stdout()
    with connected(context.obj, target) as to:
        deployment = earlier(to, number)
        planned = deployment.plan(deployment.allowed(Options(allow_delete, allow_update, adopt)))
        click.echo(style.heading(f"Rollback to revision {number}"), color=style.colour)
        click.echo(plan_text(planned, style), nl=False, color=style.colour)
        if planned.refusals:
            raise RefusedError("the rollback is refused; nothing was changed")
        if not planned.changes:
            return
        if not yes and not agreed(f"Roll {planned.target} back to revision {number}?"):
            raise TocsinError("not rolled back; nothing was changed")
        applied = deployment.apply(planned)
    done = style("Rolled back.", "green", bold=True)
    click.echo(
        f"{done} {planned.target} is at revision {applied.revision}: {applied.created} created, "
        f"{applied.updated} updated, {applied.deleted} deleted.",
        color=style.colour,
    )
