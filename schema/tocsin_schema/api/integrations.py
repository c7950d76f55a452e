"""`/integrations`: how they fare, and sending all that waits."""

from datetime import datetime
from typing import Literal

from pydantic import ConfigDict

from tocsin_schema.api.answer import Answer

IntegrationState = Literal["ok", "busy", "down", "locked_out"]
CircuitBreakerState = Literal["closed", "open", "half_open"]


class IntegrationShown(Answer):
    """An integration."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    name: str
    title: str
    project: str
    active: bool
    state: IntegrationState
    """`busy`: its receiver takes no more now. `down`, `locked_out`: three requests in a row have found it so."""
    circuit_breaker: CircuitBreakerState
    """`open`: its messages wait, and one is tried now and then. `half_open`: one is being tried."""
    failures: int
    """Requests in a row that found its receiver down, or were locked out."""
    failing_since: datetime | None
    busy_since: datetime | None
    """Since when it takes no more, with no message delivered."""
    held_until: datetime | None
    """Nothing is sent before; null: it may send now."""
    pace: float | None
    """Requests a second that its receiver takes, as far as that was learnt."""
    last_failure: list[str]
    waiting: int
    """Messages that are not delivered yet."""
    rate_limit: str | None
    max_in_flight: int | None
    pause_after: str | None
    probe_every: str | None
    give_up_after: str | None
    if_over: Literal["send", "skip"] | None


class IntegrationsAnswer(Answer):
    """Every integration, by name."""

    integrations: list[IntegrationShown]


class FlushAnswer(Answer):
    """An integration that sends all that waits."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    name: str
    state: IntegrationState
    waiting: int
    """Messages that are sent now."""
