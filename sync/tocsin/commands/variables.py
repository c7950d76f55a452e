"""`tocsin variables`."""

import click

from tocsin.commands.options import examples
from tocsin.errors import TocsinError


@click.command(epilog=examples("tocsin variables", "tocsin variables monitor", "tocsin variables JsonEncode"))
@click.argument("search", required=False)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(search: str | None, form: str) -> None:
    """List the system variables and built-in functions that templates can use.

    With SEARCH, only those whose name or description holds it.
    """
    from tocsin.reports.variables import variables_json, variables_text
    from tocsin.terminal.style import Style
    from tocsin_schema.functions import FUNCTIONS
    from tocsin_schema.template.system_variables import SYSTEM_VARIABLES
    from tocsin_schema.text.suggest import did_you_mean

    wanted = (search or "").strip("{}").casefold()
    variables = [each for each in SYSTEM_VARIABLES.values() if wanted in f"{each.name} {each.description}".casefold()]
    functions = [each for each in FUNCTIONS.values() if wanted in f"{each.name} {each.description}".casefold()]
    if not variables and not functions:
        hint = did_you_mean(search or "", [*SYSTEM_VARIABLES, *FUNCTIONS], otherwise="`tocsin variables` lists all")
        raise TocsinError(f"no variable or function is about `{search}`", hint=hint)
    style = Style.of_stdout()
    text = variables_json(variables, functions) if form == "json" else variables_text(variables, functions, style)
    click.echo(text, color=style.colour)
