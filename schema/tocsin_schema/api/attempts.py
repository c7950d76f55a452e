"""`/attempts`: requests that were made, and their responses; secrets show as asterisks."""

from datetime import datetime
from typing import Literal

from pydantic import ConfigDict, JsonValue

from tocsin_schema.api.alerts import AlertType
from tocsin_schema.api.answer import Answer
from tocsin_schema.api.exchanges import Timings
from tocsin_schema.api.paging import Next
from tocsin_schema.messages.outcomes import OutcomeKind


class AttemptShown(Answer):
    """One request and its response. Secrets show as asterisks."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    step: int
    at: datetime
    succeeded: bool
    outcome: OutcomeKind | None
    """What came of it; null: written by an older version."""
    purpose: Literal["token", "redirect"] | None
    """What it was made for on the way to the step's own request; null: it is that one."""
    request: JsonValue
    response: JsonValue
    failures: list[str]
    timings: Timings | None
    """How long its phases took; null: nothing was sent, or an older version sent it."""


class AttemptFound(AttemptShown):
    """An attempt, and the message that it belongs to."""

    number: int
    """Its place in the order of recording."""
    delivery: str
    """Id of the delivery."""
    incident: str
    monitor: str
    integration: str
    alert: str
    level: int
    type: AlertType


class AttemptsAnswer(Answer):
    """Attempts, newest first."""

    attempts: list[AttemptFound]
    next: Next
