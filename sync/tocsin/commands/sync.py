"""`tocsin sync`."""

from contextlib import ExitStack
from pathlib import Path

import click

from tocsin.commands.options import examples, limit_options, target_option, timeout_option
from tocsin.errors import UsageError


@click.command(
    epilog=examples(
        "tocsin sync --target production",
        "tocsin sync --target production --yes --allow-delete alert/shop-down",
        "tocsin sync --plan production.plan --yes",
        exit_codes="0 done or nothing to do, 1 failed, 4 refused (limits, ownership, another revision)",
    )
)
@target_option
@limit_options
@click.option(
    "--plan",
    "plan_file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Sync exactly this plan, which `tocsin plan --out` saved, or nothing.",
)
@click.option("--yes", is_flag=True, help="Do not ask. Needed where there is no terminal.")
@timeout_option
@click.pass_context
def command(
    context: click.Context,
    target: str | None,
    trust_from: str | None,
    allow_delete: tuple[str, ...],
    allow_update: str | None,
    adopt: tuple[str, ...],
    plan_file: Path | None,
    yes: bool,
    timeout: float,
) -> None:
    """Make a target equal to the definitions: plan, ask, then one transaction, all or nothing.

    Definitions with errors are refused before anyone is contacted. What other projects own is never touched.
    """
    from tocsin.commands.apply import Words, carry_out, check_can_ask
    from tocsin.deployment.allowances import Options
    from tocsin.deployment.deployment import Deployment
    from tocsin.deployment.drift_text import drift_text
    from tocsin.deployment.plan_text import plan_text
    from tocsin.deployment.saved_plan import plan_again, read_plan
    from tocsin.terminal.progress import progress
    from tocsin.terminal.style import Style

    check_can_ask(yes, "sync")
    options = Options(allow_delete, allow_update, adopt)
    if plan_file is not None and options:
        raise UsageError(
            "--plan goes without --allow-delete, --allow-update and --adopt: the plan holds what was allowed",
            hint="plan again with these options: tocsin plan --out FILE ...",
        )
    saved = read_plan(plan_file) if plan_file is not None else None
    with ExitStack() as opened:
        with progress("planning") as shown:
            wanted = target if target is not None or saved is None else saved.plan.target
            deployment = Deployment.open(context.obj, wanted, trust_from=trust_from, timeout=timeout, tell=shown.tell)
            opened.enter_context(deployment)
            if plan_file is None or saved is None:
                planned = deployment.plan(deployment.allowed(options))
            else:
                planned = plan_again(plan_file, saved, deployment)
            drift = deployment.drift(planned)
        style = Style.of_stdout()
        text = plan_text(planned, style) + drift_text(drift.undone() if drift else None, planned.target, style)
        words = Words("plan", f"Sync these changes to {planned.target}?", "syncing", "synced")
        carry_out(deployment, planned, text, words, yes=yes)
