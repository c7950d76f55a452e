"""Messages to look at before any alert: every attachment of an integration, with made-up values."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tocsin_schema.errors import ContractError
from tocsin_schema.messages.made_up import made_up_values
from tocsin_schema.messages.message import Message
from tocsin_schema.models import Alert, Integration, MessageType, Monitor, Sample
from tocsin_schema.models.definitions import Definitions, covers
from tocsin_schema.text.suggest import listed

MADE_UP_NOW = datetime(2018, 11, 8, 16, 26, 58, tzinfo=UTC)
"""The moment that made-up messages are rendered at: the example of `@alert.timestampUtc`."""


@dataclass(frozen=True, slots=True)
class LevelAttachment:
    """An integration as one level of an alert definition attaches it."""

    alert: Alert | None
    """None for an integration that is attached nowhere."""
    level: int
    """From 1."""
    variables: Mapping[str, str]
    """The level's values."""
    number: int = 1
    """Which one it is of those that the level has of this integration, from 1."""

    @property
    def place(self) -> str:
        """Alert definition and level as `shop-down/1`; "" for an integration that is attached nowhere."""
        return f"{self.alert.name}/{self.level}" if self.alert is not None else ""

    def __str__(self) -> str:
        """Return the place, and the number of a second one there."""
        return self.place if self.number == 1 else f"{self.place} attachment {self.number}"


@dataclass(frozen=True, slots=True)
class AttachmentQuery:
    """Which attachments of an integration are meant; None where that is left open."""

    alert: str | None = None
    level: int | None = None
    number: int | None = None
    monitor: Monitor | None = None
    """Only of alert definitions that cover it."""


class AttachmentError(ContractError):
    """Nothing that there is to choose from is what was meant, or too much is. The text says which there are."""

    def __init__(self, integration: Integration, there: Sequence[LevelAttachment], message: str) -> None:
        """Take what there is to choose from."""
        super().__init__(f"the integration `{integration.name}` {message}")
        self.there = tuple(each for each in there if each.alert is not None)


class NotAttachedError(AttachmentError):
    """The integration is not attached to the alert definition and the level that are meant."""


class NotCoveredError(AttachmentError):
    """The alert definitions that attach it don't cover the monitor that is meant."""


class NoSuchAttachmentError(AttachmentError):
    """The level that is meant attaches the integration fewer times."""


class SeveralLevelsError(AttachmentError):
    """Several levels attach the integration, and which one is meant is left open."""


def attachments_of(definitions: Definitions, integration: Integration) -> Iterator[LevelAttachment]:
    """Yield every attachment, alert definitions by name.

    An integration that is attached nowhere is given once, without an alert definition, its per-level
    variables holding their own names.
    """
    attached = definitions.attachments.get(integration.name)
    if attached is None:
        per_level = {name: name for name, variable in integration.variables.items() if variable.per_level}
        yield LevelAttachment(None, 1, per_level)
        return
    seen: Counter[tuple[str, int]] = Counter()
    for alert, level, variables in attached:
        seen[alert.name, level] += 1
        yield LevelAttachment(alert, level, variables, seen[alert.name, level])


def select_attachments(
    definitions: Definitions, integration: Integration, query: AttachmentQuery
) -> list[LevelAttachment]:
    """Return the attachments that are meant, at least one; raises AttachmentError where there is none."""
    every = list(attachments_of(definitions, integration))
    placed = [
        each
        for each in every
        if query.level in (None, each.level) and query.alert in (None, each.alert.name if each.alert else None)
    ]
    if not placed:
        raise NotAttachedError(integration, every, f"is not attached there: it is attached to {_places(every)}")
    covering = [
        each for each in placed if query.monitor is None or each.alert is None or covers(each.alert, query.monitor)
    ]
    if not covering:
        raise NotCoveredError(integration, placed, f"is attached to {_places(placed)}, which don't cover the monitor")
    numbered = [each for each in covering if query.number in (None, each.number)]
    if not numbered:
        message = f"has no attachment {query.number} there: it is attached to {_places(covering)}"
        raise NoSuchAttachmentError(integration, covering, message)
    return numbered


def choose_attachment(definitions: Definitions, integration: Integration, query: AttachmentQuery) -> LevelAttachment:
    """Return the one attachment that is meant; raises AttachmentError where there is none, or it could be several.

    Of several that one level has, the first, unless a number is stated.
    """
    found = select_attachments(definitions, integration, query)
    if len({each.place for each in found}) > 1:
        places = listed(dict.fromkeys(each.place for each in found))
        message = f"is attached to several levels, {places}: state alert and level"
        raise SeveralLevelsError(integration, found, message)
    return found[0]


def made_up_message(
    definitions: Definitions,
    integration: Integration,
    message_type: MessageType,
    *,
    alert: Alert | None,
    level: int,
    variables: Mapping[str, str],
    sample: Sample | None = None,
    monitor: Monitor | None = None,
) -> Message:
    """Return the message of a made-up alert. Without a monitor, the first one that the alert definition covers."""
    if monitor is None and alert is not None:
        monitor = next(iter(definitions.coverage.first(alert)), None)
    return Message(
        integration=integration,
        message_type=message_type,
        values=made_up_values(definitions, message_type, alert, level, monitor, sample),
        level_variables=variables,
        vault=lambda item, field: f"{item}-{field.lower()}",
        now=MADE_UP_NOW,
        seed="made-up",
        culture=definitions.project.account.culture,
    )


def _places(attachments: Sequence[LevelAttachment]) -> str:
    return listed(str(each) for each in attachments if each.alert is not None) or "no level"
