"""Findings as workflow commands of GitHub Actions, shown as annotations of the changed files.

Forms and escapes: "Workflow commands for GitHub Actions". A step may set ten annotations of a level; what comes after is
dropped by the host without a word, so the last notice says how much that is.
"""

from collections import Counter
from collections.abc import Sequence

from tocsin.project.findings import LocatedFinding
from tocsin.terminal.style import harmless
from tocsin_schema.findings import SEVERITIES, Severity
from tocsin_schema.rules.table import RULES

COMMANDS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "notice"}
MOST = 10
"""Annotations of one level that a step may set."""

IN_TEXT = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
IN_PROPERTY = IN_TEXT | str.maketrans({":": "%3A", ",": "%2C"})


def github(findings: Sequence[LocatedFinding], prefix: str) -> str:
    """Return a line a finding; `prefix` leads from the repository's root to the project's folder, with a slash."""
    counted = Counter(each.severity for each in findings)
    room = dict.fromkeys(SEVERITIES, MOST)
    if any(counted[each] > MOST for each in SEVERITIES):
        room["info"] -= 1  # for the notice that says so
    lines = []
    for each in findings:
        if room[each.severity]:
            room[each.severity] -= 1
            counted[each.severity] -= 1
            lines.append(_command(each, prefix))
    left = [f"{counted[each]} more {_name(each, counted[each])}" for each in SEVERITIES if counted[each]]
    if left:
        said = f"{', '.join(left)} not shown: GitHub takes {MOST} annotations of a level. `tocsin validate` shows all."
        lines.append(f"::notice title=Tocsin::{_text(said)}")
    return "".join(line + "\n" for line in lines)


def _name(severity: Severity, count: int) -> str:
    return COMMANDS[severity] + ("" if count == 1 else "s")


def _command(finding: LocatedFinding, prefix: str) -> str:
    start, end = finding.span
    properties = {"file": prefix + finding.file, "line": str(start.line), "endLine": str(end.line)}
    if start.line == end.line:  # the host takes columns only within one line
        properties |= {"col": str(start.column), "endColumn": str(max(end.column, start.column))}
    rule = RULES.get(finding.code)
    properties["title"] = f"{finding.code} {rule.name}" if rule else finding.code
    given = ",".join(f"{key}={harmless(value).translate(IN_PROPERTY)}" for key, value in properties.items())
    help = f"\n{finding.help}" if finding.help else ""
    return f"::{COMMANDS[finding.severity]} {given}::{_text(finding.message + help)}"


def _text(text: str) -> str:
    return harmless(text).translate(IN_TEXT)
