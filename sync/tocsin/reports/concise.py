"""One line a finding: `file:line:column: CODE message`."""

from collections.abc import Sequence

from tocsin.project.findings import LocatedFinding
from tocsin.terminal.style import Style, harmless

COLOURS = {"error": "red", "warning": "yellow", "info": "blue"}


def concise(findings: Sequence[LocatedFinding], style: Style) -> str:
    """Return the lines, help in brackets behind the message."""
    return "".join(_line(each, style) + "\n" for each in findings)


def _line(finding: LocatedFinding, style: Style) -> str:
    start = finding.span.start
    place = f"{harmless(finding.file)}:{start.line}:{start.column}:"
    code = style(finding.code, COLOURS[finding.severity], bold=True)
    help = f" ({harmless(finding.help)})" if finding.help else ""
    return f"{place} {code} {harmless(finding.message)}{help}".replace("\n", " ")
