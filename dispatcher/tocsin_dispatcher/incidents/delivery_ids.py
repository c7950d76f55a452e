"""Ids of messages and problems, derived from what they are of: what is made again, as after a restore, bears them again.

Nothing of them is chance, and two messages never share one: alerts have ids of their own, reminders by their number.
"""

import hashlib
import uuid
from datetime import UTC, datetime, timedelta

from tocsin_schema.models.document import NAMESPACE

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = (1 << 48) - 1
"""Milliseconds since 1970 that an id has room for: until the year 10889."""


def delivery_id(alert_time: datetime, alert_guid: str, integration: str, attachment: int) -> str:
    """Return the id of an alert's message; `attachment`: which one of the integration on its level, from 0.

    Ids are in the order of time, so that indexes over them grow at their end.
    """
    milliseconds = (alert_time - EPOCH) // timedelta(milliseconds=1)
    return _derived(min(max(milliseconds, 0), LATEST), alert_guid, integration, str(attachment))


def notice_id(delivery: str, problem: str, alert_guid: str, integration: str, message_type: str, *, ends: bool) -> str:
    """Return the id of a message that tells of a problem with another one, `delivery`, or of its end."""
    parts = (problem, alert_guid, integration, message_type, "ends" if ends else "begins")
    return _derived(uuid.UUID(delivery).int >> 80, *parts)


def problem_id(delivery: str, subject: str, earlier: int) -> str:
    """Return the id of a problem: the message that it is of, what is wrong with, and how many it has had of that."""
    return str(uuid.uuid5(NAMESPACE, f"{delivery}/problem/{subject}/{earlier}"))


def _derived(milliseconds: int, *parts: str) -> str:
    """Return a UUIDv8 (RFC 9562, 5.8): 48 bits of time, as in a UUIDv7, and 74 bits of a SHA-256."""
    digest = hashlib.sha256("/".join(parts).encode()).digest()[:10]
    number = milliseconds << 80 | int.from_bytes(digest)
    return str(uuid.UUID(int=number & ~(0xF << 76 | 0b11 << 62) | 0x8 << 76 | 0b10 << 62))
