"""Incidents, and one of them as a timeline."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from tocsin_dispatcher.api.auth import Caller, Dispatching
from tocsin_dispatcher.pages.rendering import no_such, page
from tocsin_dispatcher.pages.session import OperatingVisitor, Visitor
from tocsin_dispatcher.service.operations import acknowledge_incident
from tocsin_dispatcher.store import listing
from tocsin_schema.api.alerts import AlertShown
from tocsin_schema.api.deliveries import DeliveryShown
from tocsin_schema.api.incidents import Acknowledged, IncidentShown

router = APIRouter()

SHOWN = 200
"""Incidents of the list at the most."""
MOST = 1000
"""Alerts and deliveries of one incident at the most."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One point of a timeline."""

    at: datetime
    what: Literal["began", "alert", "acknowledged", "ended"]
    text: str
    alert: AlertShown | None = None
    deliveries: tuple[DeliveryShown, ...] = ()


@router.get("/incidents")
async def incidents_page(
    request: Request, dispatcher: Dispatching, visitor: Visitor, monitor: str = "", state: str = ""
) -> Response:
    """Show incidents, newest first."""
    async with dispatcher.database.read() as connection:
        found = await listing.incidents(connection, SHOWN, monitor=monitor or None, state=state or None)
        running = await dispatcher.definitions.at(connection)
    values = {
        "incidents": found,
        "shown": SHOWN,
        "monitor": monitor,
        "state": state,
        "monitors": sorted(running.monitors),
        "now": dispatcher.clock.now(),
    }
    return page(request, "incidents.html", visitor, values=values)


@router.get("/incidents/{key:path}")
async def incident_page(request: Request, key: str, dispatcher: Dispatching, visitor: Visitor) -> Response:
    """Show an incident from its first error to its end."""
    return await _incident_page(request, key, dispatcher, visitor)


@router.post("/incidents/{key:path}/acknowledge")
async def acknowledge(request: Request, key: str, dispatcher: Dispatching, visitor: OperatingVisitor) -> Response:
    """Acknowledge an incident, and show it."""
    note = (await request.form()).get("note")
    try:
        asked = Acknowledged(note=note.strip() or None if isinstance(note, str) else None)
        shown = await acknowledge_incident(dispatcher, key, by=visitor.name, note=asked.note or "")
    except ValidationError:
        return await _incident_page(request, key, dispatcher, visitor, message="the note must be one line")
    except LookupError:
        return no_such(request, visitor, f"incident {key}")
    if shown is None:
        message = "the incident is over: there is nothing to acknowledge"
        return await _incident_page(request, key, dispatcher, visitor, message=message)
    return RedirectResponse(f"/ui/incidents/{quote(key)}", 303)


async def _incident_page(
    request: Request, key: str, dispatcher: Dispatching, visitor: Caller, message: str = ""
) -> Response:
    async with dispatcher.database.read() as connection:
        found = await listing.incidents(connection, 1, key=key)
        if not found:
            return no_such(request, visitor, f"incident {key}")
        alerts = await listing.alerts(connection, MOST, incident_key=key)
        deliveries = await listing.deliveries(connection, MOST, incident_key=key)
    values = {
        "incident": found[0],
        "timeline": _timeline(found[0], alerts, deliveries),
        "now": dispatcher.clock.now(),
        "message": message,
    }
    return page(request, "incident.html", visitor, values=values)


def _timeline(incident: IncidentShown, alerts: list[AlertShown], deliveries: list[DeliveryShown]) -> list[Happening]:
    """Return what happened, oldest first."""
    happened = [Happening(incident.started_at, "began", str(incident.details.get("description") or "the first error"))]
    sent: dict[str, list[DeliveryShown]] = defaultdict(list)
    for delivery in reversed(deliveries):
        sent[delivery.alert_guid].append(delivery)
    for alert in reversed(alerts):
        text = f"level {alert.level} of {alert.alert}"
        happened.append(Happening(alert.time, "alert", text, alert, tuple(sent[alert.guid])))
    for each in incident.acknowledgements:
        happened.append(Happening(each.at, "acknowledged", f"by {each.by}" + (f": {each.note}" if each.note else "")))
    happened.sort(key=lambda each: each.at)  # what is of the same moment stays in order
    if incident.ended_at is not None:
        happened.append(Happening(incident.ended_at, "ended", str(incident.details.get("ended_by", ""))))
    return happened
