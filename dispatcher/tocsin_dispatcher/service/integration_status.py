"""Every integration as people and tools look at it: what it is, and how its receiver fares."""

from tocsin_dispatcher.service.lifecycle import Dispatcher
from tocsin_dispatcher.store.integrations import Known, all_known, waiting
from tocsin_schema.api.integrations import IntegrationShown


async def integrations_shown(dispatcher: Dispatcher) -> list[IntegrationShown]:
    """Return every integration that is defined, by name."""
    running = await dispatcher.running()
    async with dispatcher.database.read() as connection:
        known, unfinished = await all_known(connection), await waiting(connection)
    shown = []
    for name, (definitions, integration) in sorted(running.integrations.items()):
        health = known.get(name, Known()).health
        limits = integration.model_dump(mode="json", include={"rate_limit", "max_in_flight", "pause_after"})
        shown.append(
            IntegrationShown(
                name=name,
                title=integration.title or name,
                project=definitions.project.name,
                active=integration.active,
                state=health.state,
                failures=health.failures,
                failing_since=health.failing_since if health.state != "ok" else None,
                paused_at=health.paused_at,
                last_failure=list(health.last_failure),
                waiting=unfinished.get(name, 0),
                **limits,
            )
        )
    return shown
