"""Findings as SARIF 2.1.0 (OASIS), which code hosts and editors show beside the code.

Columns are counted in UTF-16 code units, since that is what these count in, and files are named from the repository's
root. The source of each figure is the standard's section in brackets.
"""

import json
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from tocsin import __version__
from tocsin.project.findings import LocatedEdit, LocatedFinding, Suppressed
from tocsin.yaml.nodes import JsonValue
from tocsin.yaml.positions import Lines, Position, Span
from tocsin_schema.findings import Severity
from tocsin_schema.rules.rule import Rule
from tocsin_schema.rules.table import RULES

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "note"}
ROOT = "%SRCROOT%"
FINGERPRINT = "tocsinFinding/v1"
NUMBERS = {code: number for number, code in enumerate(RULES)}
Texts = Mapping[str, Lines]


def sarif(findings: Sequence[LocatedFinding], suppressed: Sequence[Suppressed], texts: Texts, prefix: str) -> str:
    """Return the log of one run; `prefix` leads from the repository's root to the project's folder, with a slash."""
    results = [_result(each, texts, prefix) for each in findings]
    if suppressed:  # 3.27.23: if any result says whether it is suppressed, all do
        results = [{**each, "suppressions": []} for each in results]
        results += [
            {**_result(each.finding, texts, prefix), "suppressions": [_suppression(each)]} for each in suppressed
        ]
    run: dict[str, JsonValue] = {
        "tool": {
            "driver": {
                "name": "Tocsin",
                "version": __version__,
                "semanticVersion": __version__,
                "rules": [_rule(each) for each in RULES.values()],
            }
        },
        "columnKind": "utf16CodeUnits",
        "newlineSequences": ["\r\n", "\n", "\r"],
        "originalUriBaseIds": {ROOT: {"description": {"text": "The root of the repository."}}},
        "results": list(results),
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def _rule(rule: Rule) -> JsonValue:
    return {
        "id": rule.code,
        "name": "".join(part.capitalize() for part in rule.name.split("-")),
        "shortDescription": {"text": f"{rule.finds[:1].upper()}{rule.finds[1:]}."},
        "fullDescription": {"text": rule.why},
        "help": {"text": f"{rule.why} {rule.fix}".strip() + f" See {rule.url}."},
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
    }


def _result(finding: LocatedFinding, texts: Texts, prefix: str) -> dict[str, JsonValue]:
    result: dict[str, JsonValue] = {
        "ruleId": finding.code,
        **({"ruleIndex": NUMBERS[finding.code]} if finding.code in NUMBERS else {}),
        "level": LEVELS[finding.severity],
        "message": {"text": finding.message + (f" ({finding.help})" if finding.help else "")},
        "locations": [{"physicalLocation": _place(finding.file, finding.span, texts, prefix)}],
        "partialFingerprints": {FINGERPRINT: finding.fingerprint},
    }
    if finding.related:
        result["relatedLocations"] = [
            {
                "id": number,
                "message": {"text": each.message},
                "physicalLocation": _place(each.file, each.span, texts, prefix),
            }
            for number, each in enumerate(finding.related, start=1)
        ]
    if finding.fix is not None and finding.fix.edits:
        files = dict.fromkeys(each.file for each in finding.fix.edits)
        changes: list[JsonValue] = [
            {
                "artifactLocation": _artifact(file, prefix),
                "replacements": [_replacement(each, texts) for each in finding.fix.edits if each.file == file],
            }
            for file in files
        ]
        result["fixes"] = [{"description": {"text": finding.fix.title}, "artifactChanges": changes}]
    return result


def _suppression(suppressed: Suppressed) -> JsonValue:
    justified: dict[str, JsonValue] = {"justification": suppressed.reason} if suppressed.reason else {}
    return {"kind": "inSource", "status": "accepted", **justified}


def _replacement(edit: LocatedEdit, texts: Texts) -> JsonValue:
    return {"deletedRegion": _region(edit.file, edit.span, texts), "insertedContent": {"text": edit.text}}


def _place(file: str, span: Span, texts: Texts, prefix: str) -> JsonValue:
    return {"artifactLocation": _artifact(file, prefix), "region": _region(file, span, texts)}


def _artifact(file: str, prefix: str) -> JsonValue:
    return {"uri": quote(prefix + file, safe="/"), "uriBaseId": ROOT}


def _region(file: str, span: Span, texts: Texts) -> JsonValue:
    lines = texts.get(file, Lines(""))
    return {
        "startLine": span.start.line,
        "startColumn": utf16_column(lines, span.start),
        "endLine": span.end.line,
        "endColumn": utf16_column(lines, span.end),
    }


def utf16_column(lines: Lines, position: Position) -> int:
    """Return a column counted from 1 in UTF-16 code units: what is outside the basic plane, such as emoji, takes two."""
    before = lines.line(position.line)[: position.column - 1]
    return position.column + sum(character > "\uffff" for character in before)
