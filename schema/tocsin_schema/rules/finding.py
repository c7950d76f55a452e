"""Findings of rules, and the fixes that they offer."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from tocsin_schema.findings import Edit, Finding, Fix, Place, Related
from tocsin_schema.rules.registry import DECLARED


def finding(
    code: str,
    message: str,
    where: Place,
    *,
    help: str | None = None,
    related: tuple[Related, ...] = (),
    fix: Fix | None = None,
) -> Finding:
    """Return a finding with the severity that its rule states."""
    return Finding(code, DECLARED[code].severity, message, where, related, help, fix)


def renamed(where: Place, name: str | None) -> Fix | None:
    """Return the fix of a misspelt name, None where nothing is alike; unsafe, since only a person knows what was meant."""
    if name is None:
        return None
    return Fix("unsafe", (Edit(where, name),), f"write `{name}`")


def rewritten(where: Place, text: str | float) -> Fix:
    """Return the safe fix that puts `text` where something stands that can't mean anything else."""
    shown = text if isinstance(text, str) else json.dumps(text)
    return Fix("safe", (Edit(where, text),), f"write `{shown}`")


def wrapped(where: Place, source: str, function: str) -> Fix:
    """Return the safe fix that encodes a reference: `source`, which stands at `where`, in the brackets of `function`."""
    whole = f"{{{{{function}({source})}}}}"
    return Fix("safe", (Edit(where, whole),), f"write `{whole}`")


def with_severities(
    findings: list[Finding], severities: Mapping[str, Literal["off", "info", "warning", "error"]]
) -> list[Finding]:
    """Return the findings as the project wants them: rules that are off left out, severities changed."""
    kept = []
    for each in findings:
        severity = severities.get(each.code, each.severity if DECLARED[each.code].on else "off")
        if severity != "off":
            kept.append(replace(each, severity=severity))
    return kept
