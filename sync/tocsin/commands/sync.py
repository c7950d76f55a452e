"""`tocsin sync`."""

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tocsin.commands.options import examples, limit_options, target_option, timeout_option

if TYPE_CHECKING:
    from tocsin.deployment.allowances import Options
    from tocsin.deployment.deployment import Deployment
    from tocsin.deployment.plan_json import SavedPlanJson
    from tocsin_schema.plan.plan import Plan


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
    from tocsin.terminal.progress import progress
    from tocsin.terminal.style import Style

    check_can_ask(yes, "sync")
    options = Options(allow_delete, allow_update, adopt)
    saved = _saved(plan_file, options)
    with ExitStack() as opened:
        with progress("planning") as shown:
            wanted = target if target is not None or saved is None else saved.plan.target
            deployment = Deployment.open(context.obj, wanted, timeout=timeout, tell=shown.tell)
            opened.enter_context(deployment)
            planned = _planned(deployment, options, plan_file, saved)
            drift = deployment.drift(planned)
        style = Style.of_stdout()
        text = plan_text(planned, style) + drift_text(drift.undone() if drift else None, planned.target, style)
        words = Words("plan", f"Sync these changes to {planned.target}?", "syncing", "synced")
        carry_out(deployment, planned, text, words, yes=yes)


def _saved(file: Path | None, options: "Options") -> "SavedPlanJson | None":
    """Read the plan that is named. What was allowed stands in it: options beside it would make it another plan."""
    if file is None:
        return None
    from tocsin.deployment.saved_plan import read_plan
    from tocsin.errors import UsageError

    if options:
        raise UsageError(
            "--plan goes without --allow-delete, --allow-update and --adopt: the plan holds what was allowed",
            hint="plan again with these options: tocsin plan --out FILE ...",
        )
    return read_plan(file)


def _planned(deployment: "Deployment", options: "Options", file: Path | None, saved: "SavedPlanJson | None") -> "Plan":
    """Plan; where a plan was saved, for the same target and with the same outcome, or it is refused."""
    if file is None or saved is None:
        return deployment.plan(deployment.allowed(options))
    from tocsin.deployment.saved_plan import check_target, check_unchanged

    check_target(file, saved, deployment.target_name, deployment.target.url, deployment.definitions.project.name)
    planned = deployment.plan(saved.allowed.value())
    check_unchanged(file, saved, planned)
    return planned
