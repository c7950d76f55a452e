"""What the receiver should have got: rendered here from the definitions, to compare with what came."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from demo.receiver import Received
from tocsin_schema.messages.message import Message
from tocsin_schema.messages.request import RenderedRequest
from tocsin_schema.messages.values import AlertValues
from tocsin_schema.models import MessageType
from tocsin_schema.models.definitions import Definitions
from tocsin_schema.models.vault import environment_variable

TYPES: dict[str, MessageType] = {"Alert": "error", "Reminder": "reminder", "Ok": "ok"}


@dataclass(frozen=True)
class Expected:
    """A message that the definitions call for: whose it is, and its first request."""

    integration: str
    alert: str
    message_type: MessageType
    request: RenderedRequest

    @property
    def title(self) -> str:
        """What tells it from the others."""
        return f"{self.integration}, {self.message_type} of {self.alert}"

    def differences(self, received: Received) -> list[str]:
        """Return what differs between the request that came and this one; nothing where they are the same."""
        parts = urlsplit(self.request.url.value)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        found = []
        if received.method != self.request.method:
            found.append(f"method {received.method}, expected {self.request.method}")
        if received.path != path:
            found.append(f"path {received.path}, expected {path}")
        for name, text in self.request.headers:
            if received.header(name) != text.value:
                found.append(f"header {name} is {received.header(name)!r}, expected {text.masked!r}")
        if received.body != (self.request.content or b""):
            found.append("the body differs")
        return found


def expected_messages(
    definitions: Definitions, alerts: list[dict[str, Any]], secrets: Mapping[str, str]
) -> list[Expected]:
    """Return what the definitions call for, for the alerts that the dispatcher tells of (`GET /api/v1/alerts`)."""
    expected = []
    for told in alerts:
        values = AlertValues(told["values"]["system"], told["values"]["custom_fields"])
        level = definitions.alerts[told["alert"]].levels[told["level"] - 1]
        for attachment in level.integrations:
            integration = definitions.integrations[attachment.use]
            message = Message(
                integration=integration,
                message_type=TYPES[values.system["@alert.type"]],
                values=values,
                level_variables=attachment.variables,
                vault=lambda item, field: secrets[environment_variable(item, field)],
                now=datetime.now(UTC),
                seed="demo",
                culture=definitions.project.account.culture,
            )
            if message.steps:
                expected.append(Expected(integration.name, told["alert"], message.message_type, message.request(0, {})))
    return expected
