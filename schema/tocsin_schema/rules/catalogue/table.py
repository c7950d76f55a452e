"""The table of rules: every code that a finding can bear, written once.

Codes by hundreds: 1 YAML, 2 document shape, 3 template, 4 variables and functions, 5 message format,
6 escalation and references, 7 security, 8 style, 9 Tocsin itself. Those of the first hundred are found by the reader of
files.
"""

from tocsin_schema.rules.catalogue.documents import SHAPE
from tocsin_schema.rules.catalogue.escalation import ESCALATION
from tocsin_schema.rules.catalogue.messages import MESSAGES
from tocsin_schema.rules.catalogue.rule import Rule
from tocsin_schema.rules.catalogue.security import SECURITY
from tocsin_schema.rules.catalogue.style import STYLE
from tocsin_schema.rules.catalogue.templates import TEMPLATES
from tocsin_schema.rules.catalogue.variables import NAMES
from tocsin_schema.rules.catalogue.yaml import YAML

__all__ = ["RULES", "Rule"]

_TABLE = (
    *YAML,
    *SHAPE,
    *TEMPLATES,
    *NAMES,
    *MESSAGES,
    *ESCALATION,
    *SECURITY,
    *STYLE,
    Rule(
        "TOC900",
        "internal",
        "error",
        "a rule that failed",
        "It is a mistake in Tocsin; the other rules went on.",
        fix="Please report it, with the definitions that caused it.",
    ),
    Rule(
        "TOC901",
        "unused-suppression",
        "warning",
        "a comment that suppresses nothing",
        "It would hide a mistake that somebody makes later.",
        fix="Remove the comment, or the code in it that is reported.",
    ),
    Rule(
        "TOC902",
        "unknown-suppression",
        "warning",
        "a comment that suppresses a rule which does not exist",
        "What it was meant to accept is reported nevertheless, or was never looked for.",
        fix="Take the code that the help line suggests. `tocsin rule` lists them all.",
    ),
    Rule(
        "TOC903",
        "expired-suppression",
        "warning",
        "a suppression whose last day has passed",
        "Somebody decided that the finding may stay until then and no longer.",
        fix="Mend what it hides, or give a later date after `until=`.",
    ),
    Rule(
        "TOC904",
        "malformed-suppression",
        "warning",
        "a comment to Tocsin that can't be understood",
        "It suppresses nothing, and looks as if it did.",
        fix="Write `# tocsin: ignore[TOC503] reason`, with `until=2027-01-31` where it shall end.",
    ),
)

RULES: dict[str, Rule] = {rule.code: rule for rule in _TABLE}
