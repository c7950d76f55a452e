"""The limits of integrations, from the definitions that a push puts in force to where they are kept."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.running import Running
from tocsin_dispatcher.store.pacing import Limits
from tocsin_dispatcher.store.tables import integration_state
from tocsin_dispatcher.store.upsert import upsert
from tocsin_schema.models import Integration


async def set_limits(connection: AsyncConnection, running: Running, changed: Collection[str]) -> None:
    """Keep the limits of the integrations that changed. One that was deleted keeps its last ones.

    What of it is still on its way goes to the same receiver.
    """
    limits = {name: limits_of(running.integrations[name][1]) for name in changed if name in running.integrations}
    table = integration_state
    known = set(await connection.scalars(select(table.c.integration).where(table.c.integration.in_(limits))))
    rows = [
        {"integration": name, "limits": each.model_dump(mode="json", exclude_defaults=True)}
        for name, each in sorted(limits.items())
        if name in known or each != Limits()
    ]
    await upsert(connection, table, rows)


def limits_of(integration: Integration) -> Limits:
    """Give what a definition says of how fast its integration may send."""
    return Limits(rate_limit=integration.rate_limit, max_in_flight=integration.max_in_flight)
