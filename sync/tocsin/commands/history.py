"""`tocsin history`."""

import click

from tocsin.commands.options import examples, target_option, timeout_option


@click.command(
    epilog=examples(
        "tocsin history --target production",
        "tocsin history 41 --target production",
        exit_codes="0 shown, 1 failed, such as for a revision that does not exist",
    )
)
@click.argument("revision", type=click.IntRange(min=1, max=2**63 - 1), required=False)
@target_option
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many, newest first.")
@click.option("--all", "every", is_flag=True, help="Those of every project, not only of this one.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@timeout_option
@click.pass_context
def command(
    context: click.Context,
    revision: int | None,
    target: str | None,
    trust_from: str | None,
    limit: int,
    every: bool,
    form: str,
    timeout: float,
) -> None:
    """List what was synced to a target: when, by whom, from which commit. With REVISION, show what that one changed.

    A star behind a commit says that its files had changes that were not committed.
    """
    from itertools import islice

    from tocsin.deployment.history_text import history_text, revision_text
    from tocsin.errors import TocsinError
    from tocsin.targets.connected import connected
    from tocsin.targets.revisions import revision_with_changes, revisions
    from tocsin.terminal.progress import progress
    from tocsin.terminal.style import Style

    style = Style.of_stdout()
    with (
        progress("asking") as told,
        connected(context.obj, target, trust_from=trust_from, timeout=timeout, tell=told.tell) as to,
    ):
        project, name = to.project.name, to.target_name
        if revision is None:
            found = list(revisions(to.dispatcher, limit + 1, None if every else project))
            shown, more = list(islice(found, limit)), len(found) > limit
            of = None if every else project
            if form == "json":
                from tocsin.deployment.history_json import history_json

                text = history_json(shown, name)
            else:
                text = history_text(shown, target=name, project=of, limit=limit, more=more, style=style)
        else:
            made, changes = revision_with_changes(to.dispatcher, revision)
            if made.project != project and not every:
                raise TocsinError(
                    f"revision {revision} is of the project `{made.project}`", hint="--all shows those of every project"
                )
            if form == "json":
                from tocsin.deployment.history_json import revision_json

                text = revision_json(made, changes, name)
            else:
                text = revision_text(made, changes, name, style)
    click.echo(text, nl=False, color=style.colour)
