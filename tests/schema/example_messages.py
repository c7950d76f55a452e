"""Messages of one step, to render requests with."""

from datetime import UTC, datetime
from typing import Any

from tocsin_schema.messages.message import Message
from tocsin_schema.messages.request import RenderedRequest
from tocsin_schema.messages.values import AlertValues
from tocsin_schema.models import Integration, MessageType

URL = "https://x.example/hook"
NOW = datetime(2018, 11, 8, 16, 26, 58, tzinfo=UTC)
SECRETS = {("pagerduty", "Password"): "R3ceiver-key", ("basic", "Username"): "ops", ("basic", "Password"): 'p"w\\d é'}


def message(
    *requests: dict[str, Any],
    system: dict[str, str] | None = None,
    custom_fields: dict[str, str] | None = None,
    level: dict[str, str] | None = None,
    seed: str = "seed",
    message_type: MessageType = "error",
    secrets: dict[tuple[str, str], str] | None = None,
    **integration: Any,
) -> Message:
    """Return the message that makes these requests, one a step, when an error is reported."""
    steps = [{"request": {"url": URL, **request}} for request in requests]
    document = {
        "kind": "integration",
        "name": "chat",
        "messages": [{"types": ["error"], "steps": steps}],
        **integration,
    }
    known = SECRETS if secrets is None else secrets
    return Message(
        integration=Integration.model_validate(document),
        message_type=message_type,
        values=AlertValues(system or {}, custom_fields or {}),
        level_variables=level or {},
        vault=lambda item, field: known[item, field],
        now=NOW,
        seed=seed,
        culture="en-US",
    )


def rendered(request: dict[str, Any], captured: dict[str, str] | None = None, **more: Any) -> RenderedRequest:
    """Return the one request of a message."""
    return message(request, **more).request(0, captured or {})
