"""A new message on its way to an integration, with all that it is rendered from frozen in it."""

import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tocsin_dispatcher.incidents.definitions import RunningDefinitions
from tocsin_dispatcher.store.database.rows import Row
from tocsin_dispatcher.store.deliveries import AFRESH
from tocsin_dispatcher.store.problems.about import About
from tocsin_schema.models import MessageType, Project


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """What makes one message another than the next."""

    alert_guid: str
    incident_key: str
    """Messages of one incident go to an integration one after the other."""
    project: Project
    integration: str
    type: MessageType
    alert: str
    level: int
    variables: Mapping[str, str] = field(default_factory=dict)
    """What the level gives."""
    about: About | None = None
    """The undelivered message that it speaks of."""


def delivery_row(running: RunningDefinitions, new: NewDelivery, now: datetime) -> Row:
    """Return the row of a delivery that is due now; its integration must be running."""
    chance = secrets.token_bytes(26)
    return {
        "id": _delivery_id(now, chance[:10]),
        "alert_guid": new.alert_guid,
        "incident_key": new.incident_key,
        "owner": new.project.name,
        "integration": new.integration,
        "digest": running.digests[new.integration],
        "type": new.type,
        "alert": new.alert,
        "level": new.level,
        "variables": dict(new.variables),
        "culture": new.project.account.culture,
        "rendered_at": now,
        "seed": chance[10:].hex(),
        **AFRESH,
        "resent": False,
        "due_at": now,
        "created_at": now,
        "begun_at": now,
        "about": new.about,
    }


def _delivery_id(now: datetime, chance: bytes) -> str:
    """Return a UUIDv7 (RFC 9562) of 10 random bytes: in the order of time, so that indexes over it grow at their end."""
    number = int(now.timestamp() * 1000) << 80 | int.from_bytes(chance)
    return str(uuid.UUID(int=number & ~(0xF << 76 | 0b11 << 62) | 0x7 << 76 | 0b10 << 62))
