"""The messages that a user asks to see or to send."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from tocsin.errors import TocsinError, UsageError
from tocsin.messages.assignments import Assigned, assigned
from tocsin_schema.messages.attachments import (
    AttachmentError,
    AttachmentQuery,
    LevelAttachment,
    NoSuchAttachmentError,
    NotCoveredError,
    SeveralLevelsError,
    choose_attachment,
    made_up_message,
    select_attachments,
)
from tocsin_schema.messages.captured_secrets import secret_captures
from tocsin_schema.messages.evaluate import EvaluationError, StandIn, evaluate
from tocsin_schema.messages.message import Message, RenderError
from tocsin_schema.messages.request import RenderedRequest
from tocsin_schema.messages.signature import with_placeholders
from tocsin_schema.models import Alert, Integration, MessageType, Monitor, Sample
from tocsin_schema.models.definitions import Definitions
from tocsin_schema.models.integration import MESSAGE_TYPES
from tocsin_schema.template.parser import parse
from tocsin_schema.text.suggest import did_you_mean, listed

Named = TypeVar("Named")


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
    attachment: int | None = None
    """Which one, from 1, of those that a level has of the integration."""


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
    attachment: int = 1
    """Which one it is of those that the level has of this integration."""

    @property
    def title(self) -> str:
        """What tells it from the others: integration, type, attachment, monitor, sample."""
        attached = f"{self.alert}, level {self.level}" if self.alert else "attached to no level"
        attached += f", attachment {self.attachment}" if self.attachment > 1 else ""
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
        return {name: self.given.get(name, StandIn(f"captured-{name}")) for name in names}

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

    def with_secrets(self, vault: Callable[[str, str], str], captured: Callable[[str], str]) -> "SelectedMessage":
        """Return the message with other secrets: of the vault, and for what the user says that was captured as one."""
        secret = secret_captures(self.message.integration)
        given = {name: captured(name) if name in secret else value for name, value in self.given.items()}
        return replace(self, message=replace(self.message, vault=vault), given=given)

    def to_send(self, vault: Callable[[str, str], str], now: datetime, seed: str) -> Message:
        """Return the message with real secrets, the real time (aware, UTC) and fresh randomness."""
        variables = {**self.message.level_variables, **self.given}
        return replace(self.message, level_variables=variables, vault=vault, now=now, seed=seed)


def select_messages(definitions: Definitions, query: MessageQuery) -> list[SelectedMessage]:
    """Return the messages that the query means, types in the order error, reminder, ok.

    Raises UsageError where a name does not exist or nothing fits.
    """
    return _selected(definitions, query, one=False)


def choose_message(definitions: Definitions, query: MessageQuery) -> SelectedMessage:
    """Return the message that the query means, the first where several types do; raises as `select_messages`.

    Raises UsageError also where several levels fit. Of several attachments of one level it is the first, unless one
    is stated.
    """
    return _selected(definitions, query, one=True)[0]


def sample_of(definitions: Definitions, query: MessageQuery, values: Assigned) -> Sample | None:
    """Return the sample that is named, with what `--set` gives on top; None where neither is there."""
    sample = _named("sample", query.sample, definitions.samples) if query.sample is not None else None
    if not values.system:
        return sample
    given = sample or Sample(kind="sample", name="set")
    return given.model_copy(update={"set": {**given.set, **values.system}})


def _selected(definitions: Definitions, query: MessageQuery, *, one: bool) -> list[SelectedMessage]:
    """Return the messages of every attachment that is meant, or of the one that is chosen."""
    integration = _named("integration", query.integration, definitions.integrations)
    if query.alert is not None:
        _named("alert definition", query.alert, definitions.alerts)
    monitor = _named("monitor", query.monitor, definitions.monitors) if query.monitor is not None else None
    values = assigned(query.values, integration)
    sample = sample_of(definitions, query, values)
    types = _types(integration, query)
    wanted = AttachmentQuery(query.alert, query.level, query.attachment, monitor)
    try:
        found = (
            [choose_attachment(definitions, integration, wanted)]
            if one
            else select_attachments(definitions, integration, wanted)
        )
    except AttachmentError as error:
        raise _usage_error(definitions, integration, wanted, error) from None
    return [
        _asked(definitions, integration, message_type, attachment, monitor, sample, query.sample, values)
        for message_type in types
        for attachment in found
    ]


def _asked(
    definitions: Definitions,
    integration: Integration,
    message_type: MessageType,
    attachment: LevelAttachment,
    monitor: Monitor | None,
    sample: Sample | None,
    sample_name: str | None,
    values: Assigned,
) -> SelectedMessage:
    alert, level = attachment.alert, attachment.level
    monitors = definitions.monitors_of(alert) if monitor is None and alert is not None else []
    chosen = monitor or next(iter(monitors), None)
    message = made_up_message(
        definitions,
        integration,
        message_type,
        alert=alert,
        level=level,
        variables={**attachment.variables, **values.variables},
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
        attachment=attachment.number,
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


def _usage_error(
    definitions: Definitions, integration: Integration, wanted: AttachmentQuery, error: AttachmentError
) -> UsageError:
    """Return what an error of the choice means to whoever gives the options."""
    there = error.there
    match error:
        case SeveralLevelsError():
            return UsageError(
                f"`{integration.name}` is attached to several levels", hint=f"say which:{_options(there)}"
            )
        case NoSuchAttachmentError():
            where = " ".join(
                filter(None, [wanted.alert, f"level {wanted.level}" if wanted.level is not None else None])
            )
            return UsageError(
                f"`{integration.name}` has no attachment {wanted.number}{f' to {where}' if where else ''}",
                hint=f"there are:{_options(there)}" if there else "no level attaches it",
            )
        case NotCoveredError() if wanted.monitor is not None:
            alerts = list(dict.fromkeys(each.alert.name for each in there if each.alert is not None))
            known = {each.name for name in alerts for each in definitions.monitors_of(definitions.alerts[name])}
            return UsageError(
                f"{listed(alerts)} {'does' if len(alerts) == 1 else 'do'} not cover the monitor `{wanted.monitor.name}`",
                hint=f"covered {'is' if len(known) == 1 else 'are'} {listed(sorted(known))}" if known else None,
            )
    parts = [wanted.alert, f"level {wanted.level}" if wanted.level is not None else None]
    places = [f"{each.alert.name} level {each.level}" for each in there if each.alert is not None]
    return UsageError(
        f"`{integration.name}` is not attached to {' '.join(filter(None, parts))}",
        hint=f"it is attached to {listed(places)}" if places else "no level attaches it",
    )


def _options(attachments: Sequence[LevelAttachment]) -> str:
    """Return the options that mean each attachment, a line each."""
    several = {each.place for each in attachments if each.number > 1}
    return "".join(
        f"\n  --alert {each.alert.name} --level {each.level}"
        + (f" --attachment {each.number}" if each.place in several else "")
        for each in attachments
        if each.alert is not None
    )


def _named(what: str, name: str, known: Mapping[str, Named]) -> Named:
    if name not in known:
        otherwise = f"there are {listed(sorted(known))}" if known else "none is defined"
        raise UsageError(f"there is no {what} `{name}`", hint=did_you_mean(name, known, otherwise=otherwise))
    return known[name]
