"""`/alerts`."""

from datetime import datetime
from typing import Literal

from pydantic import ConfigDict

from tocsin_schema.api.answer import Answer
from tocsin_schema.api.paging import Next

AlertType = Literal["error", "reminder", "ok"]


class Values(Answer):
    """What the references of the alert's messages stand for."""

    system: dict[str, str]
    custom_fields: dict[str, str]


class AlertShown(Answer):
    """An alert of one escalation level."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    number: int
    """Its place in the order of creation."""
    guid: str
    incident: str
    project: str
    monitor: str
    alert: str
    level: int
    type: AlertType
    time: datetime
    created_at: datetime
    values: Values


class AlertsAnswer(Answer):
    """Alerts, newest first."""

    alerts: list[AlertShown]
    next: Next
