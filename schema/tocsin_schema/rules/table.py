"""The table of rules: every code that a finding can bear.

Codes by hundreds: 1 YAML, 2 document shape, 3 template, 4 variables and functions, 5 message format,
6 escalation and references, 7 security, 8 style, 9 Tocsin itself. Each rule is declared in the module of its family
that is about it.
"""

from tocsin_schema.rules import documents, escalation, messages, security, style, templates, tocsin, variables, yaml
from tocsin_schema.rules.registry import DECLARED
from tocsin_schema.rules.rule import Rule

FAMILIES = (yaml, documents, templates, variables, messages, escalation, security, style, tocsin)
"""The modules that declare the rules, and the packages of such modules: importing them fills the table."""

RULES: dict[str, Rule] = dict(sorted(DECLARED.items()))
"""Every rule by its code, in order of code."""
