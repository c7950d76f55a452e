"""Findings as a code quality report of GitLab: a JSON list, of which merge requests show what is new."""

import json
from collections.abc import Sequence

from tocsin.project.findings import LocatedFinding
from tocsin.yaml.nodes import JsonValue
from tocsin_schema.findings import Severity

SEVERITIES: dict[Severity, str] = {"error": "critical", "warning": "minor", "info": "info"}


def gitlab(findings: Sequence[LocatedFinding], prefix: str) -> str:
    """Return the report; `prefix` leads from the repository's root to the project's folder, with a slash."""
    value: JsonValue = [
        {
            "description": f"{each.code} {each.message}" + (f" ({each.help})" if each.help else ""),
            "check_name": each.code,
            "fingerprint": each.fingerprint,
            "severity": SEVERITIES[each.severity],
            "location": {
                "path": prefix + each.file,
                "lines": {"begin": each.span.start.line, "end": each.span.end.line},
            },
        }
        for each in findings
    ]
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
