"""Whether the dispatcher lives and is ready, and what it counts."""

from fastapi import Response
from sqlalchemy.exc import SQLAlchemyError

from tocsin_dispatcher.api.auth import Dispatching, Reader
from tocsin_dispatcher.api.errors import responses
from tocsin_dispatcher.api.scoped_route import scoped_router
from tocsin_dispatcher.service.integration_status import integrations_shown
from tocsin_dispatcher.store.database.database import reason
from tocsin_dispatcher.store.lag import lateness
from tocsin_dispatcher.store.listing import counts
from tocsin_dispatcher.store.problems.listing import open_counts
from tocsin_dispatcher.store.silences import silences_in_force
from tocsin_schema.api.health import Health
from tocsin_schema.api.problems import PROBLEM_KINDS

router = scoped_router("health")


@router.get("/healthz")
async def healthz() -> Health:
    """Say that the process lives. Needs no token."""
    return Health(ok=True)


@router.get("/readyz", responses={503: {"model": Health, "description": "what keeps it from being ready"}})
async def readyz(dispatcher: Dispatching, response: Response) -> Health:
    """Say whether the database answers, took the last write, and every vault item has a value. Needs no token."""
    try:
        running = await dispatcher.running()
    except SQLAlchemyError as error:
        reasons = [f"the database can't be used: {reason(error)}"]
    else:
        items = {item for definitions in running.projects.values() for item in definitions.project.vault}
        items |= dispatcher.sender.routing.vault_items
        await dispatcher.vault.load(items)
        reasons = dispatcher.vault.missing(items)
        failure = dispatcher.database.writes.last_failure
        if failure is not None:
            reasons = [f"the database can't be written: {failure}", *reasons]
    if reasons:
        response.status_code = 503
    return Health(ok=not reasons, reasons=reasons)


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}, **responses()})
async def metrics(dispatcher: Dispatching, caller: Reader) -> Response:
    """Return the counters in Prometheus's text format."""
    async with dispatcher.database.read() as connection:
        unfinished, open_incidents = await counts(connection)
        overdue = await lateness(connection, dispatcher.clock.now())
        silenced = await silences_in_force(connection, dispatcher.clock.now())
        problems = await open_counts(connection)
    for kind in PROBLEM_KINDS:
        dispatcher.metrics.open_problems.labels(kind).set(problems.get(kind, 0))
    dispatcher.metrics.queue_age.set(overdue.messages)
    dispatcher.metrics.timers_overdue.set(overdue.timers)
    dispatcher.metrics.revision_info.clear()
    if overdue.revision is not None:
        dispatcher.metrics.revision_info.labels(*overdue.revision).set(1)
    dispatcher.metrics.pending.set(unfinished)
    dispatcher.metrics.open_incidents.set(open_incidents)
    dispatcher.metrics.active_silences.set(silenced)
    shown = await integrations_shown(dispatcher)
    for gauge, states in ((dispatcher.metrics.failing, {"down", "locked_out"}), (dispatcher.metrics.busy, {"busy"})):
        gauge.clear()
        for each in shown:
            gauge.labels(each.name).set(each.state in states)
    return Response(dispatcher.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")
