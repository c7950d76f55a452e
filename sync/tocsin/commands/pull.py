"""`tocsin pull`."""

import click

from tocsin.commands.options import examples, target_option, timeout_option


@click.command(
    epilog=examples(
        "tocsin pull --target production",
        "tocsin pull alert/shop-down --diff --target production",
        exit_codes="0 the files say what runs, 1 failed, a file was left or is missing, or something would change, 4 refused",
    )
)
@click.argument("names", nargs=-1, metavar="[KIND/NAME]...")
@target_option
@click.option("--dry-run", is_flag=True, help="Write nothing; name the files that would change.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
@click.option("--overwrite", is_flag=True, help="Write also to files with changes that are not committed.")
@timeout_option
@click.pass_context
def command(
    context: click.Context,
    names: tuple[str, ...],
    target: str | None,
    trust_from: str | None,
    dry_run: bool,
    diff: bool,
    overwrite: bool,
    timeout: float,
) -> int:
    """Bring what this project runs on a target into the files: all of it, or the definitions that are named.

    Only what differs is written; comments, order and layout of the rest stay. New definitions get files of their own,
    those that no longer run are removed. What a target's `variables` override is not written over the repository's
    own values.
    """
    from tocsin.errors import RefusedError
    from tocsin.pull.request import pull_of
    from tocsin.pull.save import save, uncommitted
    from tocsin.pull.text import lacking_text, pull_diff, pull_text
    from tocsin.targets.connected import connected
    from tocsin.terminal.progress import progress
    from tocsin.terminal.style import Style, harmless

    with (
        progress("pulling") as shown,
        connected(context.obj, target, trust_from=trust_from, timeout=timeout, tell=shown.tell) as to,
    ):
        found = pull_of(to, names)
    folder = to.workspace.folder
    before = {name: to.workspace.reading.texts[name].text for name in found.texts if name in to.workspace.reading.texts}
    style = Style.of_stdout()
    if diff:
        click.echo(pull_diff(before, found, style), nl=False, color=style.colour)
    elif not dry_run:
        risky = [] if overwrite else uncommitted(folder, before)
        if risky:
            listed = "".join(f"\n  {name}" for name in risky)
            raise RefusedError(
                f"these files have changes that are not committed, and would lose them; nothing was changed{listed}",
                hint="commit them first; --overwrite writes all the same",
            )
        save(folder, before, found.texts)
    if not diff:
        click.echo(pull_text(before, found, style, written=not dry_run), nl=False, color=style.colour)
    for name, identities in found.left.items():
        what = ", ".join(str(each) for each in identities)
        click.echo(harmless(f"left as it is: {name}: {what} can't be edited there safely"), err=True)
    if found.lacking:
        click.echo(harmless(lacking_text(found)), nl=False, err=True)
    return 1 if found.left or found.lacking or (found.texts and (dry_run or diff)) else 0
