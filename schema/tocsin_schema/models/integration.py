"""A custom integration: variables, functions and the messages it sends."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from tocsin_schema.models.document import Document, Identifier, Strict
from tocsin_schema.models.step import Step

MessageType = Literal["error", "reminder", "ok"]
MESSAGE_TYPES: tuple[MessageType, ...] = ("error", "reminder", "ok")
HashAlgorithm = Literal["MD5", "SHA1", "SHA256", "SHA512", "HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512"]


def sequence(value: Any) -> Any:
    """Let a list stand where an immutable tuple is kept."""
    return tuple(value) if isinstance(value, list) else value


class Variable(Strict):
    """A predefined variable: it has a value here, or every level that attaches the integration gives it."""

    value: str | None = None
    """The value, a template."""
    per_level: bool = False
    """Whether the escalation level must give the value."""
    description: str | None = None

    @model_validator(mode="after")
    def _here_or_per_level(self) -> Self:
        if (self.value is not None) == self.per_level:
            raise ValueError("expected a value, or per_level: true")
        return self


def _variable(value: Any) -> Any:
    return {"value": value} if isinstance(value, str) else value


class MappingFunction(Strict):
    """Maps an input to an output; an input that is not listed gives `default`, or stays as it is."""

    mapping: Annotated[dict[str, str], Field(min_length=1)]
    default: str | None = None


class RegexFunction(Strict):
    """Extracts a part of the input: the first group, or the whole match where there is none."""

    regex: Annotated[str, Field(min_length=1)]
    """An RE2 expression."""


class HashFunction(Strict):
    """Hashes the input; gives lower-case hex. The HMAC ones take a key."""

    hash: HashAlgorithm
    key: str | None = None
    """The secret key of an HMAC, a template; keep it in the vault."""

    @model_validator(mode="after")
    def _key_for_hmac(self) -> Self:
        if self.hash.startswith("HMAC") != (self.key is not None):
            raise ValueError(f"{self.hash} {'needs a key' if self.key is None else 'takes no key: use HMAC-' + self.hash}")
        return self


FUNCTION_KINDS = ("mapping", "regex", "hash")


def _function_kind(value: Any) -> str | None:
    if isinstance(value, dict):
        return next((f"<{kind}>" for kind in FUNCTION_KINDS if kind in value), None)
    return {MappingFunction: "<mapping>", RegexFunction: "<regex>", HashFunction: "<hash>"}.get(type(value))


Function = Annotated[
    Annotated[MappingFunction, Tag("<mapping>")]
    | Annotated[RegexFunction, Tag("<regex>")]
    | Annotated[HashFunction, Tag("<hash>")],
    Discriminator(
        _function_kind,
        custom_error_type="function_kind",
        custom_error_message="expected exactly one of mapping, regex, hash",
    ),
]


class MessageSet(Strict):
    """The steps that are taken for one or more message types."""

    types: Annotated[tuple[MessageType, ...], BeforeValidator(sequence), Field(min_length=1)]
    steps: Annotated[tuple[Step, ...], BeforeValidator(sequence), Field(min_length=1)]


class Integration(Document):
    """A receiver of alerts: HTTP requests built from templates."""

    kind: Literal["integration"]
    active: bool = True
    variables: dict[Identifier, Annotated[Variable, BeforeValidator(_variable)]] = {}
    """Predefined variables, by name: a text, or `{per_level: true}`."""
    functions: dict[Identifier, Function] = {}
    """Functions private to this integration, by name."""
    messages: Annotated[tuple[MessageSet, ...], BeforeValidator(sequence), Field(min_length=1)]
    """One set of steps for each group of message types. A type that appears nowhere is not sent."""

    def message_set(self, message_type: MessageType) -> MessageSet | None:
        """Give the set that sends `message_type`, or None where that type is not sent."""
        return next((each for each in self.messages if message_type in each.types), None)
