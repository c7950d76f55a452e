"""The tables of the queue, procrastinate: made and upgraded with ours, by the SQL that it brings.

Which version they have is written down in `part_version`.
"""

from importlib.metadata import version
from pathlib import Path

from procrastinate.schema import SchemaManager
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.store.database.postgres import driver_connection
from tocsin_dispatcher.store.database.rows import upsert
from tocsin_dispatcher.store.database.tables import part_version

PART = "procrastinate"


async def migrate_queue(connection: AsyncConnection) -> None:
    """Bring the queue's tables to the version that is installed."""
    present = await _present(connection)
    if present is None:
        await _run(connection, SchemaManager.get_schema())
    else:
        for step in steps_after(present):
            await _run(connection, step.read_text("utf-8"))
    if present is None or steps_after(present):
        await upsert(connection, part_version, [{"part": PART, "version": version(PART)}])


async def queue_is_current(connection: AsyncConnection) -> bool:
    """Tell whether the queue's tables are there and lack no step of the version that is installed."""
    present = await _present(connection)
    return present is not None and not steps_after(present)


def steps_after(present: str) -> list[Path]:
    """Return procrastinate's migrations that came after its version `present`, in their order."""
    steps = sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))
    return [step for step in steps if _numbers(step.name.partition("_")[0]) > _numbers(present)]


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".")[:3] if part.isdigit())


async def _present(connection: AsyncConnection) -> str | None:
    found: str | None = await connection.scalar(select(part_version.c.version).where(part_version.c.part == PART))
    return found


async def _run(connection: AsyncConnection, statements: str) -> None:
    driver = await driver_connection(connection)
    await driver.execute(statements.encode())  # without parameters, so that it may be several statements
