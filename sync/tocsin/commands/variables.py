"""`tocsin variables`."""

import json

import click


@click.command(epilog="Examples: tocsin variables monitor    tocsin variables JsonEncode")
@click.argument("search", required=False)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(search: str | None, form: str) -> None:
    """List the system variables and built-in functions that templates can use.

    With SEARCH, only those whose name or description holds it.
    """
    from tocsin.errors import TocsinError
    from tocsin.showing.style import Style
    from tocsin_schema.functions import FUNCTIONS
    from tocsin_schema.suggest import did_you_mean
    from tocsin_schema.variables import SYSTEM_VARIABLES

    def wanted(*texts: str) -> bool:
        return search is None or any(search.casefold() in text.casefold() for text in texts)

    variables = [each for each in SYSTEM_VARIABLES.values() if wanted(each.name, each.description)]
    functions = [each for each in FUNCTIONS.values() if wanted(each.name, each.description)]
    if not variables and not functions:
        known = [*SYSTEM_VARIABLES, *FUNCTIONS]
        raise TocsinError(f"nothing is called `{search}`", hint=did_you_mean(search or "", known))
    if form == "json":
        value = {
            "variables": [
                {
                    "name": each.name,
                    "kind": each.kind,
                    "when": each.when,
                    "description": each.description,
                    "example": each.example,
                }
                for each in variables
            ],
            "functions": [
                {
                    "name": each.name,
                    "signature": each.signature,
                    "description": each.description,
                    "example": each.example,
                    "result": each.result,
                }
                for each in functions
            ],
        }
        click.echo(json.dumps(value, indent=2, ensure_ascii=False))
        return
    style = Style.of_stdout()
    for variable in variables:
        when = f" ({variable.when})" if variable.when else ""
        click.echo(f"{style('{{' + variable.name + '}}', 'cyan', bold=True)}  {style.aside(variable.kind)}")
        click.echo(f"    {variable.description}{style.aside(when)}")
        click.echo(f"    {style.aside('such as ' + variable.example)}")
    for function in functions:
        click.echo(style("{{" + function.signature + "}}", "cyan", bold=True))
        click.echo(f"    {function.description}")
        click.echo(f"    {style.aside(function.example + '  gives  ' + function.result)}")
