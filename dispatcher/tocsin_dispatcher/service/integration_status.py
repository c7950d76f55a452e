"""Every integration as people and tools look at it: what it is, and how its receiver fares."""

from tocsin_dispatcher.delivery.learnt_pace import Pace
from tocsin_dispatcher.service.lifecycle import Dispatcher
from tocsin_dispatcher.store.health import Health
from tocsin_dispatcher.store.integrations import Known, Limits, all_known, being_sent, waiting
from tocsin_schema.api.integrations import CircuitBreakerState, IntegrationShown


async def integrations_shown(dispatcher: Dispatcher) -> list[IntegrationShown]:
    """Return every integration that is defined, by name."""
    running = await dispatcher.running()
    async with dispatcher.database.read() as connection:
        known, unfinished = await all_known(connection), await waiting(connection)
        sending = await being_sent(connection)
    now = dispatcher.clock.now()
    shown = []
    for name, (definitions, integration) in sorted(running.integrations.items()):
        each = known.get(name, Known())
        health = each.health
        limits = integration.model_dump(mode="json", include=set(Limits.model_fields))
        shown.append(
            IntegrationShown(
                name=name,
                title=integration.title or name,
                project=definitions.project.name,
                active=integration.active,
                state=health.state,
                circuit_breaker=_circuit_breaker(health, tried=sending.get(name, 0) > 0),
                failures=health.failures,
                failing_since=health.failing_since if health.opened_at is not None else None,
                busy_since=health.busy_since,
                held_until=each.held_until if each.held_until is not None and each.held_until > now else None,
                pace=Pace.from_json(each.pace).rate,
                last_failure=list(health.last_failure),
                waiting=unfinished.get(name, 0),
                **limits,
            )
        )
    return shown


def _circuit_breaker(health: Health, *, tried: bool) -> CircuitBreakerState:
    if health.opened_at is None:
        return "closed"
    return "half_open" if tried else "open"
