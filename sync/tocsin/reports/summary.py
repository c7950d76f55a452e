"""The line that counts findings."""

from collections import Counter
from collections.abc import Sequence

from tocsin.project.findings import LocatedFinding
from tocsin.terminal.style import Style
from tocsin_schema.findings import SEVERITIES

NAMES = {"error": ("error", "errors"), "warning": ("warning", "warnings"), "info": ("note", "notes")}


def summary_line(findings: Sequence[LocatedFinding], files: int, style: Style, *, suppressed: int = 0) -> str:
    """Return `2 errors, 1 warning in 14 files` or `14 files, nothing wrong`, and how many findings comments suppress."""
    in_files = f"{files} {'file' if files == 1 else 'files'}"
    aside = style(f" ({suppressed} suppressed)", dim=True) if suppressed else ""
    if not findings:
        return style(f"{in_files}, nothing wrong", "green") + aside
    counted = Counter(each.severity for each in findings)
    parts = [f"{counted[each]} {NAMES[each][counted[each] != 1]}" for each in SEVERITIES if counted[each]]
    return style(f"{', '.join(parts)} in {in_files}", "red" if counted["error"] else "yellow", bold=True) + aside
