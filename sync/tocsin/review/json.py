"""A review as one JSON object, the form that other tools read. `VERSION` changes when a key changes its meaning."""

import json

from tocsin.differences import ABSENT, FieldChange
from tocsin.reports.json import finding_json
from tocsin.review.diff_lines import word_lines
from tocsin.review.message_changes import MessageReview
from tocsin.review.review import DefinitionReview, Review
from tocsin.review.sections import summary
from tocsin.yaml.nodes import JsonValue

VERSION = 1


def review_json(review: Review) -> str:
    """Return the object; characters that show nothing or turn the direction of writing are escaped."""
    value: JsonValue = {
        "version": VERSION,
        "project": review.project,
        "base": {"revision": review.revision, "commit": review.commit, "joined": review.joined},
        "target": review.target,
        "files": review.files,
        "notes": list(review.notes),
        "summary": {
            "text": summary(review),
            "changed": review.messages("changed"),
            "added": review.messages("added"),
            "removed": review.messages("removed"),
        },
        "definitions": [_definition(each) for each in review.definitions],
        "findings": {
            "new": [finding_json(each) for each in review.new],
            "fixed": [finding_json(each) for each in review.fixed],
        },
    }
    return escaped(json.dumps(value, indent=2, ensure_ascii=False)) + "\n"


def escaped(text: str) -> str:
    """Return JSON text that can't harm a terminal: the escapes say the same."""
    return "".join(each if each.isprintable() or each == "\n" else json.dumps(each)[1:-1] for each in text)


def _definition(told: DefinitionReview) -> JsonValue:
    words = list(word_lines(*told.words))
    return {
        "action": told.action,
        "kind": told.kind,
        "name": told.name,
        "title": told.title,
        "was": told.was,
        "silent": told.is_silent,
        "words": {
            "removed": [each.text for each in words if each.sign == "-"],
            "added": [each.text for each in words if each.sign == "+"],
        },
        "fields": [_field(each) for each in told.fields],
        "messages": [_message(each) for each in told.messages],
    }


def _message(message: MessageReview) -> JsonValue:
    return {
        "action": message.action,
        "occasions": [{"type": each.type, "alert": each.alert, "level": each.level} for each in message.occasions],
        "variants": [
            {
                "always": variant.always,
                "values": [{"sample": each.sample, "monitor": each.monitor} for each in variant.values],
                "changes": [
                    {"step": each.step, **_field(each.field), "note": each.note or None} for each in variant.changes
                ],
            }
            for variant in message.variants
        ],
        "steps": [dict(each) for each in message.steps],
    }


def _field(field: FieldChange) -> dict[str, JsonValue]:
    added, removed = field.before is ABSENT, field.after is ABSENT
    return {
        "action": "added" if added else "removed" if removed else "changed",
        "path": list(field.path),
        "before": None if added else field.before,
        "after": None if removed else field.after,
    }
