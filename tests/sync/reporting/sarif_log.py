"""What SARIF 2.1.0 allows in the parts that Tocsin writes, said again here in JSON Schema.

Written by hand from the standard's text: it is no copy of the OASIS schema, and says nothing of parts that Tocsin leaves
out. It is closed, so a misspelt property is found.
"""

from typing import Any

TEXT = {"type": "string"}
COUNT = {"type": "integer", "minimum": 0}
FROM_ONE = {"type": "integer", "minimum": 1}
MESSAGE = {"$ref": "#/$defs/message"}


def closed(required: str = "", **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": required.split(),
        "additionalProperties": False,
    }


def several(schema: Any, **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": schema, **more}


SARIF: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    **closed(
        "version runs",
        **{"$schema": {"type": "string", "format": "uri"}},
        version={"const": "2.1.0"},
        runs=several({"$ref": "#/$defs/run"}),
    ),
    "$defs": {
        "message": closed("text", text=TEXT),
        "run": closed(
            "tool",
            tool=closed("driver", driver={"$ref": "#/$defs/driver"}),
            columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
            newlineSequences=several(TEXT, minItems=1, uniqueItems=True),
            originalUriBaseIds={"type": "object", "additionalProperties": {"$ref": "#/$defs/artifact"}},
            results=several({"$ref": "#/$defs/result"}),
        ),
        "driver": closed(
            "name",
            name=TEXT,
            version=TEXT,
            semanticVersion=TEXT,
            rules=several({"$ref": "#/$defs/rule"}, uniqueItems=True),
        ),
        "rule": closed(
            "id",
            id=TEXT,
            name=TEXT,
            shortDescription=MESSAGE,
            fullDescription=MESSAGE,
            help=MESSAGE,
            defaultConfiguration=closed(level={"$ref": "#/$defs/level"}),
        ),
        "level": {"enum": ["none", "note", "warning", "error"]},
        "result": closed(
            "message",
            ruleId=TEXT,
            ruleIndex=COUNT,
            level={"$ref": "#/$defs/level"},
            message=MESSAGE,
            locations=several({"$ref": "#/$defs/location"}),
            relatedLocations=several({"$ref": "#/$defs/location"}, uniqueItems=True),
            partialFingerprints={"type": "object", "additionalProperties": TEXT},
            suppressions=several({"$ref": "#/$defs/suppression"}, uniqueItems=True),
            fixes=several({"$ref": "#/$defs/fix"}, uniqueItems=True),
        ),
        "location": closed(id=COUNT, message=MESSAGE, physicalLocation={"$ref": "#/$defs/place"}),
        "place": closed(
            "artifactLocation", artifactLocation={"$ref": "#/$defs/artifact"}, region={"$ref": "#/$defs/region"}
        ),
        "artifact": closed(uri={"type": "string", "format": "uri-reference"}, uriBaseId=TEXT, description=MESSAGE),
        "region": closed(startLine=FROM_ONE, startColumn=FROM_ONE, endLine=FROM_ONE, endColumn=FROM_ONE),
        "suppression": closed(
            "kind",
            kind={"enum": ["inSource", "external"]},
            status={"enum": ["accepted", "underReview", "rejected"]},
            justification=TEXT,
        ),
        "fix": closed(
            "artifactChanges",
            description=MESSAGE,
            artifactChanges=several(
                closed(
                    "artifactLocation replacements",
                    artifactLocation={"$ref": "#/$defs/artifact"},
                    replacements=several({"$ref": "#/$defs/replacement"}, minItems=1),
                ),
                minItems=1,
            ),
        ),
        "replacement": closed(
            "deletedRegion", deletedRegion={"$ref": "#/$defs/region"}, insertedContent=closed(text=TEXT)
        ),
    },
}
