"""Messages to look at before any alert: every attachment of an integration, with made-up values."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from tocsin_schema.messages.made_up import made_up_values
from tocsin_schema.messages.message import Message
from tocsin_schema.models import Alert, Integration, MessageType, Monitor, Sample
from tocsin_schema.models.definitions import Definitions

MADE_UP_NOW = datetime(2018, 11, 8, 16, 26, 58, tzinfo=UTC)
"""The moment that made-up messages are rendered at: the example of `@alert.timestampUtc`."""


def attachments_of(
    definitions: Definitions, integration: Integration
) -> Iterator[tuple[Alert | None, int, Mapping[str, str]]]:
    """Yield alert definition, level (from 1) and the level's values for every attachment.

    An integration that is attached nowhere is given once, without an alert definition, its per-level
    variables holding their own names.
    """
    attached = definitions.attachments.get(integration.name)
    if attached is not None:
        yield from attached
    else:
        yield None, 1, {name: name for name, variable in integration.variables.items() if variable.per_level}


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
        monitor = next(iter(definitions.monitors_of(alert)), None)
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
