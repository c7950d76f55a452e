"""A review as one JSON object, the form that other tools read.

The models say which keys there are and what they mean: `schema/review.schema.json` is made from them. But for the
parts of a step every key is always there, so that readers need no defaults.
"""

import json
from typing import Annotated, Any, Literal, Self

from pydantic import Field
from pydantic.config import JsonDict
from pydantic.json_schema import SkipJsonSchema

from tocsin.differences import ABSENT, FieldChange
from tocsin.reports.json import Count, FindingJson, Ordinal
from tocsin.review.diff_lines import word_lines
from tocsin.review.message_changes import Action, MessageReview, Occasion, Variant
from tocsin.review.review import DefinitionReview, Review, ReviewedKind
from tocsin.review.sections import summary
from tocsin.review.step_changes import Parts, SentChange
from tocsin_schema.models import MessageType
from tocsin_schema.models.document import Strict
from tocsin_schema.models.items import Items

Omitted = SkipJsonSchema[None]
"""Stands for a key that is not there."""


def _without_default(schema: JsonDict) -> None:
    del schema["default"]


OMITTED: Any = Field(default=None, json_schema_extra=_without_default)
"""The value of a key that is not there, of which no schema tells."""

Lines = Annotated[tuple[str, ...], Items()]


class BaseJson(Strict):
    """What the working tree is compared with."""

    revision: str
    """What was asked for, or the default branch."""
    commit: Annotated[str, Field(pattern="^[0-9a-f]{40,64}$")]
    """The commit that was compared with."""
    joined: bool
    """Whether that is where this branch left the revision, and not the revision itself."""


class SummaryJson(Strict):
    """The review in a sentence, and in numbers."""

    text: str
    """What a reviewer reads first."""
    changed: Count
    """Messages that differ: message types times levels that attach an integration."""
    added: Count
    """Messages that are new."""
    removed: Count
    """Messages that are gone."""


class WordsJson(Strict):
    """What an alert definition no longer says and what it says now, in words."""

    removed: Lines
    """Lines that it no longer says."""
    added: Lines
    """Lines that are new."""


class _DifferenceJson(Strict):
    action: Action
    """Whether it is new, gone or different."""
    path: tuple[str | int, ...]
    """Keys, and numbers from 0, that lead to the value; those of now, for what is gone those of before."""
    before: Any
    """The value before, null also where there was none. Secrets are asterisks."""
    after: Any
    """The value now, null also where there is none. Secrets are asterisks."""


class _NumberedJson(Strict):
    step: Ordinal
    """The step, from 1."""


class FieldJson(_DifferenceJson):
    """A key that differs."""

    @classmethod
    def of(cls, field: FieldChange) -> Self:
        """Return a difference as JSON has it."""
        return cls(**_difference(field))


class ChangeJson(_DifferenceJson, _NumberedJson):
    """A difference in a step of a message; an empty path is the step itself."""

    note: str | None
    """What the values can't tell, such as that only a secret in them differs."""

    @classmethod
    def of(cls, change: SentChange) -> Self:
        """Return a difference in a step as JSON has it."""
        return cls(step=change.step, **_difference(change.field), note=change.note or None)


def _difference(field: FieldChange) -> dict[str, Any]:
    added, removed = field.before is ABSENT, field.after is ABSENT
    return {
        "action": "added" if added else "removed" if removed else "changed",
        "path": field.path,
        "before": None if added else field.before,
        "after": None if removed else field.after,
    }


class OccasionJson(Strict):
    """When a message is sent."""

    type: MessageType
    """The message type."""
    alert: str | None
    """The alert definition that attaches the integration; null where none does."""
    level: Ordinal
    """The escalation level, from 1."""

    @classmethod
    def of(cls, occasion: Occasion) -> Self:
        """Return an occasion as JSON has it."""
        return cls(type=occasion.type, alert=occasion.alert, level=occasion.level)


class ValuesJson(Strict):
    """What a message was rendered with: a sample, a monitor other than the usual one, or made-up values alone."""

    sample: str | None
    """The sample, if any."""
    monitor: str | None
    """The monitor, if another one."""


class VariantJson(Strict):
    """Differences, and the values that show them; changes are as the first of these show them."""

    always: bool
    """Whether all values show them that were tried."""
    values: tuple[ValuesJson, ...]
    """With what the message was rendered: a sample, a monitor other than the usual one, or made-up values alone."""
    changes: tuple[ChangeJson, ...]
    """In the order of the message."""

    @classmethod
    def of(cls, variant: Variant) -> Self:
        """Return a variant as JSON has it."""
        return cls(
            always=variant.always,
            values=tuple(ValuesJson(sample=each.sample, monitor=each.monitor) for each in variant.values),
            changes=tuple(map(ChangeJson.of, variant.changes)),
        )


class AuthJson(Strict):
    """How a request says who it comes from; secrets are asterisks."""

    scheme: Literal["basic", "digest"]
    """How the password is sent."""
    username: str
    """The user name."""
    password: str
    """The password."""


class StepJson(Strict):
    """What a step sends, what must hold of the response and what is kept of it; or a delay; or a problem."""

    method: str | Omitted = OMITTED
    """The request's method."""
    url: str | Omitted = OMITTED
    """Where it goes. Secrets are asterisks."""
    headers: dict[str, str] | Omitted = OMITTED
    """Its headers by name. Secrets are asterisks."""
    auth: AuthJson | Omitted = OMITTED
    """How it says who it comes from."""
    sign: str | Omitted = OMITTED
    """The key that the request is signed with; secrets are asterisks."""
    body: Any = OMITTED
    """Decoded where it is a JSON object or list, else text."""
    expects: Lines | Omitted = OMITTED
    """What must hold of the response, in words."""
    captures: dict[str, str] | Omitted = OMITTED
    """What is kept of the response, in words, by the variable that holds it."""
    retry: str | Omitted = OMITTED
    """How often it is repeated, in words."""
    delay: str | Omitted = OMITTED
    """How long the step waits, where it is a delay."""
    problem: str | Omitted = OMITTED
    """Why the request can't be made."""

    @classmethod
    def of(cls, parts: Parts) -> Self:
        """Return a step as JSON has it: the parts that there are."""
        return cls(**parts)


class MessageJson(Strict):
    """Messages that are new, gone, or differ by the same edits; values are those of the first occasion."""

    action: Action
    """Whether it is new, gone or different."""
    occasions: tuple[OccasionJson, ...]
    """The messages."""
    variants: tuple[VariantJson, ...]
    """Of changed ones: what differs."""
    steps: tuple[StepJson, ...]
    """Of new and gone ones: the steps of the first."""

    @classmethod
    def of(cls, message: MessageReview) -> Self:
        """Return what differs in a message as JSON has it."""
        return cls(
            action=message.action,
            occasions=tuple(map(OccasionJson.of, message.occasions)),
            variants=tuple(map(VariantJson.of, message.variants)),
            steps=tuple(map(StepJson.of, message.steps)),
        )


class DefinitionJson(Strict):
    """What is told of one definition, or of the project file."""

    action: Action
    """Whether it is new, gone or different."""
    kind: ReviewedKind
    """What it is."""
    name: str
    """Its name; that of now, where it was renamed."""
    title: str | None
    """Its title, if any."""
    was: str | None
    """Its old name, where it was renamed."""
    silent: bool
    """Whether nothing that is sent, said or watched changed with it."""
    words: WordsJson
    """What an alert definition no longer says and what it says now, in words."""
    fields: tuple[FieldJson, ...]
    """Other keys that differ."""
    messages: tuple[MessageJson, ...]
    """Of an integration: what is sent otherwise."""

    @classmethod
    def of(cls, definition: DefinitionReview) -> Self:
        """Return the review of a definition as JSON has it."""
        words = list(word_lines(*definition.words))
        removed, added = (tuple(each.text for each in words if each.sign == sign) for sign in "-+")
        return cls(
            action=definition.action,
            kind=definition.kind,
            name=definition.name,
            title=definition.title,
            was=definition.was,
            silent=definition.is_silent,
            words=WordsJson(removed=removed, added=added),
            fields=tuple(map(FieldJson.of, definition.fields)),
            messages=tuple(map(MessageJson.of, definition.messages)),
        )


class FindingsJson(Strict):
    """What `tocsin validate` reports now and did not before, and the reverse."""

    new: tuple[FindingJson, ...]
    """Places are those of now."""
    fixed: tuple[FindingJson, ...]
    """Places are those of before."""


class ReviewJson(Strict):
    """What `tocsin review --format json` prints. `version` changes when a key changes its meaning."""

    version: Literal[1]
    """The version of this form."""
    project: str
    """Name of the project."""
    base: BaseJson
    """What the working tree is compared with."""
    target: str | None
    """The target whose values are used, if any."""
    files: Count
    """Files that differ; one that has only moved counts once."""
    notes: Lines
    """What a reader must know to judge the rest."""
    summary: SummaryJson
    """The review in a sentence, and in numbers."""
    definitions: tuple[DefinitionJson, ...]
    """The project file, then by kind and name."""
    findings: FindingsJson
    """What `tocsin validate` reports now and did not before, and the reverse."""

    @classmethod
    def of(cls, review: Review) -> Self:
        """Return a review as JSON has it."""
        return cls(
            version=1,
            project=review.project,
            base=BaseJson(revision=review.revision, commit=review.commit, joined=review.joined),
            target=review.target,
            files=review.files,
            notes=review.notes,
            summary=SummaryJson(
                text=summary(review),
                changed=review.messages("changed"),
                added=review.messages("added"),
                removed=review.messages("removed"),
            ),
            definitions=tuple(map(DefinitionJson.of, review.definitions)),
            findings=FindingsJson(
                new=tuple(map(FindingJson.of, review.new)), fixed=tuple(map(FindingJson.of, review.fixed))
            ),
        )


def review_json(review: Review) -> str:
    """Return the review as text; characters that show nothing or turn the direction of writing are escaped."""
    value = ReviewJson.of(review).model_dump(exclude_unset=True)
    return escaped(json.dumps(value, indent=2, ensure_ascii=False)) + "\n"


def escaped(text: str) -> str:
    """Return JSON text that can't harm a terminal: the escapes say the same."""
    return "".join(each if each.isprintable() or each == "\n" else json.dumps(each)[1:-1] for each in text)
