"""System variables and functions as text and as JSON."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from tocsin.terminal.style import Style
from tocsin_schema.functions import BuiltinFunction
from tocsin_schema.template.system_variables import SystemVariable


def variables_text(variables: Sequence[SystemVariable], functions: Sequence[BuiltinFunction], style: Style) -> str:
    """Return a few lines for each."""
    return "\n".join(_lines(variables, functions, style))


def variables_json(variables: Sequence[SystemVariable], functions: Sequence[BuiltinFunction]) -> str:
    """Return all that is known of them."""
    shown = ("name", "signature", "description", "example", "result")
    value = {
        "version": 1,
        "variables": [asdict(each) for each in variables],
        "functions": [{key: getattr(each, key) for key in shown} for each in functions],
    }
    return json.dumps(value, indent=2, ensure_ascii=False)


def _lines(variables: Sequence[SystemVariable], functions: Sequence[BuiltinFunction], style: Style) -> Iterator[str]:
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
