"""The JSON Schema (draft 2020-12) of the report that `tocsin validate --format json` prints."""

import json

from tocsin.reports.json import VERSION
from tocsin.yaml.nodes import JsonValue
from tocsin_schema.findings import SEVERITIES
from tocsin_schema.models.json_schema import DIALECT


def report_schema() -> dict[str, JsonValue]:
    """Return the schema; every key is always there, so readers need no defaults."""
    return {
        "$schema": DIALECT,
        "title": "Tocsin report",
        "description": "What `tocsin validate --format json` prints. `version` changes when a key changes its meaning.",
        **closed(
            version=described("The version of this form.", const=VERSION),
            findings=described("By file and place.", type="array", items={"$ref": "#/$defs/finding"}),
            summary=described("What was read and found.", **SUMMARY),
        ),
        "$defs": {"finding": FINDING, "related": RELATED, "fix": FIX, "edit": EDIT, "position": POSITION},
    }


def report_schema_text() -> str:
    """Return the schema as the text of its file."""
    return json.dumps(report_schema(), indent=2, ensure_ascii=False) + "\n"


def described(description: str, **schema: JsonValue) -> JsonValue:
    """Return a schema that says what it is for."""
    return {"description": description, **schema}


def closed(**properties: JsonValue) -> dict[str, JsonValue]:
    """Return the schema of an object that has all of these keys and no other."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def count(description: str) -> JsonValue:
    """Return the schema of a number of things."""
    return described(description, type="integer", minimum=0)


_FILE = described("Relative to the project file's folder, with slashes.", type="string", minLength=1)
_START = described("The first character.", **{"$ref": "#/$defs/position"})
_END = described("The place behind the last character.", **{"$ref": "#/$defs/position"})

POSITION: JsonValue = {
    "description": "A place in a file.",
    **closed(
        line=described("From 1.", type="integer", minimum=1),
        column=described("From 1, in code points.", type="integer", minimum=1),
    ),
}
RELATED: JsonValue = {
    "description": "A second place that a finding speaks of.",
    **closed(message=described("What is there.", type="string"), file=_FILE, start=_START, end=_END),
}
EDIT: JsonValue = {
    "description": "Put `text` in place of what stands from `start` up to `end`.",
    **closed(file=_FILE, start=_START, end=_END, text=described("What to write, as it is.", type="string")),
}
FIX: JsonValue = {
    "description": "How to mend the finding: all of the edits or none.",
    **closed(
        safety=described("Whether it can change what was meant.", enum=["safe", "unsafe"]),
        title=described("What it does.", type="string"),
        edits=described("They never overlap.", type="array", items={"$ref": "#/$defs/edit"}),
    ),
}
FINDING: JsonValue = {
    "description": "One mistake.",
    **closed(
        code=described("The rule that found it: `tocsin rule CODE` explains it.", type="string", pattern=r"^TOC\d{3}$"),
        severity=described("How bad it is, as the project wants it.", enum=list(SEVERITIES)),
        message=described("What is wrong.", type="string", minLength=1),
        file=_FILE,
        start=_START,
        end=_END,
        related=described("Further places.", type="array", items={"$ref": "#/$defs/related"}),
        help=described("What to do.", type=["string", "null"]),
        url=described("The rule's page, from the root of Tocsin's repository.", type="string"),
        fix=described("How it can be mended by `--fix`.", anyOf=[{"$ref": "#/$defs/fix"}, {"type": "null"}]),
        fingerprint=described(
            "The same for the same finding, wherever its lines move.", type="string", pattern="^[0-9a-f]{32}$"
        ),
    ),
}
SUMMARY = closed(
    files=count("Files that were read."),
    errors=count("Findings of this severity."),
    warnings=count("Findings of this severity."),
    infos=count("Findings of this severity."),
    suppressed=count("Findings that comments in the definitions accept."),
)
