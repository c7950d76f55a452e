"""`/incidents`."""

from datetime import datetime
from typing import Literal

from pydantic import ConfigDict, JsonValue

from tocsin_schema.api.answer import Answer
from tocsin_schema.api.line import Line
from tocsin_schema.api.paging import Next
from tocsin_schema.api.request import Request

IncidentState = Literal["open", "closed"]


class AcknowledgementShown(Answer):
    """Who sees to an incident, since when."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    at: datetime
    by: str
    """Name of the token."""
    note: str


class IncidentShown(Answer):
    """An incident: confirmed errors of one monitor in a row."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    number: int
    """Its place in the order of creation."""
    key: str
    project: str
    monitor: str
    state: IncidentState
    started_at: datetime
    ended_at: datetime | None
    details: dict[str, JsonValue]
    """The check that began it and its description; once closed, what ended it."""
    acknowledgements: list[AcknowledgementShown]
    """Who sees to it, oldest first: its reminders are not sent any more."""


class IncidentsAnswer(Answer):
    """Incidents, newest first."""

    incidents: list[IncidentShown]
    next: Next


class Acknowledged(Request):
    """What to tell the others."""

    note: Line | None = None
