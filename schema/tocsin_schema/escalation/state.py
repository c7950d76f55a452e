"""What is remembered of a monitor between checks, and what comes out of a step."""

import uuid
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict

from tocsin_schema.models.check import Check, Time
from tocsin_schema.models.document import NAMESPACE
from tocsin_schema.models.integration import MessageType

Verdict = Literal["processed", "unconfirmed", "duplicate", "late", "advanced"]
"""What became of a step.

- `processed`: an OK or a confirmed error that was taken into account
- `unconfirmed`: an error that nothing comes of
- `duplicate`: the same check again
- `late`: older than the newest check
- `advanced`: no check, only time passed
"""


class _Kept(BaseModel):
    """Immutable; survives JSON unchanged."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Fired(_Kept):
    """A level that has sent its Error in this incident."""

    at: Time
    """The time of its Error: reminders count from here."""
    reminders: int = 0
    """Reminders used up, sent or missed."""


class Incident(_Kept):
    """Confirmed errors in a row, from the first one on."""

    key: str
    """One per incident: its Error, Reminder and Ok alerts share it."""
    first: Check
    """The first confirmed error."""
    last: Check
    """The latest confirmed error."""
    errors: int
    """Confirmed errors in a row, at least 1."""
    fired: dict[str, Fired] = {}
    """Levels that have fired, by `level_key`."""


class MonitorState(_Kept):
    """What is remembered of one monitor. A monitor without checks has `MonitorState()`."""

    last_time: Time | None = None
    """The time of the newest check."""
    ids_at_last_time: tuple[str, ...] = ()
    """Ids of the checks of that very time, in order of arrival."""
    incident: Incident | None = None
    """The incident that is open, None while all is well."""


class AlertEvent(_Kept):
    """One alert of one level, before any integration turns it into messages."""

    type: MessageType
    alert: str
    """Name of the alert definition."""
    level: int
    """Number of the level, from 1."""
    time: Time
    """When the alert was due: the check's time, or the due time of a duration or a reminder."""
    guid: str
    """The same for the same alert, however often the step is computed."""
    incident_key: str
    errors: int
    """Confirmed errors in a row; for an Ok those of the incident that it ends."""
    check: Check
    """The check that the alert speaks of: the latest error for Error and Reminder, the OK check for Ok."""
    first: Check
    """The first confirmed error of the incident."""
    reminder: int = 0
    """Which reminder this is, from 1; 0 for Error and Ok."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step gives: the state to keep, and the alerts to send, ordered by time."""

    state: MonitorState
    alerts: tuple[AlertEvent, ...]
    verdict: Verdict


def incident_key(monitor_guid: str, first_error_check_id: str) -> str:
    """Return the key of the incident that begins with this check.

    It looks like those of Uptrends (`docs/domain.md#incident-key`).
    """
    return f"{monitor_guid}-0-{first_error_check_id}"


def level_key(alert: str, number: int) -> str:
    """Return the key of a level among those that have fired; an alert's name holds no slash."""
    return f"{alert}/{number}"


def alert_guid(key: str, alert: str, level: int, message_type: MessageType, reminder: int) -> str:
    """Return the id of an alert: a UUIDv5, so that a step that is computed twice gives the same alert."""
    return str(uuid.uuid5(NAMESPACE, f"{key}/{alert}/{level}/{message_type}/{reminder}"))
