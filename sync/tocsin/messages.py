"""The messages that a user asks to see or to send."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from tocsin.errors import TocsinError, UsageError
from tocsin_schema.definitions import Definitions
from tocsin_schema.models import Alert, Integration, MessageType, Monitor, Sample
from tocsin_schema.models.integration import MESSAGE_TYPES
from tocsin_schema.render.context import attachments_of, made_up_message
from tocsin_schema.render.made_up import custom_field_name
from tocsin_schema.render.message import Message, RenderError
from tocsin_schema.render.request import RenderedRequest
from tocsin_schema.suggest import did_you_mean, listed
from tocsin_schema.variables import SYSTEM_VARIABLES

Named = TypeVar("Named")
Attachment = tuple[Alert | None, int, Mapping[str, str]]
"""Alert definition, level from 1, the level's values."""


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

    def request(self, index: int) -> RenderedRequest:
        """Give the request of a step; what earlier steps would capture stands as its name.

        Raises TocsinError where the values make no request.
        """
        sets = self.message.integration.messages
        placeholders = {name: f"captured-{name}" for each in sets for step in each.steps for name in step.capture}
        try:
            return self.message.request(index, placeholders)
        except RenderError as error:
            raise TocsinError(f"{self.title}: step {index + 1} can't be rendered: {error}") from error

    def to_send(self, vault: Callable[[str, str], str], now: datetime, seed: str) -> Message:
        """Give the message with real secrets, the real time (aware, UTC) and fresh randomness."""
        return replace(self.message, vault=vault, now=now, seed=seed)


def messages_for(definitions: Definitions, question: Question) -> list[Asked]:
    """Give the messages that the question means, types in the order error, reminder, ok.

    Raises UsageError where a name does not exist or nothing fits.
    """
    integration = _named("integration", question.integration, definitions.integrations)
    if question.alert is not None:
        _named("alert definition", question.alert, definitions.alerts)
    monitor = _named("monitor", question.monitor, definitions.monitors) if question.monitor is not None else None
    sample = sample_of(definitions, question)
    return [
        _asked(definitions, integration, message_type, attachment, monitor, sample, question.sample)
        for message_type in _types(integration, question)
        for attachment in _attachments(definitions, integration, question)
    ]


def sample_of(definitions: Definitions, question: Question) -> Sample | None:
    """Give the sample that is named, with what `--set` gives on top; None where neither is there."""
    sample = _named("sample", question.sample, definitions.samples) if question.sample is not None else None
    values = dict(_assignment(text) for text in question.values)
    if not values:
        return sample
    given = sample or Sample(kind="sample", name="set")
    return given.model_copy(update={"set": {**given.set, **values}})


def _asked(
    definitions: Definitions,
    integration: Integration,
    message_type: MessageType,
    attachment: Attachment,
    monitor: Monitor | None,
    sample: Sample | None,
    sample_name: str | None,
) -> Asked:
    alert, level, variables = attachment
    if monitor is None and alert is not None:
        monitor = next(iter(definitions.monitors_of(alert)), None)
    message = made_up_message(
        definitions,
        integration,
        message_type,
        alert=alert,
        level=level,
        variables=variables,
        sample=sample,
        monitor=monitor,
    )
    return Asked(message, alert.name if alert else None, level, monitor.name if monitor else None, sample_name)


def _types(integration: Integration, question: Question) -> list[MessageType]:
    sent = [each for each in MESSAGE_TYPES if integration.message_set(each) is not None]
    if question.message_type is None:
        return sent
    wanted = [each for each in sent if each == question.message_type]
    if not wanted:
        raise UsageError(
            f"`{integration.name}` sends no `{question.message_type}` message", hint=f"it sends {listed(sent)}"
        )
    return wanted


def _attachments(definitions: Definitions, integration: Integration, question: Question) -> list[Attachment]:
    attachments = list(attachments_of(definitions, integration))
    wanted = [
        (alert, level, variables)
        for alert, level, variables in attachments
        if (question.alert is None or (alert is not None and alert.name == question.alert))
        and question.level in (None, level)
    ]
    if not wanted:
        parts = [question.alert, f"level {question.level}" if question.level is not None else None]
        places = [f"{alert.name} level {level}" for alert, level, _ in attachments if alert is not None]
        raise UsageError(
            f"`{integration.name}` is not attached to {' '.join(filter(None, parts))}",
            hint=f"it is attached to {listed(places)}" if places else "no level attaches it",
        )
    return wanted


def _assignment(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator:
        raise UsageError(f"--set takes VARIABLE=VALUE, not `{text}`", hint="such as --set '@monitor.notes=Call Jan'")
    name = name.strip().removeprefix("{{").removesuffix("}}")
    name = name if name.startswith("@") else f"@{name}"
    if name not in SYSTEM_VARIABLES and not custom_field_name(name):
        otherwise = "`tocsin variables` lists them; a custom field is @CustomField(NAME)"
        raise UsageError(
            f"--set: there is no system variable `{name}`",
            hint=did_you_mean(name, SYSTEM_VARIABLES, otherwise=otherwise),
        )
    return name, value


def _named(what: str, name: str, known: Mapping[str, Named]) -> Named:
    if name not in known:
        otherwise = f"there are {listed(sorted(known))}" if known else "none is defined"
        raise UsageError(f"there is no {what} `{name}`", hint=did_you_mean(name, known, otherwise=otherwise))
    return known[name]
