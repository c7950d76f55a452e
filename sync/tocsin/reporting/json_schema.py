"""The JSON Schema (draft 2020-12) of the report that `tocsin validate --format json` prints."""

import json

from tocsin.reading.nodes import JsonValue
from tocsin.reporting.json import VERSION
from tocsin_schema.findings import SEVERITIES
from tocsin_schema.json_schema import DIALECT


def report_schema() -> dict[str, JsonValue]:
    """Give the schema; every key is always there, so readers need no defaults."""
    return {
        "$schema": DIALECT,
        "title": "Tocsin report",
        "description": "What `tocsin validate --format json` prints. `version` changes when a key changes its meaning.",
        **_closed(
            version=_described("The version of this form.", const=VERSION),
            findings=_described("By file and place.", type="array", items={"$ref": "#/$defs/finding"}),
            summary=_described("What was read and found.", **SUMMARY),
        ),
        "$defs": {"finding": FINDING, "related": RELATED, "fix": FIX, "edit": EDIT, "position": POSITION},
    }


def report_schema_text() -> str:
    """Give the schema as the text of its file."""
    return json.dumps(report_schema(), indent=2, ensure_ascii=False) + "\n"


def _described(description: str, **schema: JsonValue) -> JsonValue:
    return {"description": description, **schema}


def _closed(**properties: JsonValue) -> dict[str, JsonValue]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _count(description: str) -> JsonValue:
    return _described(description, type="integer", minimum=0)


_FILE = _described("Relative to the project file's folder, with slashes.", type="string", minLength=1)
_START = _described("The first character.", **{"$ref": "#/$defs/position"})
_END = _described("The place behind the last character.", **{"$ref": "#/$defs/position"})

POSITION: JsonValue = {
    "description": "A place in a file.",
    **_closed(
        line=_described("From 1.", type="integer", minimum=1),
        column=_described("From 1, in code points.", type="integer", minimum=1),
    ),
}
RELATED: JsonValue = {
    "description": "A second place that a finding speaks of.",
    **_closed(message=_described("What is there.", type="string"), file=_FILE, start=_START, end=_END),
}
EDIT: JsonValue = {
    "description": "Put `text` in place of what stands from `start` up to `end`.",
    **_closed(file=_FILE, start=_START, end=_END, text=_described("What to write, as it is.", type="string")),
}
FIX: JsonValue = {
    "description": "How to mend the finding: all of the edits or none.",
    **_closed(
        safety=_described("Whether it can change what was meant.", enum=["safe", "unsafe"]),
        title=_described("What it does.", type="string"),
        edits=_described("They never overlap.", type="array", items={"$ref": "#/$defs/edit"}),
    ),
}
FINDING: JsonValue = {
    "description": "One mistake.",
    **_closed(
        code=_described(
            "The rule that found it: `tocsin rule CODE` explains it.", type="string", pattern=r"^TOC\d{3}$"
        ),
        severity=_described("How bad it is, as the project wants it.", enum=list(SEVERITIES)),
        message=_described("What is wrong.", type="string", minLength=1),
        file=_FILE,
        start=_START,
        end=_END,
        related=_described("Further places.", type="array", items={"$ref": "#/$defs/related"}),
        help=_described("What to do.", type=["string", "null"]),
        url=_described("The rule's page, from the root of Tocsin's repository.", type="string"),
        fix=_described("How it can be mended by `--fix`.", anyOf=[{"$ref": "#/$defs/fix"}, {"type": "null"}]),
        fingerprint=_described(
            "The same for the same finding, wherever its lines move.", type="string", pattern="^[0-9a-f]{32}$"
        ),
    ),
}
SUMMARY = _closed(
    files=_count("Files that were read."),
    errors=_count("Findings of this severity."),
    warnings=_count("Findings of this severity."),
    infos=_count("Findings of this severity."),
    suppressed=_count("Findings that comments in the definitions accept."),
)
