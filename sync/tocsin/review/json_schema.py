"""The JSON Schema (draft 2020-12) of the review that `tocsin review --format json` prints."""

import json

from tocsin.reports.json_schema import EDIT, FINDING, FIX, POSITION, RELATED, closed, count, described
from tocsin.review.json import VERSION
from tocsin.yaml.nodes import JsonValue
from tocsin_schema.models import KINDS
from tocsin_schema.models.integration import MESSAGE_TYPES
from tocsin_schema.models.json_schema import DIALECT

ACTIONS: list[JsonValue] = ["added", "removed", "changed"]


def review_schema() -> dict[str, JsonValue]:
    """Return the schema; every key is always there, so readers need no defaults."""
    return {
        "$schema": DIALECT,
        "title": "Tocsin review",
        "description": "What `tocsin review --format json` prints. `version` changes when a key changes its meaning.",
        **closed(
            version=described("The version of this form.", const=VERSION),
            project=described("Name of the project.", type="string"),
            base=described("What the working tree is compared with.", **BASE),
            target=described("The target whose values are used, if any.", type=["string", "null"]),
            files=count("Files that differ; one that has only moved counts once."),
            notes=described("What a reader must know to judge the rest.", type="array", items={"type": "string"}),
            summary=described("The review in a sentence, and in numbers.", **SUMMARY),
            definitions=_list("The project file, then by kind and name.", "definition"),
            findings=described("What `tocsin validate` reports now and did not before, and the reverse.", **FINDINGS),
        ),
        "$defs": {
            "definition": DEFINITION,
            "message": MESSAGE,
            "occasion": OCCASION,
            "variant": VARIANT,
            "field": closed(**_FIELD),
            "change": CHANGE,
            "step": STEP,
            "finding": FINDING,
            "related": RELATED,
            "fix": FIX,
            "edit": EDIT,
            "position": POSITION,
        },
    }


def review_schema_text() -> str:
    """Return the schema as the text of its file."""
    return json.dumps(review_schema(), indent=2, ensure_ascii=False) + "\n"


def _list(description: str, of: str) -> JsonValue:
    return described(description, type="array", items={"$ref": f"#/$defs/{of}"})


def _name(description: str) -> JsonValue:
    return described(description, type=["string", "null"])


_WORDS: JsonValue = {"type": "array", "items": {"type": "string"}}
_ACTION = described("Whether it is new, gone or different.", enum=ACTIONS)
_FIELD: dict[str, JsonValue] = {
    "action": _ACTION,
    "path": described(
        "Keys, and numbers from 0, that lead to the value; those of now, for what is gone those of before.",
        type="array",
        items={"type": ["string", "integer"]},
    ),
    "before": described("The value before, null also where there was none. Secrets are asterisks."),
    "after": described("The value now, null also where there is none. Secrets are asterisks."),
}
BASE = closed(
    revision=described("What was asked for, or the default branch.", type="string"),
    commit=described("The commit that was compared with.", type="string", pattern="^[0-9a-f]{40,64}$"),
    joined=described(
        "Whether that is where this branch left the revision, and not the revision itself.", type="boolean"
    ),
)
SUMMARY = closed(
    text=described("What a reviewer reads first.", type="string"),
    changed=count("Messages that differ: message types times levels that attach an integration."),
    added=count("Messages that are new."),
    removed=count("Messages that are gone."),
)
FINDINGS = closed(
    new=_list("Places are those of now.", "finding"),
    fixed=_list("Places are those of before.", "finding"),
)
DEFINITION: JsonValue = {
    "description": "What is told of one definition, or of the project file.",
    **closed(
        action=_ACTION,
        kind=described("What it is.", enum=["project", *KINDS]),
        name=described("Its name; that of now, where it was renamed.", type="string"),
        title=_name("Its title, if any."),
        was=_name("Its old name, where it was renamed."),
        silent=described("Whether nothing that is sent, said or watched changed with it.", type="boolean"),
        words=described(
            "What an alert definition no longer says and what it says now, in words.",
            **closed(removed=_WORDS, added=_WORDS),
        ),
        fields=_list("Other keys that differ.", "field"),
        messages=_list("Of an integration: what is sent otherwise.", "message"),
    ),
}
OCCASION: JsonValue = {
    "description": "When a message is sent.",
    **closed(
        type=described("The message type.", enum=list(MESSAGE_TYPES)),
        alert=_name("The alert definition that attaches the integration; null where none does."),
        level=described("The escalation level, from 1.", type="integer", minimum=1),
    ),
}
MESSAGE: JsonValue = {
    "description": "Messages that are new, gone, or differ by the same edits; values are those of the first occasion.",
    **closed(
        action=_ACTION,
        occasions=_list("The messages.", "occasion"),
        variants=_list("Of changed ones: what differs.", "variant"),
        steps=_list("Of new and gone ones: the steps of the first.", "step"),
    ),
}
VARIANT: JsonValue = {
    "description": "Differences, and the values that show them; changes are as the first of these show them.",
    **closed(
        always=described("Whether all values show them that were tried.", type="boolean"),
        values=described(
            "With what the message was rendered: a sample, a monitor other than the usual one, or made-up values alone.",
            type="array",
            items=closed(sample=_name("The sample, if any."), monitor=_name("The monitor, if another one.")),
        ),
        changes=_list("In the order of the message.", "change"),
    ),
}
CHANGE: JsonValue = {
    "description": "A difference in a step of a message; an empty path is the step itself.",
    **closed(
        step=described("The step, from 1.", type="integer", minimum=1),
        **_FIELD,
        note=_name("What the values can't tell, such as that only a secret in them differs."),
    ),
}
STEP: JsonValue = {
    "description": "What a step sends, what must hold of the response and what is kept of it; or a delay; or a problem.",
    "type": "object",
    "properties": {
        "method": {"type": "string"},
        "url": {"type": "string"},
        "headers": {"type": "object", "additionalProperties": {"type": "string"}},
        "auth": closed(scheme={"enum": ["basic", "digest"]}, username={"type": "string"}, password={"type": "string"}),
        "sign": described("The key that the request is signed with; secrets are asterisks.", type="string"),
        "body": described("Decoded where it is a JSON object or list, else text."),
        "expects": _WORDS,
        "captures": {"type": "object", "additionalProperties": {"type": "string"}},
        "retry": {"type": "string"},
        "delay": {"type": "string"},
        "problem": described("Why the request can't be made.", type="string"),
    },
    "additionalProperties": False,
}
