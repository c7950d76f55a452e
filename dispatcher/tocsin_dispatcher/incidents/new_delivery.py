"""A new message on its way to an integration, with all that it is rendered from frozen in it."""

import secrets
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

    id: str
    """Of `incidents.delivery_ids`."""
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
    return {
        "id": new.id,
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
        "seed": secrets.token_hex(16),
        **AFRESH,
        "resent": False,
        "due_at": now,
        "created_at": now,
        "begun_at": now,
        "about": new.about,
    }
