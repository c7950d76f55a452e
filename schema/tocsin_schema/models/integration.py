"""A custom integration: variables, functions and the messages it sends."""

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, model_validator

from tocsin_schema.models.bounds import EXPRESSION, MAPPED, MESSAGE_SETS, STEPS, VARIABLES
from tocsin_schema.models.document import Document, Identifier, Name, Strict
from tocsin_schema.models.duration import Duration, parse_duration
from tocsin_schema.models.items import Items
from tocsin_schema.models.rate import RateLimit
from tocsin_schema.models.step import Step

MessageType = Literal["error", "reminder", "ok"]
MESSAGE_TYPES: tuple[MessageType, ...] = ("error", "reminder", "ok")
HashAlgorithm = Literal["MD5", "SHA1", "SHA256", "SHA512", "HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512"]
HMAC_ALGORITHMS: tuple[HashAlgorithm, ...] = ("HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512")
DIRECTLY = "none"
"""What `proxy` says in place of a name where no proxy is to be used."""


class Variable(Strict):
    """A predefined variable: it has a value here, or every level that attaches the integration gives it."""

    value: str | None = None
    """The value, a template."""
    per_level: bool = False
    """Whether the escalation level must give the value."""
    made: Literal["message", "attempt"] = "message"
    """When the value is made: once for a `message`, or anew for each `attempt`, as a time that must be fresh."""
    description: str | None = None
    """What it is for, for the people who give its value."""

    @model_validator(mode="after")
    def _here_or_per_level(self) -> Self:
        if (self.value is not None) == self.per_level:
            raise ValueError("expected a value, or per_level: true")
        return self


def _variable(value: Any) -> Any:
    return {"value": value} if isinstance(value, str) else value


VariableOrText = Annotated[Variable, BeforeValidator(_variable, json_schema_input_type=str | Variable)]
"""In files a text is short for `{value: text}`."""


class MappingFunction(Strict):
    """Maps an input to an output; an input that is not listed gives `default`, or stays as it is."""

    mapping: Annotated[
        dict[str, str], Field(min_length=1, max_length=MAPPED, examples=[{"Alert": "trigger", "Ok": "resolve"}])
    ]
    """Output by input. The whole input must be equal."""
    default: str | None = None
    """What an input gives that is not listed; without it, the input itself."""


class RegexFunction(Strict):
    """Extracts a part of the input: the first group, or the whole match where there is none."""

    regex: Annotated[str, Field(min_length=1, max_length=EXPRESSION)]
    """An RE2 expression, searched for anywhere in the input."""


class HashFunction(Strict):
    """Hashes the input; gives lower-case hex. The HMAC ones take a key."""

    hash: HashAlgorithm
    """The algorithm. The HMAC ones need a key, the others take none."""
    key: str | None = None
    """The secret key of an HMAC, a template; keep it in the vault."""

    @model_validator(mode="after")
    def _key_for_hmac(self) -> Self:
        if self.key is None and self.hash in HMAC_ALGORITHMS:
            raise ValueError(f"{self.hash} needs a key")
        if self.key is not None and self.hash not in HMAC_ALGORITHMS:
            raise ValueError(f"{self.hash} takes no key: those that do are {', '.join(HMAC_ALGORITHMS)}")
        return self


FUNCTION_KINDS = ("mapping", "regex", "hash")


def _function_kind(value: Any) -> str | None:
    if isinstance(value, dict):
        given = [f"<{kind}>" for kind in FUNCTION_KINDS if kind in value]
        return given[0] if len(given) == 1 else None
    match value:
        case MappingFunction():
            return "<mapping>"
        case RegexFunction():
            return "<regex>"
        case HashFunction():
            return "<hash>"
    return None


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

    types: Annotated[tuple[MessageType, ...], Items(least=1, most=MESSAGE_SETS)]
    """The message types that these steps send. A type may appear in one set only."""
    steps: Annotated[tuple[Step, ...], Items(least=1, most=STEPS)]
    """What is done, in order; a step that fails ends it."""


def _within(shortest: str, longest: str) -> Callable[[timedelta], timedelta]:
    """Return what refuses durations that are not from `shortest` to `longest`."""
    least, most = parse_duration(shortest), parse_duration(longest)

    def judged(duration: timedelta) -> timedelta:
        if not least <= duration <= most:
            raise ValueError(f"expected a duration from {shortest} to {longest}")
        return duration

    return judged


GIVE_UP_AFTER = timedelta(hours=27)
"""How long a message is tried where its integration doesn't say."""
PROBE_EVERY = timedelta(seconds=30)
"""How often a receiver that is down is tried at the most, where its integration doesn't say."""


def _an_hour(duration: timedelta) -> timedelta:
    if duration < timedelta(hours=1):
        raise ValueError("expected a duration of at least 1h")
    return duration


TELL_AFTER = timedelta(minutes=10)
"""How long a receiver may take nothing before somebody is told, where an integration says nothing else."""


class Integration(Document):
    """A receiver of alerts: HTTP requests built from templates."""

    kind: Literal["integration"]
    """`integration`: a receiver of alerts, and the messages that it gets."""
    active: bool = True
    """`false` keeps the integration and silences it."""
    variables: Annotated[dict[Identifier, VariableOrText], Field(max_length=VARIABLES)] = {}
    """Predefined variables, by name: a text, or `{per_level: true}`."""
    functions: Annotated[dict[Identifier, Function], Field(max_length=VARIABLES)] = {}
    """Functions private to this integration, by name."""
    sign: Annotated[str, Field(min_length=1, examples=["{{@VaultItem.signing.Password}}"])] | None = None
    """The key that every request is signed with as Standard Webhooks says, a template; it must come from the vault."""
    proxy: Name | None = None
    """The proxy that its requests go through, by its name in the dispatcher's settings; `none`: they go directly."""
    tls: Name | None = None
    """What its requests speak TLS with, authorities and client certificate, by its name in the dispatcher's settings."""
    rate_limit: RateLimit | None = None
    """At most so many requests in a period, as `10/s`, `120/m` or `30/90s`; more messages wait for their turn."""
    max_in_flight: Annotated[int, Field(ge=1, le=50)] | None = None
    """At most so many requests at once, over all workers. Without it, 50 in each process of the dispatcher."""
    pause_after: Annotated[Duration, AfterValidator(_an_hour)] | None = None
    """Once the receiver has been down for so long, as `5d`, messages wait however old they are, tried every 15m."""
    probe_every: Annotated[Duration, AfterValidator(_within("10s", "15m"))] | None = None
    """How often one message is tried at the most while the receiver is down, from 10s to 15m. Without it: 30s."""
    give_up_after: Annotated[Duration, AfterValidator(_within("5m", "30d"))] | None = None
    """How old a message may get before it is given up, from 5m to 30d. Without it: 27h."""
    if_over: Literal["send", "skip"] | None = None
    """What becomes of an Error that has not left when its incident is over: `send` (as without it), or `skip`."""
    fallback: Name | None = None
    """Another integration that is told where a message of this one can't be delivered, or nothing of it for a while."""
    tell_after: Annotated[Duration, AfterValidator(_within("1m", "1d"))] | None = None
    """How long the receiver may take nothing while messages wait before that is told, from 1m to 1d. Without it: 10m."""
    messages: Annotated[tuple[MessageSet, ...], Items(least=1, most=MESSAGE_SETS)]
    """One set of steps for each group of message types. A type that appears nowhere is not sent."""

    def message_set(self, message_type: MessageType) -> MessageSet | None:
        """Return the set that sends `message_type`, or None where that type is not sent."""
        return next((each for each in self.messages if message_type in each.types), None)
