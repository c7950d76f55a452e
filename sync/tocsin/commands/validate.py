"""`tocsin validate`."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tocsin.commands.options import examples
from tocsin.errors import UsageError

if TYPE_CHECKING:
    from tocsin.reports.report import Form
    from tocsin.validation.selection import FailOn

FORMS = ("full", "concise", "json", "sarif", "github", "gitlab", "junit")
FILE = click.Path(path_type=Path, dir_okay=False)


def _choosing_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that choose what is reported."""
    options = (
        click.option(
            "--select", multiple=True, metavar="CODE", help="Report only this rule, or family: TOC4. Repeatable."
        ),
        click.option("--ignore", multiple=True, metavar="CODE", help="Leave out this rule, or family. Repeatable."),
        click.option("--baseline", type=FILE, metavar="FILE", help="Leave out the findings that FILE lists."),
        click.option(
            "--write-baseline", "to_baseline", is_flag=True, help="Write what is found now to the file of --baseline."
        ),
        click.option("--changed-since", metavar="REV", help="Only what changed since this git revision caused."),
    )
    for each in reversed(options):
        function = each(function)
    return function


@click.command(
    epilog=examples(
        "tocsin validate",
        "tocsin validate --format concise",
        "tocsin validate --fix --diff",
        "tocsin validate --changed-since origin/main --format github",
        "tocsin validate --format sarif --output tocsin.sarif",
        "tocsin validate --baseline known.json --write-baseline",
        exit_codes="0 nothing wrong, 1 findings as bad as --fail-on says, 2 used wrongly or no usable project file",
    )
)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMS),
    default="full",
    show_default=True,
    help="full: with excerpts; concise: a line each; json: for other tools; sarif, github, gitlab, junit: for hosts.",
)
@click.option("--output", type=FILE, metavar="FILE", help="Write the report there.")
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "info", "never"]),
    default="warning",
    show_default=True,
    help="The least severity that makes it fail.",
)
@_choosing_options
@click.option("--fix", is_flag=True, help="Mend what has a safe fix, in the files; report what is left.")
@click.option("--unsafe-fixes", is_flag=True, help="Like --fix, and mend also where Tocsin can only guess.")
@click.option("--diff", is_flag=True, help="Show what --fix would change, and write nothing.")
@click.pass_context
def command(
    context: click.Context,
    paths: tuple[Path, ...],
    form: "Form",
    output: Path | None,
    fail_on: "FailOn",
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    baseline: Path | None,
    to_baseline: bool,
    changed_since: str | None,
    fix: bool,
    unsafe_fixes: bool,
    diff: bool,
) -> int:
    """Find every mistake in the definitions, each at its exact place.

    Reads tocsin.yaml and every YAML file below its folder, and renders every message with every sample. With PATHS
    it reads them all the same, and reports what is in these files or folders. Works offline.
    """
    from tocsin.commands.output import write_output
    from tocsin.git.paths import prefix_in_repository
    from tocsin.reports.report import report
    from tocsin.reports.summary import summary_line
    from tocsin.terminal.style import Style
    from tocsin.validation.notes import notes
    from tocsin.validation.reported import Filter, select_findings
    from tocsin.validation.selection import FAILING, codes, fails, paths_in
    from tocsin.workspace import open_workspace

    chosen = codes(select, ignore)
    if to_baseline and (baseline is None or paths or changed_since is not None):
        raise UsageError("--write-baseline needs --baseline FILE, and all findings: no PATHS, no --changed-since")
    workspace = open_workspace(context.obj)
    named = paths_in(workspace.folder, paths, workspace.reading.texts)
    for each in named.outside if named is not None else ():
        click.echo(f"note: `{each}` is no file of the project in `{workspace.folder}`", err=True)
    today = datetime.now(UTC).date()
    if to_baseline and baseline is not None:
        from tocsin.git.links import refuse_link_elsewhere
        from tocsin.validation.baseline import write_baseline  # takes time to import, as the next one

        known = select_findings(workspace, Filter(chosen), today=today).findings
        workspace.require_project()
        refuse_link_elsewhere(baseline)
        write_baseline(baseline, known)
        click.echo(f"wrote {len(known)} {'finding' if len(known) == 1 else 'findings'} to {baseline}", err=True)
        return 0
    wanted = Filter(chosen, named, baseline, changed_since)
    if fix or unsafe_fixes or diff:
        from tocsin.editing.fix import mend

        workspace = mend(
            context.obj,
            workspace,
            unsafe=unsafe_fixes,
            diff=diff,
            wanted=lambda each: select_findings(each, wanted, today=today).findings,
        )
    outcome = select_findings(workspace, wanted, today=today)
    if not diff:
        style = Style.of_stdout() if output is None else Style(colour=False)
        text = report(
            workspace.reading,
            outcome.findings,
            form=form,
            colour=style.colour,
            suppressed=outcome.suppressed,
            failing=FAILING[fail_on],
            prefix=prefix_in_repository(workspace.folder),
        )
        if output is None:
            click.echo(text, nl=False, color=style.colour)
        else:
            write_output(output, text, "report")
            line = summary_line(outcome.findings, workspace.reading.files, style, suppressed=len(outcome.suppressed))
            click.echo(f"{line}; the report is in {output}", err=True)
        for each in notes(outcome, baseline):
            click.echo(each, err=True)
    if workspace.project is None:
        return 2
    return 1 if fails(outcome.findings, fail_on) else 0
