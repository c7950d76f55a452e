"""`tocsin rollback`."""

from contextlib import ExitStack

import click

from tocsin.commands.options import examples, limit_options, target_option, timeout_option


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
@timeout_option
@click.pass_context
def command(
    context: click.Context,
    number: int,
    target: str | None,
    trust_from: str | None,
    allow_delete: tuple[str, ...],
    allow_update: str | None,
    adopt: tuple[str, ...],
    yes: bool,
    timeout: float,
) -> None:
    """Bring back what this project ran at an earlier revision: plan, ask, then one transaction, as a new revision.

    The files here stay as they are: the next sync brings them back, unless `tocsin pull` takes over what runs then.
    Definitions that no longer pass the rules are refused. What other projects own is never touched.
    """
    from tocsin.commands.apply import Words, carry_out, check_can_ask
    from tocsin.deployment.allowances import Options
    from tocsin.deployment.plan_text import plan_text
    from tocsin.deployment.rollback import earlier
    from tocsin.targets.connected import connected
    from tocsin.terminal.progress import progress
    from tocsin.terminal.style import Style

    check_can_ask(yes, "roll back")
    with ExitStack() as opened:
        with progress("planning") as shown:
            to = opened.enter_context(
                connected(context.obj, target, trust_from=trust_from, timeout=timeout, tell=shown.tell)
            )
            deployment = earlier(to, number)
            planned = deployment.plan(deployment.allowed(Options(allow_delete, allow_update, adopt)))
        style = Style.of_stdout()
        text = f"{style.heading(f'Rollback to revision {number}')}\n{plan_text(planned, style)}"
        question = f"Roll {planned.target} back to revision {number}?"
        carry_out(deployment, planned, text, Words("rollback", question, "rolling back", "rolled back"), yes=yes)
