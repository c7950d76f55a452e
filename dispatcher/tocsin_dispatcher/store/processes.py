"""The processes that serve or work on a database: each says again and again that it lives."""

import os
import platform
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.store.database.rows import upsert
from tocsin_dispatcher.store.database.tables import process

LIFE = timedelta(seconds=10)
"""How long a process counts as living after it has said so. Machines' clocks must agree better than that."""
RENEW_EVERY = timedelta(seconds=3)
REMEMBERED = timedelta(hours=1)


async def say_alive(connection: AsyncConnection, process_id: str, now: datetime) -> None:
    """Write down that a process lives; forgets those that have been gone for long."""
    name = f"{platform.node()}:{os.getpid()}"[:200]
    await upsert(connection, process, [{"id": process_id, "name": name, "lives_until": now + LIFE}])
    await connection.execute(delete(process).where(process.c.lives_until < now - REMEMBERED))


async def say_gone(connection: AsyncConnection, process_id: str) -> None:
    """Write down that a process has ended."""
    await connection.execute(delete(process).where(process.c.id == process_id))


async def living(connection: AsyncConnection, now: datetime) -> list[str]:
    """Return the names of the processes that live."""
    query = select(process.c.name).where(process.c.lives_until > now).order_by(process.c.name)
    return list(await connection.scalars(query))
