"""`/deliveries`: messages on their way to integrations, and sending them again."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, ConfigDict, Field

from tocsin_schema.api.alerts import AlertType
from tocsin_schema.api.answer import Answer
from tocsin_schema.api.attempts import AttemptShown
from tocsin_schema.api.paging import Next
from tocsin_schema.api.request import Request
from tocsin_schema.messages.outcomes import OutcomeKind

DeliveryState = Literal["pending", "sending", "delivered", "failed", "skipped", "suppressed"]
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]


class AboutShown(Answer):
    """What a message is about that is sent since another integration's can't be delivered."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    problem: str
    """Id of the problem."""
    integration: str
    """The integration that can't deliver: `@delivery.integration`."""
    reason: str
    """Why: `@delivery.reason`."""


class DeliveryShown(Answer):
    """A message on its way to one integration."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    number: int
    """Its place in the order of creation."""
    id: str
    alert_guid: str
    incident: str
    project: str
    monitor: str
    integration: str
    alert: str
    level: int
    type: AlertType
    state: DeliveryState
    step: int
    """The step that comes next, from 0."""
    attempts: int
    """Failed attempts, those not counted that found the receiver busy."""
    outcome: OutcomeKind | None
    """What came of the last attempt; null: there was none."""
    remarks: list[str]
    """What is to be known beside its state, as steps that failed and may."""
    created_at: datetime
    due_at: datetime
    finished_at: datetime | None
    failures: list[str]
    """What went wrong last, or why it is not sent."""
    silence: str | None
    """Id of the silence that holds it back, or did last."""
    about: AboutShown | None = None
    """What it is about where it is sent since another can't be delivered; null for every other message."""


class DeliveryDetails(DeliveryShown):
    """A delivery with all its attempts, oldest first."""

    attempt_log: list[AttemptShown]
    variables: dict[str, str]
    """Values of the per-level variables."""


class DeliveriesAnswer(Answer):
    """Deliveries, newest first."""

    deliveries: list[DeliveryShown]
    next: Next


class ResendAnswer(Answer):
    """A delivery that is on its way again."""

    id: str
    state: DeliveryState


class ReplayAsked(Request):
    """Which messages to send again: those that were given up, and fit everything that is stated."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    integration: Name | None = None
    incident: Name | None = None
    monitor: Name | None = None
    since: AwareDatetime | None = None
    """Made at this moment or later."""
    until: AwareDatetime | None = None
    """Made before this moment."""
    limit: Annotated[int, Field(ge=1, le=1000)] = 100
    """So many at the most, oldest first."""


class ReplayAnswer(Answer):
    """What is on its way again."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    resent: int
    """Failed messages."""
    oks: int
    """Ok messages that were skipped since their Error had failed: they follow it now."""
    left: int
    """Failed messages that fit and are beyond the limit."""
