"""What differs in the messages of a definition as JSON; a part of a review's.

But for the parts of a step every key is always there, so that readers need no defaults.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import Field
from pydantic.config import JsonDict
from pydantic.json_schema import SkipJsonSchema

from tocsin.differences import ABSENT, FieldChange
from tocsin.reports.json import Ordinal
from tocsin.review.message_changes import Action, MessageReview, Occasion, Variant
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

    scheme: Literal["basic", "digest", "oauth2"]
    """How the password is sent; `oauth2` gets a token for it."""
    username: str
    """The user name, or the client's id."""
    password: str
    """The password, or the client's secret."""
    token_url: str | Omitted = OMITTED
    """Where the token comes from; this and what follows is of `oauth2` alone."""
    scope: str | Omitted = OMITTED
    """What the token is asked for; empty where that is left to the server."""
    audience: str | Omitted = OMITTED
    """What the token is for; empty where that isn't said."""
    style: Literal["body", "basic"] | Omitted = OMITTED
    """How the client says who it is."""


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
    busy_at: str | Omitted = OMITTED
    """The statuses that it takes for busy."""
    refused_at: str | Omitted = OMITTED
    """The statuses that it takes for refused."""
    timeout: str | Omitted = OMITTED
    """How long it waits for the answer, where it says so."""
    redirects: Literal["follow"] | Omitted = OMITTED
    """Whether it follows redirects."""
    on_failure: Literal["continue"] | Omitted = OMITTED
    """Whether the next step follows also where it fails."""
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
