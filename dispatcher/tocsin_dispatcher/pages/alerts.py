"""What is wrong now, every alert so far, and one alert with all that was sent for it."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from tocsin_dispatcher.api.auth import Dispatching
from tocsin_dispatcher.pages.rendering import no_such, page
from tocsin_dispatcher.pages.session import OperatingVisitor, Visitor
from tocsin_dispatcher.service import operations
from tocsin_dispatcher.store import listing
from tocsin_dispatcher.store.silences import silences

router = APIRouter()

SHOWN = 200
"""Rows of a list at the most."""


@router.get("/")
async def current_page(request: Request, dispatcher: Dispatching, visitor: Visitor) -> Response:
    """Show the open incidents, and whom each has alerted."""
    async with dispatcher.database.read() as connection:
        incidents = await listing.incidents(connection, SHOWN, state="open")
        alerts = await listing.alerts_of(connection, [each.key for each in incidents])
        unfinished, open_ones = await listing.counts(connection)
        in_force = await silences(connection, dispatcher.clock.now(), SHOWN, state="active")
    values = {
        "now": dispatcher.clock.now(),
        "incidents": [(each, alerts[each.key]) for each in incidents],
        "more": open_ones - len(incidents),
        "unfinished": unfinished,
        "silences": in_force,
    }
    return page(request, "current.html", visitor, values=values)


@router.get("/alerts")
async def alerts_page(
    request: Request, dispatcher: Dispatching, visitor: Visitor, monitor: str = "", type: str = ""
) -> Response:
    """Show the alert log, newest first."""
    async with dispatcher.database.read() as connection:
        alerts = await listing.alerts(connection, SHOWN, monitor=monitor or None, type=type or None)
        running = await dispatcher.definitions.at(connection)
    values = {
        "alerts": alerts,
        "shown": SHOWN,
        "monitor": monitor,
        "type": type,
        "monitors": sorted(running.monitors),
    }
    return page(request, "alerts.html", visitor, values=values)


@router.get("/alerts/{guid}")
async def alert_page(request: Request, guid: str, dispatcher: Dispatching, visitor: Visitor) -> Response:
    """Show an alert's details, and its messages: the request and response of every attempt."""
    async with dispatcher.database.read() as connection:
        alerts = await listing.alerts(connection, 1, guid=guid)
        if not alerts:
            return no_such(request, visitor, f"alert {guid}")
        sent = await listing.deliveries(connection, SHOWN, alert_guid=guid)
        details = [await listing.delivery_details(connection, each.id) for each in reversed(sent)]
    values = {"alert": alerts[0], "deliveries": [each for each in details if each is not None]}
    return page(request, "alert.html", visitor, values=values)


@router.post("/deliveries/{delivery_id}/resend")
async def resend(request: Request, delivery_id: str, dispatcher: Dispatching, visitor: OperatingVisitor) -> Response:
    """Send a finished delivery again, and show its alert."""
    async with dispatcher.database.read() as connection:
        delivery = await listing.delivery_details(connection, delivery_id)
    if delivery is None:
        return no_such(request, visitor, f"delivery {delivery_id}")
    await operations.resend(dispatcher, delivery_id, by=visitor.name)
    return RedirectResponse(f"/ui/alerts/{delivery.alert_guid}", 303)
