"""A page of documentation for each rule, all of one form: why it matters, an example, how to fix it, how to switch it off."""

from collections.abc import Iterator
from dataclasses import dataclass

from tocsin_schema.findings import Severity
from tocsin_schema.rules.rule import Rule

DECLARED_ONLY = "schema/tocsin_schema/rules/"

SEVERITIES: dict[Severity, str] = {
    "error": "An error: it fails `tocsin validate` and stops every command that uses the definitions.",
    "warning": "A warning: it fails `tocsin validate`, and stops no other command.",
    "info": "A note: it is shown, and fails nothing.",
}
INVISIBLE = {code: f"⟨U+{code:04X}⟩" for code in (0x85, 0x2028, 0x2029, 0xFEFF)}
"""Characters that a page would hide: the traps that some rules are about."""


@dataclass(frozen=True, slots=True)
class Example:
    """A file in which the rule finds something, and what `tocsin validate` says of it, which may be nothing."""

    source: str
    said: str = ""


def rule_page(rule: Rule, example: Example) -> str:
    """Return the page of a rule as Markdown."""
    return "\n".join([*_head(rule), *_example(example), *_end(rule)]) + "\n"


def _head(rule: Rule) -> Iterator[str]:
    yield f"# {rule.code}: {rule.name}\n"
    yield f"<!-- Written by `make generate` from {_source(rule)} and tests/rules/cases/: change it there. -->\n"
    yield f"Finds {rule.finds}.\n"
    yield f"{SEVERITIES[rule.severity]}{'' if rule.on else ' It is off until a project switches it on.'}\n"
    yield "## Why it matters\n"
    yield f"{rule.why}\n"


def _source(rule: Rule) -> str:
    """Return the module that declares and judges a rule; the folder of all where it is judged elsewhere."""
    return DECLARED_ONLY if rule.judge is None else f"schema/{rule.judge.__module__.replace('.', '/')}.py"


def _example(example: Example) -> Iterator[str]:
    yield "## Example\n"
    yield _block("yaml", example.source)
    if example.said:
        yield "`tocsin validate` says:\n"
        yield _block("text", example.said)


def _end(rule: Rule) -> Iterator[str]:
    yield "## Fix\n"
    yield f"{rule.fix}\n"
    yield "## Switch it off\n" if rule.on else "## Switch it on and off\n"
    if rule.fixed:
        yield "That can't be done: what it finds can't be used at all."
        return
    if not rule.on:
        yield "For the whole project, in `tocsin.yaml`; `off` again where it is on:\n"
        yield _block("yaml", f"rules: {{{rule.code}: {rule.severity}}}")
    else:
        yield "For the whole project, in `tocsin.yaml`; `error`, `warning` and `info` make it as bad as that:\n"
        yield _block("yaml", f"rules: {{{rule.code}: off}}")
    if rule.of_comments:
        return
    yield "In one place, on its line or above it:\n"
    yield _block("yaml", f"# tocsin: ignore[{rule.code}] the reason why it is right here").rstrip("\n")


def _block(language: str, text: str) -> str:
    shown = text.translate(INVISIBLE).strip("\n")
    return f"```{language}\n{shown}\n```\n"
