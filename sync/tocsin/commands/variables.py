"""`tocsin variables`."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from tocsin.commands.options import examples

if TYPE_CHECKING:
    from tocsin.terminal.style import Style
    from tocsin_schema.functions import BuiltinFunction
    from tocsin_schema.template.system_variables import SystemVariable


@click.command(epilog=examples("tocsin variables", "tocsin variables monitor", "tocsin variables JsonEncode"))
@click.argument("search", required=False)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(search: str | None, form: str) -> None:
    """List the system variables and built-in functions that templates can use.

    With SEARCH, only those whose name or description holds it.
    """
    from tocsin.errors import TocsinError
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
    if form == "json":
        click.echo(_as_json(variables, functions))
        return
    style = Style.of_stdout()
    click.echo("\n".join(_lines(variables, functions, style)), color=style.colour)


def _as_json(variables: "Sequence[SystemVariable]", functions: "Sequence[BuiltinFunction]") -> str:
    shown = ("name", "signature", "description", "example", "result")
    value = {
        "version": 1,
        "variables": [asdict(each) for each in variables],
        "functions": [{key: getattr(each, key) for key in shown} for each in functions],
    }
    return json.dumps(value, indent=2, ensure_ascii=False)


def _lines(
    variables: "Sequence[SystemVariable]", functions: "Sequence[BuiltinFunction]", style: "Style"
) -> Iterator[str]:
    if variables:
        yield style.heading("System variables")
    for variable in variables:
        kind = variable.kind + (f", {variable.when}" if variable.when else "")
        yield f"  {style('{{' + variable.name + '}}', 'cyan', bold=True)}  {style.aside(kind)}"
        yield f"      {variable.description}"
        yield f"      {style.aside('such as ' + variable.example)}"
    if variables and functions:
        yield ""
    if functions:
        yield style.heading("Functions")
    for function in functions:
        yield "  " + style("{{" + function.signature + "}}", "cyan", bold=True)
        yield f"      {function.description}"
        yield f"      {style.aside(function.example + ' gives ' + function.result)}"
