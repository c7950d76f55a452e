"""Looking at incidents, alerts and deliveries; sending a delivery again."""

from typing import Annotated, Literal

from fastapi import Query

from tocsin_dispatcher.api.auth import Dispatching, Operator, Reader
from tocsin_dispatcher.api.errors import ApiError, responses
from tocsin_dispatcher.api.paging import Before, Limit, next_page
from tocsin_dispatcher.api.query import Moment
from tocsin_dispatcher.api.scoped_route import scoped_router
from tocsin_dispatcher.service.lifecycle import Dispatcher
from tocsin_dispatcher.service.operations import acknowledge_incident, resend
from tocsin_dispatcher.store import listing
from tocsin_dispatcher.store.attempts import AttemptFilter, attempts
from tocsin_dispatcher.store.paging import Span
from tocsin_schema.api.alerts import AlertsAnswer, AlertType
from tocsin_schema.api.attempts import AttemptsAnswer
from tocsin_schema.api.deliveries import DeliveriesAnswer, DeliveryDetails, DeliveryState, ResendAnswer
from tocsin_schema.api.incidents import Acknowledged, IncidentsAnswer, IncidentShown, IncidentState
from tocsin_schema.text.suggest import cut, did_you_mean

MOST_NAMED = 3
"""Open incidents that a refusal names."""
MOST_COMPARED = 1000
LONGEST_KEY = 200

router = scoped_router("incidents")

Filter = Annotated[str | None, Query(max_length=200)]


@router.get("/incidents", responses=responses())
async def get_incidents(
    *,
    dispatcher: Dispatching,
    caller: Reader,
    limit: Limit = 50,
    monitor: Filter = None,
    incident: Filter = None,
    state: IncidentState | None = None,
    since: Moment = None,
    until: Moment = None,
    before: Before = None,
) -> IncidentsAnswer:
    """Return incidents, newest first."""
    async with dispatcher.database.read() as connection:
        found = await listing.incidents(
            connection, limit + 1, Span(since, until, before), monitor=monitor, key=incident, state=state
        )
    return IncidentsAnswer(incidents=found[:limit], next=next_page([each.number for each in found], limit))


@router.post("/incidents/{key:path}/acknowledge", responses=responses(400, 404, 409, 413))
async def acknowledge(
    key: str, dispatcher: Dispatching, caller: Operator, asked: Acknowledged | None = None
) -> IncidentShown:
    """Say that somebody sees to an incident: its reminders stop, later levels still alert."""
    try:
        shown = await acknowledge_incident(dispatcher, key, by=caller.name, note=(asked.note if asked else None) or "")
    except LookupError:
        raise ApiError(404, "not_found", await _no_incident(dispatcher, key)) from None
    if shown is None:
        raise ApiError(409, "over", f"the incident {key} is over: there is nothing to acknowledge")
    return shown


@router.get("/alerts", responses=responses())
async def get_alerts(
    *,
    dispatcher: Dispatching,
    caller: Reader,
    limit: Limit = 50,
    monitor: Filter = None,
    incident: Filter = None,
    type: AlertType | None = None,  # the name of the parameter
    since: Moment = None,
    until: Moment = None,
    before: Before = None,
) -> AlertsAnswer:
    """Return alerts with the values that their messages are rendered from, newest first."""
    async with dispatcher.database.read() as connection:
        found = await listing.alerts(
            connection, limit + 1, Span(since, until, before), monitor=monitor, incident_key=incident, type=type
        )
    return AlertsAnswer(alerts=found[:limit], next=next_page([each.number for each in found], limit))


@router.get("/deliveries", responses=responses())
async def get_deliveries(
    *,
    dispatcher: Dispatching,
    caller: Reader,
    limit: Limit = 50,
    monitor: Filter = None,
    incident: Filter = None,
    integration: Filter = None,
    alert: Annotated[str | None, Query(max_length=36, description="guid of an alert")] = None,
    state: DeliveryState | None = None,
    since: Moment = None,
    until: Moment = None,
    before: Before = None,
) -> DeliveriesAnswer:
    """Return deliveries, newest first."""
    async with dispatcher.database.read() as connection:
        found = await listing.deliveries(
            connection,
            limit + 1,
            Span(since, until, before),
            monitor=monitor,
            incident_key=incident,
            integration=integration,
            alert_guid=alert,
            state=state,
        )
    return DeliveriesAnswer(deliveries=found[:limit], next=next_page([each.number for each in found], limit))


@router.get("/attempts", responses=responses())
async def get_attempts(
    *,
    dispatcher: Dispatching,
    caller: Reader,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    incident: Filter = None,
    monitor: Filter = None,
    integration: Filter = None,
    delivery: Filter = None,
    outcome: Literal["succeeded", "failed"] | None = None,
    since: Moment = None,
    until: Moment = None,
    before: Before = None,
) -> AttemptsAnswer:
    """Return the requests that were made, each with its response, newest first; secrets masked."""
    succeeded = None if outcome is None else outcome == "succeeded"
    wanted = AttemptFilter(incident, monitor, integration, delivery, succeeded)
    async with dispatcher.database.read() as connection:
        found = await attempts(connection, wanted, Span(since, until, before), limit + 1)
    return AttemptsAnswer(attempts=found[:limit], next=next_page([each.number for each in found], limit))


@router.get("/deliveries/{delivery_id}", responses=responses(404))
async def get_delivery(delivery_id: str, dispatcher: Dispatching, caller: Reader) -> DeliveryDetails:
    """Return one delivery with the request and response of every attempt, secrets masked."""
    async with dispatcher.database.read() as connection:
        found = await listing.delivery_details(connection, delivery_id)
    if found is None:
        raise _no_delivery(delivery_id)
    return found


@router.post("/deliveries/{delivery_id}/resend", status_code=202, responses=responses(404, 409))
async def resend_delivery(delivery_id: str, dispatcher: Dispatching, caller: Operator) -> ResendAnswer:
    """Send a delivery now: a finished one once more, the same content under the same id; one that waits at once."""
    try:
        done = await resend(dispatcher, delivery_id, by=caller.name)
    except LookupError:
        raise _no_delivery(delivery_id) from None
    if not done:
        raise ApiError(409, "unfinished", f"the delivery {delivery_id} is being sent at this moment")
    return ResendAnswer(id=delivery_id, state="pending")


async def _no_incident(dispatcher: Dispatcher, key: str) -> str:
    """Say which open incident was meant: a key is long, and seldom typed right."""
    async with dispatcher.database.read() as connection:
        found = await listing.incidents(connection, MOST_COMPARED, state="open")
    names = ", ".join(f"{each.key} ({each.monitor})" for each in found[:MOST_NAMED])
    listed = (
        f"open are {names}" if len(found) <= MOST_NAMED else "`tocsin-dispatcher incidents` lists those that are open"
    )
    hint = did_you_mean(key, [each.key for each in found], otherwise=listed if found else "none is open")
    return f"there is no incident {cut(key, LONGEST_KEY)}: {hint}"


def _no_delivery(delivery_id: str) -> ApiError:
    return ApiError(404, "not_found", f"there is no delivery {delivery_id}")
