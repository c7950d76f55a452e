"""`/integrations`: how they fare, and the end of a pause."""

from datetime import datetime
from typing import Literal

from pydantic import ConfigDict

from tocsin_schema.api.answer import Answer

IntegrationState = Literal["ok", "failing", "paused"]


class IntegrationShown(Answer):
    """An integration."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    name: str
    title: str
    project: str
    active: bool
    state: IntegrationState
    """`failing`: three requests in a row have failed. `paused`: it has failed for too long, its messages wait."""
    failures: int
    """Requests in a row that failed."""
    failing_since: datetime | None
    paused_at: datetime | None
    last_failure: list[str]
    waiting: int
    """Messages that are not delivered yet."""
    rate_limit: str | None
    max_in_flight: int | None
    pause_after: str | None


class IntegrationsAnswer(Answer):
    """Every integration, by name."""

    integrations: list[IntegrationShown]


class ResumeAnswer(Answer):
    """An integration that sends again."""

    name: str
    state: IntegrationState
