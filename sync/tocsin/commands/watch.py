"""`tocsin watch`."""

from typing import Literal

import click

from tocsin.commands.options import examples, limit_options, target_option, timeout_option
from tocsin.errors import UsageError

RUN_SECONDS = 900
"""A run may take so long, and three requests, until `/healthz` calls the watch stuck."""


@click.command(
    epilog=examples(
        "tocsin watch --target production",
        "tocsin watch --target production --git-remote origin --branch main",
        "tocsin watch --target production --once --dry-run",
        exit_codes="0 stopped as asked, 2 used wrongly, 4 another watch is at work; with --once those of sync, "
        "and 3 for changes pending with --dry-run",
    )
)
@target_option
@click.option("--interval", metavar="DURATION", default="1m", show_default=True, help="A run at least so often.")
@click.option("--git-remote", metavar="NAME", help="Sync what a branch of this git remote has, not the files here.")
@click.option("--branch", metavar="NAME", help="With --git-remote: which branch. Default: main.")
@click.option(
    "--verify-signatures", is_flag=True, help="With --git-remote: only commits that git verify-commit accepts."
)
@click.option("--poll", metavar="DURATION", help="How often to look for changes. Default: 1s, 15s with --git-remote.")
@limit_options
@click.option("--dry-run", is_flag=True, help="Change nothing: only tell what differs.")
@click.option("--once", is_flag=True, help="Make one run and end, for cron.")
@click.option(
    "--listen",
    metavar="ADDRESS:PORT",
    default="127.0.0.1:8738",
    show_default=True,
    help="Where to serve /metrics and /healthz, or off. Not with --once.",
)
@click.option("--log-format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@timeout_option
@click.pass_context
def command(
    context: click.Context,
    target: str | None,
    trust_from: str | None,
    interval: str,
    git_remote: str | None,
    branch: str | None,
    verify_signatures: bool,
    poll: str | None,
    allow_delete: tuple[str, ...],
    allow_update: str | None,
    adopt: tuple[str, ...],
    dry_run: bool,
    once: bool,
    listen: str,
    form: Literal["text", "json"],
    timeout: float,
) -> int:
    """Keep a target equal to the definitions: sync at every change, and put back what was changed there.

    Each run passes the gates of a sync; what is refused or has errors is told and tried again after a change or an
    interval. SIGTERM and Ctrl-C end the watch once a run under way is done. The log goes to stderr, a line for each run.
    """
    from random import Random

    from tocsin.commands.durations import duration_of
    from tocsin.deployment.allowances import Options, allowed_by
    from tocsin.targets.connected import connected
    from tocsin.watch.lock import alone
    from tocsin.watch.reconcile import Reconciler
    from tocsin.watch.sources import BranchOfRemote, Source, WorkingTree
    from tocsin.watch.stop import until_stopped
    from tocsin.watch.telemetry import Log, telling
    from tocsin.watch.watch import Pace, watch

    every = duration_of("--interval", interval)
    assert every is not None  # noqa: S101  # it has a default
    options = Options(allow_delete, allow_update, adopt)
    allowed_by(options, None)  # judged now, not at every run
    looks = duration_of("--poll", poll)
    source: Source
    if git_remote is not None:
        seconds = looks.total_seconds() if looks else 15.0
        source = BranchOfRemote(
            context.obj,
            git_remote,
            branch or "main",
            signed=verify_signatures,
            trust_from=trust_from,
            look_every=seconds,
        )
    else:
        for option, given in (("--branch", branch), ("--verify-signatures", verify_signatures)):
            if given:
                raise UsageError(f"{option} goes with --git-remote", hint="such as --git-remote origin")
        source = WorkingTree(context.obj, looks.total_seconds() if looks else 1.0, trust_from=trust_from)
    with connected(context.obj, target, trust_from=trust_from) as to:
        project, name = to.project.name, to.target_name
    log = Log(name, form)
    with alone(project, name), until_stopped() as time:
        reconciler = Reconciler(source, name, time.now, options, timeout=timeout, dry_run=dry_run)
        if once:
            run = reconciler.run("start")
            log.run(run)
            return run.exit_code
        with telling(log, listen, longest=RUN_SECONDS + 3 * timeout) as told:
            log.event("start", project=project, source=str(source), interval=every.total_seconds(), listen=told.address)
            watch(reconciler.run, source, Pace(every.total_seconds(), Random()), time, told.see)  # noqa: S311
            log.event("stop", runs=told.runs)
    return 0
