"""The values of all system variables of one alert, as text."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from tocsin_schema.escalation import AlertEvent
from tocsin_schema.functions.dates import h_mm_ss, iso, short_date_time
from tocsin_schema.models import Account, Alert, Check, MessageType, Monitor
from tocsin_schema.models.definitions import Definitions

APP_URL = "https://app.uptrends.com"
"""Where the links in messages lead (`docs/domain.md#system-variables`: the `...Url` variables)."""

ALERT_TYPES: Mapping[MessageType, str] = {"error": "Alert", "reminder": "Reminder", "ok": "Ok"}
"""What `@alert.type` prints: an Error alert prints `Alert`."""

OK_DESCRIPTION = "OK"
"""The description of an Ok alert whose check gives none."""

OK_ERROR_TYPE_ID = "0"
"""The error type of an Ok alert whose check gives none."""


@dataclass(frozen=True)
class AlertValues:
    """What the references of a message stand for."""

    system: Mapping[str, str]
    """Every system variable by name, `@alert.type`; empty where this alert has no such value."""
    custom_fields: Mapping[str, str]
    """The monitor's custom fields by name."""


def alert_values(
    definitions: Definitions, alert: Alert, level: int, monitor: Monitor, event: AlertEvent
) -> AlertValues:
    """Return the values of an alert of the `level`th level of `alert` (from 1) on `monitor`.

    Times without `Utc` in their name are in the account's time zone, the formatted ones in its culture.
    The message of a level that is not (or no longer) there is empty. Raises ValueError for an unknown
    culture and `zoneinfo.ZoneInfoNotFoundError` for an unknown time zone.
    """
    account = definitions.project.account
    system = {
        "@account.accountId": account.id,
        "@alertDefinition.guid": definitions.guid(alert),
        "@alertDefinition.name": alert.display_name,
        "@delivery.integration": "",
        "@delivery.reason": "",
        "@escalationLevel.id": str(level),
        "@escalationLevel.message": alert.levels[level - 1].message if level <= len(alert.levels) else "",
        "@incident.key": event.incident_key,
        **_event_values(event),
        **_check_values(event.check, event.type),
        **_time_values(event, account),
        **_monitor_values(monitor, definitions.guid(monitor)),
    }
    return AlertValues(system, dict(monitor.custom_fields))


def undelivered_values(integration: str, reason: str) -> dict[str, str]:
    """Return the system variables that only messages about an undelivered one have: whose it was, and why."""
    return {"@delivery.integration": integration, "@delivery.reason": reason}


def _event_values(event: AlertEvent) -> dict[str, str]:
    return {
        "@alert.alertGuid": event.guid,
        "@alert.type": ALERT_TYPES[event.type],
        "@alert.downtimeDuration": h_mm_ss(event.time - event.first.time) if event.type == "ok" else "",
        "@alert.firstErrorCheckId": event.first.id,
        "@alert.firstErrorCheckUrl": f"{APP_URL}/Report/ProbeLog/Check/{event.first.id}",
        "@alert.firstErrorDescription": event.first.description,
        "@alert.numberOfConsecutiveErrors": str(event.errors),
    }


def _check_values(check: Check, message_type: MessageType) -> dict[str, str]:
    well = message_type == "ok"
    return {
        "@alert.checkpointName": check.checkpoint.name,
        "@alert.description": check.description or (OK_DESCRIPTION if well else ""),
        "@alert.errorTypeId": check.error_type_id or (OK_ERROR_TYPE_ID if well else ""),
        "@alert.failureMessage": check.failure_message,
        "@alert.resolvedIpAddress": check.resolved_ip,
        "@alert.responseBody": check.response.body,
        "@alert.responseHeaders": _header_lines(check.response.headers),
        "@alert.serverIpv4": check.checkpoint.server_ipv4,
        "@alert.serverIpv6": check.checkpoint.server_ipv6,
    }


def _time_values(event: AlertEvent, account: Account) -> dict[str, str]:
    valid_until = event.check.ssl_valid_until
    return {
        **_moment_values("@alert.firstError", event.first.time, account),
        **_moment_values("@alert.timestamp", event.time, account),
        "@alert.sslValidUntil": iso(_local(valid_until, account)) if valid_until is not None else "",
    }


def _moment_values(name: str, moment: datetime, account: Account) -> dict[str, str]:
    local, utc = _local(moment, account), moment.astimezone(UTC)
    return {
        name: iso(local),
        f"{name}Formatted": short_date_time(local, account.culture),
        f"{name}Utc": iso(utc),
        f"{name}UtcFormatted": short_date_time(utc, account.culture),
    }


def _monitor_values(monitor: Monitor, guid: str) -> dict[str, str]:
    return {
        "@monitor.dashboardUrl": f"{APP_URL}/Probe/Dashboard?probeGuids={guid}",
        "@monitor.editUrl": f"{APP_URL}/Report/Probe?probeGuid={guid}",
        "@monitor.monitorGuid": guid,
        "@monitor.name": monitor.display_name,
        "@monitor.notes": monitor.notes,
        "@monitor.type": monitor.type,
        "@monitor.url": monitor.url,
    }


def _local(moment: datetime, account: Account) -> datetime:
    """Return the moment in the account's time zone.

    Certificates that never expire say 9999-12-31T23:59:59Z (RFC 5280, section 4.1.2.5), which has no
    local time east of Greenwich: such a moment stays in UTC.
    """
    try:
        return moment.astimezone(ZoneInfo(account.time_zone))
    except OverflowError:
        return moment


def _header_lines(headers: str | Mapping[str, str]) -> str:
    if isinstance(headers, str):
        return headers
    return "\n".join(f"{name}: {value}" for name, value in headers.items())
