"""Findings of the files and those of the rules, put together so that no mistake is told twice."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from tocsin.project.findings import LocatedFinding

Severities = Mapping[str, Literal["off", "info", "warning", "error"]]

TOLD_BY_SHAPE = ("TOC109", "TOC110")
"""Traps of single values: where the value is no good anyway, an error says so at the same place."""

CUT_TEMPLATE = "TOC107"
UNCLOSED = "TOC301"


def files_findings(
    own: Sequence[LocatedFinding], of_rules: Sequence[LocatedFinding], severities: Severities
) -> list[LocatedFinding]:
    """Return the files' own findings with the severities that a project wants, those left out that an error covers."""
    from tocsin_schema.rules.table import RULES  # noqa: PLC0415  # with the rules come the models

    errors = {(each.file, each.span) for each in of_rules if each.severity == "error"}
    kept = []
    for each in own:
        severity = each.severity if RULES[each.code].fixed else severities.get(each.code, each.severity)
        if severity != "off" and not (each.code in TOLD_BY_SHAPE and (each.file, each.span) in errors):
            kept.append(each if severity == each.severity else replace(each, severity=severity))
    return kept


def told_once(own: Sequence[LocatedFinding], of_rules: Sequence[LocatedFinding]) -> Iterator[LocatedFinding]:
    """Yield the findings of rules without the reference that seems unclosed only because a comment cuts it off."""
    cut = [each for each in own if each.code == CUT_TEMPLATE]
    for each in of_rules:
        inside = each.code == UNCLOSED and any(
            other.file == each.file and other.span.start <= each.span.start < other.span.end for other in cut
        )
        if not inside:
            yield each
