"""Findings as one JSON object, the form that other tools read. `VERSION` changes when a key changes its meaning."""

import json
from collections import Counter
from collections.abc import Sequence

from tocsin.project.findings import LocatedFinding, LocatedFix
from tocsin.yaml.nodes import JsonValue
from tocsin.yaml.positions import Position

VERSION = 1


def as_json(findings: Sequence[LocatedFinding], files: int, *, suppressed: int = 0) -> str:
    """Return the object; files are relative to the project file's folder."""
    counted = Counter(each.severity for each in findings)
    value: JsonValue = {
        "version": VERSION,
        "findings": [finding_json(each) for each in findings],
        "summary": {
            "files": files,
            "errors": counted["error"],
            "warnings": counted["warning"],
            "infos": counted["info"],
            "suppressed": suppressed,
        },
    }
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def finding_json(finding: LocatedFinding) -> JsonValue:
    """Return a finding as `schema/report.schema.json` describes it."""
    return {
        "code": finding.code,
        "severity": finding.severity,
        "message": finding.message,
        "file": finding.file,
        "start": _position(finding.span.start),
        "end": _position(finding.span.end),
        "related": [
            {
                "message": each.message,
                "file": each.file,
                "start": _position(each.span.start),
                "end": _position(each.span.end),
            }
            for each in finding.related
        ],
        "help": finding.help,
        "url": finding.url,
        "fix": _fix(finding.fix),
        "fingerprint": finding.fingerprint,
    }


def _fix(fix: LocatedFix | None) -> JsonValue:
    if fix is None:
        return None
    return {
        "safety": fix.safety,
        "title": fix.title,
        "edits": [
            {
                "file": each.file,
                "start": _position(each.span.start),
                "end": _position(each.span.end),
                "text": each.text,
            }
            for each in fix.edits
        ],
    }


def _position(position: Position) -> JsonValue:
    return {"line": position.line, "column": position.column}
