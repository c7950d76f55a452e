"""The messages that a user asks to see or to send."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from tocsin.errors import TocsinError, UsageError
from tocsin_schema.definitions import Definitions
from tocsin_schema.models import Alert, MessageType, Monitor, Sample
from tocsin_schema.models.integration import MESSAGE_TYPES
from tocsin_schema.render.context import attachments_of, made_up_message
from tocsin_schema.render.message import Message, RenderError
from tocsin_schema.render.request import RenderedRequest
from tocsin_schema.suggest import did_you_mean, listed

Named = TypeVar("Named")


@dataclass(frozen=True, slots=True)
class Question:
    """What the user asked for; None where they left it open."""

    integration: str
    message_type: str | None = None
    alert: str | None = None
    level: int | None = None
    monitor: str | None = None
    sample: str | None = None
    values: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """A message to show or send, and what it is for."""

    message: Message
    alert: str | None
    level: int
    monitor: str | None
    sample: str | None

    @property
    def title(self) -> str:
        """What tells it from the others: integration, type, attachment, monitor, sample."""
        attached = f"{self.alert}, level {self.level}" if self.alert else "attached to no level"
        parts = [self.message.integration.name, self.message.message_type, attached]
        parts += [f"monitor {self.monitor}"] if self.monitor else []
        parts += [f"sample {self.sample}"] if self.sample else []
        return " · ".join(parts)

    def request(self, index: int, captured: Mapping[str, str] | None = None) -> RenderedRequest:
        """Give the request of a step; what earlier steps would capture stands as its name where it is not given.

        Raises TocsinError where the values make no request.
        """
        sets = self.message.integration.messages
        placeholders = {name: f"captured-{name}" for each in sets for step in each.steps for name in step.capture}
        try:
            return self.message.request(index, {**placeholders, **(captured or {})})
        except RenderError as error:
            raise TocsinError(f"{self.title}: step {index + 1} can't be rendered: {error}") from error

    def with_vault(self, vault: Callable[[str, str], str], now: object, seed: str) -> "Asked":
        """Give the message with real secrets, the real time and fresh randomness: to be sent."""
        return replace(self, message=replace(self.message, vault=vault, now=now, seed=seed))  # type: ignore[arg-type]


def messages_for(definitions: Definitions, question: Question) -> list[Asked]:
    """Give the messages that the question means, types in the order error, reminder, ok.

    Raises UsageError where a name does not exist or nothing fits.
    """
    integration = _named("integration", question.integration, definitions.integrations)
    if question.alert is not None:
        _named("alert definition", question.alert, definitions.alerts)
    monitor = _named("monitor", question.monitor, definitions.monitors) if question.monitor else None
    sample = sample_of(definitions, question)
    types = [each for each in MESSAGE_TYPES if integration.message_set(each) and question.message_type in (None, each)]
    if not types:
        sent = listed(each for each in MESSAGE_TYPES if integration.message_set(each))
        raise UsageError(f"`{integration.name}` sends no `{question.message_type}` message", hint=f"it sends {sent}")
    attached = [
        (alert, level, variables)
        for alert, level, variables in attachments_of(definitions, integration)
        if (question.alert is None or (alert is not None and alert.name == question.alert))
        and question.level in (None, level)
    ]
    if not attached:
        where = " ".join(
            filter(None, [question.alert, f"level {question.level}" if question.level is not None else None])
        )
        raise UsageError(f"`{integration.name}` is not attached to {where}", hint=_attached_to(definitions, question))
    asked = []
    for message_type in types:
        for alert, level, variables in attached:
            chosen = monitor or _first_monitor(definitions, alert)
            message = made_up_message(
                definitions,
                integration,
                message_type,
                alert=alert,
                level=level,
                variables=variables,
                sample=sample,
                monitor=chosen,
            )
            asked.append(
                Asked(message, alert.name if alert else None, level, chosen.name if chosen else None, question.sample)
            )
    return asked


def sample_of(definitions: Definitions, question: Question) -> Sample | None:
    """Give the sample that is named, with what `--set` gives on top; None where neither is there."""
    sample = _named("sample", question.sample, definitions.samples) if question.sample else None
    values = dict(_assignment(text) for text in question.values)
    if not values:
        return sample
    merged = Sample(
        kind="sample", name=sample.name if sample else "set", set={**(sample.set if sample else {}), **values}
    )
    try:
        made_up_message_with(definitions, merged)
    except ValueError as error:
        raise UsageError(f"--set: {error}", hint="`tocsin variables` lists the names") from error
    return merged


def made_up_message_with(definitions: Definitions, sample: Sample) -> None:
    """Raise ValueError where the sample sets a name that does not exist."""
    from tocsin_schema.render.made_up import made_up_values

    message_type: MessageType = "error"
    made_up_values(definitions, message_type, None, 1, None, sample)


def _assignment(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator:
        raise UsageError(f"--set takes VARIABLE=VALUE, not `{text}`")
    name = name.strip().removeprefix("{{").removesuffix("}}")
    return (name if name.startswith("@") else f"@{name}"), value


def _named(what: str, name: str, known: Mapping[str, Named]) -> Named:
    if name not in known:
        otherwise = f"there are {listed(sorted(known))}" if known else "none is defined"
        raise UsageError(f"there is no {what} `{name}`", hint=did_you_mean(name, known, otherwise=otherwise))
    return known[name]


def _first_monitor(definitions: Definitions, alert: Alert | None) -> Monitor | None:
    return next(iter(definitions.monitors_of(alert)), None) if alert is not None else None


def _attached_to(definitions: Definitions, question: Question) -> str:
    integration = definitions.integrations[question.integration]
    places = [f"{alert.name} level {level}" for alert, level, _ in attachments_of(definitions, integration) if alert]
    return f"it is attached to {listed(places)}" if places else "no level attaches it"
