"""Rules as text, as a page of the documentation and as JSON."""

import json
from collections.abc import Iterator, Sequence

from tocsin.terminal.style import Style
from tocsin_schema.findings import Severity
from tocsin_schema.rules.rule import Rule

HUNDREDS = {
    "TOC1": "YAML",
    "TOC2": "Document shape",
    "TOC3": "Template language",
    "TOC4": "Variables and functions",
    "TOC5": "Message format",
    "TOC6": "Escalation and references",
    "TOC7": "Security",
    "TOC8": "Style",
    "TOC9": "Tocsin itself",
}
COLOURS: dict[Severity, str] = {"error": "red", "warning": "yellow", "info": "blue"}

INTRODUCTION = """\
# Rules

<!-- Written by `tocsin rule --format markdown`: change schema/tocsin_schema/rules/, then `make generate`. -->

What `tocsin validate` finds, and the dispatcher refuses. `tocsin rule CODE` explains one of them.

An error fails `tocsin validate` and stops every command that uses the definitions; a warning fails `tocsin validate`
alone. A project changes the severity of a rule in `tocsin.yaml`, to `off`, `info`, `warning` or `error`:

```yaml
rules: {TOC604: off}
```
"""


def rules_text(rules: Sequence[Rule], style: Style) -> str:
    """Return the table of rules, a line each."""
    names = max(len(each.name) for each in rules)
    lines = []
    for group, members in _grouped(rules):
        lines += ["", style.heading(group)]
        for each in members:
            severity = style(each.severity.ljust(7), COLOURS[each.severity])
            off = "" if each.on else style.aside(" (off until switched on)")
            lines.append(f"  {each.code}  {severity}  {style(each.name.ljust(names), bold=True)}  {each.finds}{off}")
    return "\n".join([*lines[1:], "", style.aside("tocsin rule CODE explains one of them.")]) + "\n"


def rule_text(rule: Rule, style: Style) -> str:
    """Return what there is to say of one rule."""
    severity = style(f"{rule.severity}[{rule.code}]", COLOURS[rule.severity], bold=True)
    return (
        f"{severity} {style.heading(rule.name)}\n\n"
        f"  {style.aside('finds')}     {rule.finds}\n"
        f"  {style.aside('why')}       {rule.why}\n"
        f"  {style.aside('fix')}       {rule.fix}\n"
        f"  {style.aside('severity')}  {_severity(rule)}\n"
        f"  {style.aside('example')}   {rule.url}\n"
    )


def rules_markdown(rules: Sequence[Rule]) -> str:
    """Return the table of contents of the rules' pages."""
    lines = [INTRODUCTION.rstrip()]
    for group, members in _grouped(rules):
        lines += ["", f"## {group}", "", "| code | severity | name | finds |", "| --- | --- | --- | --- |"]
        for each in members:
            severity = each.severity if each.on else f"{each.severity}, off until a project switches it on"
            lines.append(f"| [{each.code}](rules/{each.code}.md) | {severity} | {each.name} | {each.finds} |")
    return "\n".join(lines) + "\n"


def rules_json(rules: Sequence[Rule]) -> str:
    """Return the rules as one JSON object."""
    value = {
        "version": 1,
        "rules": [
            {
                "code": each.code,
                "name": each.name,
                "severity": each.severity,
                "on": each.on,
                "fixed": each.fixed,
                "finds": each.finds,
                "why": each.why,
                "url": each.url,
            }
            for each in rules
        ],
    }
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _severity(rule: Rule) -> str:
    if rule.fixed:
        return f"{rule.severity}, always: what it finds can't be used at all."
    if not rule.on:
        return f"off. To switch it on: `rules: {{{rule.code}: {rule.severity}}}` in `tocsin.yaml`."
    return f"{rule.severity}. To switch it off: `rules: {{{rule.code}: off}}` in `tocsin.yaml`."


def _grouped(rules: Sequence[Rule]) -> Iterator[tuple[str, list[Rule]]]:
    for prefix, group in HUNDREDS.items():
        members = [each for each in rules if each.code.startswith(prefix)]
        if members:
            yield group, members
