"""The messages that a user asks to see or to send."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from tocsin.errors import TocsinError, UsageError
from tocsin.messages.assignments import Assigned, assigned
from tocsin_schema.messages.attachments import attachments_of, made_up_message
from tocsin_schema.messages.evaluate import EvaluationError, evaluate
from tocsin_schema.messages.message import Message, RenderError
from tocsin_schema.messages.request import RenderedRequest
from tocsin_schema.messages.signature import with_placeholders
from tocsin_schema.models import Alert, Integration, MessageType, Monitor, Sample
from tocsin_schema.models.definitions import Definitions, covers
from tocsin_schema.models.integration import MESSAGE_TYPES
from tocsin_schema.template.parser import parse
from tocsin_schema.text.suggest import did_you_mean, listed

Named = TypeVar("Named")
Attachment = tuple[Alert | None, int, Mapping[str, str]]
"""Alert definition, level from 1, the level's values."""


@dataclass(frozen=True, slots=True)
class MessageQuery:
    """What the user asked for; None where they left it open."""

    integration: str
    message_type: str | None = None
    alert: str | None = None
    level: int | None = None
    monitor: str | None = None
    sample: str | None = None
    values: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class SelectedMessage:
    """A message to show or send, and what it is for."""

    message: Message
    alert: str | None
    level: int
    monitor: str | None
    monitors: Sequence[str]
    """Every monitor that would give such a message: `monitor` is the one that was asked for, or the first of these."""
    sample: str | None
    silent: str | None
    """Why no such message is sent now, None where it is."""
    given: Mapping[str, str]
    """What the user says that earlier steps captured."""
    turn: int = 1
    """Which attachment it is of those that the level has of this integration."""

    @property
    def title(self) -> str:
        """What tells it from the others: integration, type, attachment, monitor, sample."""
        attached = f"{self.alert}, level {self.level}" if self.alert else "attached to no level"
        attached += f", attachment {self.turn}" if self.turn > 1 else ""
        parts = [self.message.integration.name, self.message.message_type, attached]
        several = f", 1 of {len(self.monitors)}" if len(self.monitors) > 1 else ""
        parts += [f"monitor {self.monitor}{several}"] if self.monitor else []
        parts += [f"sample {self.sample}"] if self.sample else []
        return " · ".join(parts)

    @property
    def placeholders(self) -> Mapping[str, str]:
        """What stands for the values that earlier steps and messages would capture: their names, or what is given."""
        sets = self.message.integration.messages
        names = (name for each in sets for step in each.steps for name in step.capture)
        return {name: self.given.get(name, f"captured-{name}") for name in names}

    def request(self, index: int) -> RenderedRequest:
        """Return the request of a step, with placeholders for what is captured before it, and for its signature.

        Raises TocsinError where the values make no request.
        """
        try:
            return with_placeholders(self.message.request(index, self.placeholders))
        except RenderError as error:
            raise TocsinError(f"{self.title}: step {index + 1} can't be rendered: {error}") from error

    def expected(self, text: str, index: int) -> str:
        """Return the text that an assertion of a step compares with, secrets as asterisks; raises as `request` does."""
        try:
            return evaluate(parse(text), self.message.scope(index, self.placeholders)).masked
        except EvaluationError as error:
            raise TocsinError(f"{self.title}: step {index + 1} can't be rendered: {error}") from error

    def with_vault(self, vault: Callable[[str, str], str]) -> "SelectedMessage":
        """Return the message with other secrets."""
        return replace(self, message=replace(self.message, vault=vault))

    def to_send(self, vault: Callable[[str, str], str], now: datetime, seed: str) -> Message:
        """Return the message with real secrets, the real time (aware, UTC) and fresh randomness."""
        variables = {**self.message.level_variables, **self.given}
        return replace(self.message, level_variables=variables, vault=vault, now=now, seed=seed)


def select_messages(definitions: Definitions, query: MessageQuery) -> list[SelectedMessage]:
    """Return the messages that the question means, types in the order error, reminder, ok.

    Raises UsageError where a name does not exist or nothing fits.
    """
    integration = _named("integration", query.integration, definitions.integrations)
    if query.alert is not None:
        _named("alert definition", query.alert, definitions.alerts)
    monitor = _named("monitor", query.monitor, definitions.monitors) if query.monitor is not None else None
    values = assigned(query.values, integration)
    sample = sample_of(definitions, query, values)
    return [
        replace(
            _asked(definitions, integration, message_type, attachment, monitor, sample, query.sample, values),
            turn=turn,
        )
        for message_type in _types(integration, query)
        for turn, attachment in _in_turn(_attachments(definitions, integration, query, monitor))
    ]


def sample_of(definitions: Definitions, query: MessageQuery, values: Assigned) -> Sample | None:
    """Return the sample that is named, with what `--set` gives on top; None where neither is there."""
    sample = _named("sample", query.sample, definitions.samples) if query.sample is not None else None
    if not values.system:
        return sample
    given = sample or Sample(kind="sample", name="set")
    return given.model_copy(update={"set": {**given.set, **values.system}})


def _asked(
    definitions: Definitions,
    integration: Integration,
    message_type: MessageType,
    attachment: Attachment,
    monitor: Monitor | None,
    sample: Sample | None,
    sample_name: str | None,
    values: Assigned,
) -> SelectedMessage:
    alert, level, variables = attachment
    monitors = definitions.monitors_of(alert) if monitor is None and alert is not None else []
    chosen = monitor or next(iter(monitors), None)
    message = made_up_message(
        definitions,
        integration,
        message_type,
        alert=alert,
        level=level,
        variables={**variables, **values.variables},
        sample=sample,
        monitor=chosen,
    )
    return SelectedMessage(
        message,
        alert=alert.name if alert else None,
        level=level,
        monitor=chosen.name if chosen else None,
        monitors=tuple(each.name for each in monitors),
        sample=sample_name,
        silent=silence_of(integration, alert, level, chosen),
        given=values.captured,
    )


def silence_of(integration: Integration, alert: Alert | None, level: int, monitor: Monitor | None) -> str | None:
    """Return why an integration sends nothing at this level of an alert definition, None where it does."""
    if not integration.active:
        return f"the integration {integration.name} is inactive"
    if alert is not None and not alert.active:
        return f"the alert definition {alert.name} is inactive"
    if alert is not None and not alert.levels[level - 1].active:
        return f"level {level} of {alert.name} is inactive"
    if monitor is not None and not monitor.generate_alerts:
        return f"the monitor {monitor.name} generates no alerts"
    return None


def _types(integration: Integration, query: MessageQuery) -> list[MessageType]:
    sent = [each for each in MESSAGE_TYPES if integration.message_set(each) is not None]
    if query.message_type is None:
        return sent
    wanted = [each for each in sent if each == query.message_type]
    if not wanted:
        raise UsageError(
            f"`{integration.name}` sends no `{query.message_type}` message", hint=f"it sends {listed(sent)}"
        )
    return wanted


def _attachments(
    definitions: Definitions, integration: Integration, query: MessageQuery, monitor: Monitor | None
) -> list[Attachment]:
    attachments = list(attachments_of(definitions, integration))
    wanted = [
        (alert, level, variables)
        for alert, level, variables in attachments
        if (query.alert is None or (alert is not None and alert.name == query.alert)) and query.level in (None, level)
    ]
    if not wanted:
        parts = [query.alert, f"level {query.level}" if query.level is not None else None]
        places = [f"{alert.name} level {level}" for alert, level, _ in attachments if alert is not None]
        raise UsageError(
            f"`{integration.name}` is not attached to {' '.join(filter(None, parts))}",
            hint=f"it is attached to {listed(places)}" if places else "no level attaches it",
        )
    covering = [each for each in wanted if monitor is None or each[0] is None or covers(each[0], monitor)]
    if not covering and monitor is not None:
        alerts = list(dict.fromkeys(alert.name for alert, _, _ in wanted if alert is not None))
        known = {each.name for alert, _, _ in wanted if alert is not None for each in definitions.monitors_of(alert)}
        raise UsageError(
            f"{listed(alerts)} {'does' if len(alerts) == 1 else 'do'} not cover the monitor `{monitor.name}`",
            hint=f"covered {'is' if len(known) == 1 else 'are'} {listed(sorted(known))}" if known else None,
        )
    return covering


def _in_turn(attachments: Sequence[Attachment]) -> Iterator[tuple[int, Attachment]]:
    """Yield the attachments with their numbers in their level, from 1."""
    seen: Counter[tuple[str | None, int]] = Counter()
    for attachment in attachments:
        alert, level, _ = attachment
        place = (alert.name if alert is not None else None, level)
        seen[place] += 1
        yield seen[place], attachment


def _named(what: str, name: str, known: Mapping[str, Named]) -> Named:
    if name not in known:
        otherwise = f"there are {listed(sorted(known))}" if known else "none is defined"
        raise UsageError(f"there is no {what} `{name}`", hint=did_you_mean(name, known, otherwise=otherwise))
    return known[name]
