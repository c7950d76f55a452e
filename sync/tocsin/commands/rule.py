"""`tocsin rule`."""

from typing import Literal

import click

from tocsin.commands.options import examples


@click.command(epilog=examples("tocsin rule", "tocsin rule TOC401", "tocsin rule --format markdown > docs/rules.md"))
@click.argument("code", required=False)
@click.option("--format", "form", type=click.Choice(["text", "markdown", "json"]), default="text", show_default=True)
def command(code: str | None, form: Literal["text", "markdown", "json"]) -> None:
    """Explain a rule: what it finds, why that is wrong, and how to change its severity.

    CODE may be the rule's name as well. Without it, all of them.
    """
    from tocsin.errors import UsageError
    from tocsin.reports.rules import rule_text, rules_json, rules_markdown, rules_text
    from tocsin.terminal.style import Style
    from tocsin_schema.rules.table import RULES
    from tocsin_schema.text.suggest import did_you_mean

    by_name = {each.name: each for each in RULES.values()}
    chosen = RULES.get(code.upper()) or by_name.get(code.lower()) if code is not None else None
    if code is not None and chosen is None:
        hint = did_you_mean(code, [*RULES, *by_name], otherwise="`tocsin rule` lists them")
        raise UsageError(f"there is no rule `{code}`", hint=hint)
    rules = [chosen] if chosen is not None else list(RULES.values())
    style = Style.of_stdout()
    match form:
        case "json":
            text = rules_json(rules)
        case "markdown":
            text = rules_markdown(rules)
        case "text":
            text = rule_text(chosen, style) if chosen is not None else rules_text(rules, style)
    click.echo(text, nl=False, color=style.colour)
