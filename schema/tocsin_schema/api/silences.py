"""`/silences`."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator

from tocsin_schema.api.answer import Answer
from tocsin_schema.api.line import Line
from tocsin_schema.api.paging import Next
from tocsin_schema.api.request import Request
from tocsin_schema.models.check import Time
from tocsin_schema.models.duration import Duration

SilenceState = Literal["pending", "active", "expired"]
Name = Annotated[str, Field(min_length=1, max_length=63)]


class SilenceShown(Answer):
    """A silence: what it fits, why, by whom and how long."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    number: int
    """Its place in the order of creation."""
    id: str
    state: SilenceState
    monitor: str | None
    group: str | None
    """Group of monitors."""
    alert: str | None
    """Alert definition."""
    integration: str | None
    reason: str
    by: str
    """Name of the token that made it."""
    created_at: datetime
    starts_at: datetime
    ends_at: datetime
    ended_by: str | None
    """Who ended it before its time."""
    suppressed: int
    """Messages that it holds back, or never let through."""


class SilencesAnswer(Answer):
    """Silences, newest first."""

    silences: list[SilenceShown]
    next: Next


class SilenceAsked(Request):
    """What to hold back, why and how long. Every name that is stated must fit."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    monitor: Name | None = None
    group: Name | None = None
    """A group of monitors."""
    alert: Name | None = None
    """An alert definition."""
    integration: Name | None = None
    reason: Line
    starts_at: Time | None = None
    """Default: now."""
    ends_at: Time | None = None
    duration: Duration | None = None
    """Instead of `ends_at`: counted from `starts_at`, also where that is past."""

    @model_validator(mode="after")
    def _one_end(self) -> "SilenceAsked":
        if (self.ends_at is None) == (self.duration is None):
            raise ValueError("expected ends_at or duration")
        return self
