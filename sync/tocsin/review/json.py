"""A review as one JSON object, the form that other tools read.

The models say which keys there are and what they mean: `schema/review.schema.json` is made from them. But for the
parts of a step every key is always there, so that readers need no defaults.
"""

import json
from typing import Annotated, Literal, Self

from pydantic import Field

from tocsin.reports.json import Count, FindingJson
from tocsin.review.diff_lines import word_lines
from tocsin.review.message_changes import Action
from tocsin.review.message_json import FieldJson, Lines, MessageJson
from tocsin.review.review import DefinitionReview, Review, ReviewedKind
from tocsin.review.sections import summary
from tocsin.review.target_changes import TargetReview
from tocsin_schema.models.document import Strict


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


class TargetJson(Strict):
    """What is told of one target that differs: whom the commands speak to, and with which secret."""

    action: Action
    """Whether it is new, gone or different."""
    name: str
    """Its name."""
    trusted: bool
    """Whether only values for variables differ, or it is gone; else no command uses it in a pull request until that is merged."""
    fields: tuple[FieldJson, ...]
    """Keys that differ."""

    @classmethod
    def of(cls, target: TargetReview) -> Self:
        """Return the review of a target as JSON has it."""
        fields = tuple(map(FieldJson.of, target.fields))
        return cls(action=target.action, name=target.name, trusted=target.trusted, fields=fields)


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
    targets: tuple[TargetJson, ...]
    """Targets that differ: what is to be read first. Those that changed, those that are new, those that are gone."""
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
            targets=tuple(map(TargetJson.of, review.targets)),
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
