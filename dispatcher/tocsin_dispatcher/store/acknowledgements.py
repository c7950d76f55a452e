"""Acknowledgements: somebody sees to an incident, so its reminders are not sent any more."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.store.database.tables import acknowledgement, delivery, incident
from tocsin_dispatcher.store.skips import skip_acknowledged
from tocsin_schema.api.incidents import AcknowledgementShown


async def acknowledge(connection: AsyncConnection, incident_key: str, *, by: str, note: str, now: datetime) -> bool:
    """Write an acknowledgement down, and stop the incident's reminders.

    Raises LookupError without such an incident. False: it is over, and nothing was written.
    """
    query = select(incident.c.state).where(incident.c.key == incident_key).with_for_update(read=True)
    state = await connection.scalar(query)
    if state is None:
        raise LookupError(incident_key)
    if state != "open":
        return False
    row = {"incident_key": incident_key, "at": now, "by": by, "note": note}
    await connection.execute(insert(acknowledgement), [row])
    await skip_acknowledged(connection, delivery.c.incident_key == incident_key, now)
    return True


async def acknowledgements(
    connection: AsyncConnection, incident_keys: Collection[str]
) -> dict[str, list[AcknowledgementShown]]:
    """Return the acknowledgements of incidents by key, oldest first."""
    columns = (acknowledgement.c.incident_key, *(acknowledgement.c[name] for name in ("at", "by", "note")))
    query = select(*columns).where(acknowledgement.c.incident_key.in_(incident_keys)).order_by(acknowledgement.c.number)
    found: dict[str, list[AcknowledgementShown]] = {key: [] for key in incident_keys}
    for key, at, by, note in await connection.execute(query) if incident_keys else ():
        found[key].append(AcknowledgementShown(at=at, by=by, note=note))
    return found
