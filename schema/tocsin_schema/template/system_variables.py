"""The system variables: what a message can say of its alert, each defined once.

Source: `docs/domain.md#system-variables`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

VariableKind = Literal["token", "text", "url"]


@dataclass(frozen=True, slots=True)
class SystemVariable:
    """A system variable, as `{{@group.name}}` refers to it.

    `kind` says what it can hold: `text` any character, so that it needs encoding; `token` no quote,
    backslash, line break or `<&>`; `url` a URL. `when` says when it has a value, None where always.
    """

    name: str
    kind: VariableKind
    when: str | None
    description: str
    example: str


ONLY_OK = "in Ok messages"
ONLY_TRANSACTION = "for Transaction monitors"
ONLY_CERTIFICATE = "for Certificate monitors"
ONLY_UNDELIVERED = "in messages about undelivered ones"
_OPTIONAL = "may be empty"

_ALL = (
    SystemVariable("@account.accountId", "token", None, "Id of the account.", "299840"),
    SystemVariable("@alert.alertGuid", "token", None, "Id of this alert.", "cbfc7769-edb2-46a7-89d0-1e1b1fb0815b"),
    SystemVariable("@alert.checkpointName", "text", None, "Checkpoint that made the last check.", "Ghent, Belgium"),
    SystemVariable(
        "@alert.description",
        "text",
        None,
        "The error in words, with the number of the step where there is one.",
        "Step 1: Navigate to https://www.galacticresorts.com failed.",
    ),
    SystemVariable(
        "@alert.downtimeDuration",
        "token",
        ONLY_OK,
        "Time from the first error to this Ok, as hours:minutes:seconds.",
        "48:03:21",
    ),
    SystemVariable("@alert.errorTypeId", "token", None, "Id of the kind of error.", "5407"),
    SystemVariable(
        "@alert.failureMessage",
        "text",
        ONLY_TRANSACTION,
        "The failure message that the failing step was given.",
        "Login failed",
    ),
    SystemVariable(
        "@alert.firstError",
        "token",
        None,
        "Time of the incident's first error, in the account's time zone, ISO 8601.",
        "2018-11-08T10:21:58",
    ),
    SystemVariable(
        "@alert.firstErrorCheckId",
        "token",
        None,
        "Id of the check that found the first error.",
        "30833627687",
    ),
    SystemVariable(
        "@alert.firstErrorCheckUrl",
        "url",
        None,
        "Link to the check that found the first error.",
        "https://app.uptrends.com/Report/ProbeLog/Check/30833627687",
    ),
    SystemVariable(
        "@alert.firstErrorDescription",
        "text",
        None,
        "The first error in words.",
        "Step 1: Navigate to https://www.galacticresorts.com failed.",
    ),
    SystemVariable(
        "@alert.firstErrorFormatted",
        "text",
        None,
        "Time of the first error, in the account's time zone, as its culture writes it.",
        "8/28/2020 12:23 PM",
    ),
    SystemVariable(
        "@alert.firstErrorUtc",
        "token",
        None,
        "Time of the first error, in UTC, ISO 8601.",
        "2018-11-08T16:21:58",
    ),
    SystemVariable(
        "@alert.firstErrorUtcFormatted",
        "text",
        None,
        "Time of the first error, in UTC, as the account's culture writes it.",
        "8/28/2020 10:23 PM",
    ),
    SystemVariable(
        "@alert.numberOfConsecutiveErrors",
        "token",
        None,
        "How many confirmed errors there are in a row.",
        "2",
    ),
    SystemVariable(
        "@alert.resolvedIpAddress",
        "token",
        None,
        "Address that the check connected to, IPv4 or IPv6.",
        "178.217.84.4",
    ),
    SystemVariable(
        "@alert.responseHeaders",
        "text",
        _OPTIONAL,
        "Headers of the checked address's response, as pairs.",
        'Content-Type": "text/html',
    ),
    SystemVariable(
        "@alert.responseBody",
        "text",
        _OPTIONAL,
        "Body of the checked address's response, cut at 1 MB.",
        '{"Status": "error"}',
    ),
    SystemVariable("@alert.serverIpv4", "token", None, "IPv4 address of the checkpoint's server.", "178.217.84.4"),
    SystemVariable(
        "@alert.serverIpv6",
        "token",
        None,
        "IPv6 address of the checkpoint's server.",
        "2a02:2658:103e:4:461:81bb:adbe:82a5",
    ),
    SystemVariable(
        "@alert.sslValidUntil",
        "token",
        ONLY_CERTIFICATE,
        "When the certificate expires, ISO 8601.",
        "2024-11-07T15:05:43",
    ),
    SystemVariable(
        "@alert.timestamp",
        "token",
        None,
        "Time of this alert, in the account's time zone, ISO 8601.",
        "2018-11-08T10:26:58",
    ),
    SystemVariable(
        "@alert.timestampFormatted",
        "text",
        None,
        "Time of this alert, in the account's time zone, as its culture writes it.",
        "8/28/2020 12:23 PM",
    ),
    SystemVariable(
        "@alert.timestampUtc", "token", None, "Time of this alert, in UTC, ISO 8601.", "2018-11-08T16:26:58"
    ),
    SystemVariable(
        "@alert.timestampUtcFormatted",
        "text",
        None,
        "Time of this alert, in UTC, as the account's culture writes it.",
        "8/28/2020 10:23 PM",
    ),
    SystemVariable(
        "@alert.type",
        "token",
        None,
        "Type of the alert: `Alert` (an Error alert), `Reminder` or `Ok`.",
        "Alert",
    ),
    SystemVariable(
        "@alertDefinition.guid",
        "token",
        None,
        "Id of the alert definition.",
        "2C97E464-6112-435B-8C8D-6DEF1E18273A",
    ),
    SystemVariable("@alertDefinition.name", "text", None, "Title of the alert definition.", "Default Alert"),
    SystemVariable(
        "@delivery.integration",
        "token",
        ONLY_UNDELIVERED,
        "Name of the integration that could not deliver: for its fallback, and for the operators.",
        "pagerduty",
    ),
    SystemVariable(
        "@delivery.reason",
        "text",
        ONLY_UNDELIVERED,
        "Why it could not, in words.",
        "the receiver answers 401 Unauthorized: a person has to act",
    ),
    SystemVariable("@escalationLevel.id", "token", None, "Number of the escalation level that alerts, from 1.", "1"),
    SystemVariable(
        "@escalationLevel.message",
        "text",
        _OPTIONAL,
        "The escalation level's own message.",
        "Please use checklist THX-1138 to investigate this issue.",
    ),
    SystemVariable(
        "@incident.key",
        "token",
        None,
        "Key of the incident: its Error, Reminder and Ok alerts share it, so a receiver can match them.",
        "ba8ffcb7-5de0-489e-b649-f00f0b447e80-0-30099055746",
    ),
    SystemVariable(
        "@monitor.dashboardUrl",
        "url",
        None,
        "Link to the monitor's dashboard.",
        "https://app.uptrends.com/Probe/Dashboard?probeGuids=fe1ad4a2-57c1-49db-af16-ff3a6beaa8d4",
    ),
    SystemVariable(
        "@monitor.editUrl",
        "url",
        None,
        "Link to the monitor's settings.",
        "https://app.uptrends.com/Report/Probe?probeGuid=fe1ad4a2-57c1-49db-af16-ff3a6beaa8d4",
    ),
    SystemVariable("@monitor.monitorGuid", "token", None, "Id of the monitor.", "849b2046-213d-43ad-9efc-5af1faaeb222"),
    SystemVariable("@monitor.name", "text", None, "Title of the monitor.", "GalacticResorts.com - DNS"),
    SystemVariable(
        "@monitor.notes",
        "text",
        _OPTIONAL,
        "Free notes on the monitor.",
        "Please check Amazon Route53 DNS entries",
    ),
    SystemVariable(
        "@monitor.type",
        "token",
        None,
        "Type of the monitor, such as `Https` or `Transaction`.",
        "Transaction",
    ),
    SystemVariable("@monitor.url", "url", None, "Address that is checked.", "https://galacticresorts.com"),
)

SYSTEM_VARIABLES: Mapping[str, SystemVariable] = MappingProxyType({each.name: each for each in _ALL})
"""Every system variable by its name, with the `@`. `@CustomField` and `@VaultItem` stand beside them."""
