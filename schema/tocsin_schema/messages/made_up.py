"""Made-up alerts: to render and to send messages without anything being down.

What is made up are the examples of `docs/domain.md#system-variables`, so a message always comes out the same.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tocsin_schema.escalation import AlertEvent, alert_guid, incident_key
from tocsin_schema.messages.values import AlertValues, alert_values
from tocsin_schema.models import (
    Alert,
    Check,
    Checkpoint,
    Level,
    MessageType,
    Monitor,
    ReportedResponse,
    Sample,
    When,
)
from tocsin_schema.models.definitions import Definitions

FIRST_ERROR = datetime(2018, 11, 8, 16, 21, 58, tzinfo=UTC)
ALERT_AFTER: Mapping[MessageType, timedelta] = {
    "error": timedelta(minutes=5),
    "reminder": timedelta(minutes=15),
    "ok": timedelta(hours=48, minutes=3, seconds=21),
}
"""When the alert of each type comes, counted from the first error."""
ERRORS = 2

MADE_UP_ALERT = Alert(
    kind="alert",
    name="default-alert",
    title="Default Alert",
    guid="2C97E464-6112-435B-8C8D-6DEF1E18273A",
    levels=tuple(
        Level(when=When(errors=errors), message="Please use checklist THX-1138 to investigate this issue.")
        for errors in (ERRORS, 4, 6, 8)
    ),
)
"""Stands in where no alert definition is given; it has all four levels."""

MADE_UP_MONITOR = Monitor(
    kind="monitor",
    name="galacticresorts",
    title="GalacticResorts.com - DNS",
    guid="849b2046-213d-43ad-9efc-5af1faaeb222",
    type="Transaction",
    url="https://galacticresorts.com",
    notes="Please check Amazon Route53 DNS entries",
)
"""Stands in where no monitor is given."""


def made_up_event(
    definitions: Definitions, message_type: MessageType, alert: Alert, level: int, monitor: Monitor
) -> AlertEvent:
    """Return the made-up alert of this type: the same for the same alert definition, level and monitor."""
    first = _error("30833627687", FIRST_ERROR, monitor)
    time = FIRST_ERROR + ALERT_AFTER[message_type]
    key = incident_key(definitions.guid(monitor), first.id)
    reminder = 1 if message_type == "reminder" else 0
    return AlertEvent(
        type=message_type,
        alert=alert.name,
        level=level,
        time=time,
        guid=alert_guid(key, alert.name, level, message_type, reminder),
        incident_key=key,
        errors=ERRORS,
        check=_ok("30833629041", time, monitor) if message_type == "ok" else _error("30833627702", time, monitor),
        first=first,
        reminder=reminder,
    )


def made_up_values(
    definitions: Definitions,
    message_type: MessageType,
    alert: Alert | None,
    level: int,
    monitor: Monitor | None,
    sample: Sample | None,
) -> AlertValues:
    """Return the values of a made-up alert of the `level`th level of `alert` (from 1) on `monitor`.

    The names, texts and fields of the alert definition and the monitor are real where these are given, made
    up where they are None. What `sample` sets replaces all else. Raises ValueError where it sets something
    that is neither a system variable nor a custom field.
    """
    alert = alert or MADE_UP_ALERT
    monitor = monitor or MADE_UP_MONITOR
    event = made_up_event(definitions, message_type, alert, level, monitor)
    values = alert_values(definitions, alert, level, monitor, event)
    return values if sample is None else with_sample(values, sample)


def custom_field_name(key: str) -> str | None:
    """Return the name in `@CustomField(name)`, None for any other key."""
    head, tail = "@CustomField(", ")"
    return key[len(head) : -len(tail)] if key.startswith(head) and key.endswith(tail) else None


def with_sample(values: AlertValues, sample: Sample) -> AlertValues:
    """Return the values with those that the sample sets in their place.

    Raises ValueError where it sets something that is neither a system variable nor a custom field.
    """
    system, custom_fields = dict(values.system), dict(values.custom_fields)
    for key, value in sample.set.items():
        field = custom_field_name(key)
        if field:
            custom_fields[field] = value
        elif key in system:
            system[key] = value
        else:
            raise ValueError(
                f"sample {sample.name} sets {key!r}: expected a system variable such as @monitor.notes, "
                "or @CustomField(name)"
            )
    return replace(values, system=system, custom_fields=custom_fields)


def _error(check_id: str, time: datetime, monitor: Monitor) -> Check:
    return Check(
        id=check_id,
        monitor=monitor.name,
        time=time,
        status="error",
        description="Step 1: Navigate to https://www.galacticresorts.com failed.",
        error_type_id="5407",
        failure_message="Login failed" if monitor.type == "Transaction" else "",
        checkpoint=_CHECKPOINT,
        resolved_ip="178.217.84.4",
        response=ReportedResponse(headers='Content-Type": "text/html', body='{"Status": "error"}'),
        ssl_valid_until=_valid_until(monitor),
    )


def _ok(check_id: str, time: datetime, monitor: Monitor) -> Check:
    return Check(
        id=check_id,
        monitor=monitor.name,
        time=time,
        status="ok",
        checkpoint=_CHECKPOINT,
        resolved_ip="178.217.84.4",
        response=ReportedResponse(headers='Content-Type": "text/html', body='{"Status": "ok"}'),
        ssl_valid_until=_valid_until(monitor),
    )


def _valid_until(monitor: Monitor) -> datetime | None:
    """Return the certificate's expiry, which only Certificate monitors have."""
    return datetime(2024, 11, 7, 15, 5, 43, tzinfo=UTC) if monitor.type == "Certificate" else None


_CHECKPOINT = Checkpoint(
    name="Ghent, Belgium", server_ipv4="178.217.84.4", server_ipv6="2a02:2658:103e:4:461:81bb:adbe:82a5"
)
