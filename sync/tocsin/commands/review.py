"""`tocsin review`."""

from pathlib import Path

import click

from tocsin.commands.options import examples


@click.command(
    epilog=examples(
        "tocsin review",
        "tocsin review origin/main",
        "tocsin review HEAD~1 --target production",
        "tocsin review origin/main --format markdown --output review.md",
        exit_codes="0 reviewed, whatever differs; 1 the change brings new errors; 2 used wrongly, no git repository, "
        "or no usable project file",
    )
)
@click.argument("base", required=False)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "json"]),
    default="text",
    show_default=True,
    help="text: for a terminal; markdown: for a comment on a pull request; json: for other tools.",
)
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write the review there."
)
@click.option("--target", metavar="NAME", help="With the values that this target in tocsin.yaml gives to variables.")
@click.pass_context
def command(context: click.Context, base: str | None, form: str, output: Path | None, target: str | None) -> int:
    """Show what a change does to the messages that are sent, and to who is told when.

    Compares the working tree with the commit where this branch left BASE, a branch, tag or commit; as a pull request
    does. Default: the default branch of the remote. Reads git's objects: checks nothing out, needs no network.
    """
    from tocsin.commands.output import write_output
    from tocsin.review.open import opened_review
    from tocsin.review.sections import summary
    from tocsin.terminal.style import Style

    review = opened_review(context.obj, base, target)
    style = Style.of_stdout() if output is None else Style(colour=False)
    match form:
        case "markdown":
            from tocsin.review.markdown import review_markdown

            text = review_markdown(review)
        case "json":
            from tocsin.review.json import review_json

            text = review_json(review)
        case _:
            from tocsin.review.text import review_text

            text = review_text(review, style)
    if output is None:
        click.echo(text, nl=False, color=style.colour)
    else:
        write_output(output, text, "review")
        click.echo(f"{summary(review)} The review is in {output}", err=True)
    return 1 if any(each.severity == "error" for each in review.new) else 0
