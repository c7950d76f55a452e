"""`tocsin fmt`."""

from pathlib import Path

import click

from tocsin.commands.options import examples


@click.command(
    epilog=examples(
        "tocsin fmt",
        "tocsin fmt --check --diff",
        "tocsin fmt definitions/monitors/shop.yaml",
        exit_codes="0 all in their layout now, 1 with --check or --diff: something would change",
    )
)
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--check", is_flag=True, help="Write nothing; name the files that would change.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
@click.pass_context
def command(context: click.Context, files: tuple[Path, ...], check: bool, diff: bool) -> int:
    """Bring definitions into one layout, comments and all.

    FILES are YAML files; without any, all of the project's. What the definitions say never changes, nor do quotes,
    brackets and texts: a file for which that can't be promised stays as it is, and is named.
    """
    from tocsin.editing.file_texts import differences, write_all
    from tocsin.editing.format_files import texts_of
    from tocsin.editing.formatting import formatted
    from tocsin.terminal.style import Style, harmless

    folder, before = texts_of(context.obj, files)
    results = {name: formatted(text) for name, text in before.items()}
    after = {name: result.text for name, result in results.items() if result.text != before[name]}
    for name, result in results.items():
        if result.reason is not None:
            click.echo(harmless(f"left as it is: {name}: {result.reason}"), err=True)
    if diff:
        style = Style.of_stdout()
        for each in differences(before, after, style):
            click.echo(each, nl=False, color=style.colour)
    elif check:
        for name in sorted(after):
            click.echo(harmless(f"would change: {name}"))
    else:
        write_all(folder, before, after)
    files_in = f"{len(after)} of {len(before)} {'file' if len(before) == 1 else 'files'}"
    click.echo(f"{files_in} {'would change' if check or diff else 'changed'}", err=True)
    return 1 if after and (check or diff) else 0
