"""What transactions hold where several write at once: nothing on SQLite, whose transactions take turns.

The order is always: the definitions, then monitors by guid, so that nobody waits in a circle.
"""

from collections.abc import Callable, Collection

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.store.database.rows import Row, insert_missing
from tocsin_dispatcher.store.database.tables import monitor_state

DEFINITIONS = 0x70C510_01
SWEEP = 0x70C510_02
SCHEMA = 0x70C510_03
PROBLEMS = 0x70C510_04
"""Names of locks, in a number that no other program is likely to use."""


async def keep_definitions(connection: AsyncConnection) -> None:
    """Let no push come between until this transaction ends."""
    if _shared(connection):
        await connection.execute(select(func.pg_advisory_xact_lock_shared(DEFINITIONS)))


async def change_definitions(connection: AsyncConnection) -> None:
    """Let no other push, check or timer come between until this transaction ends."""
    if _shared(connection):
        await connection.execute(select(func.pg_advisory_xact_lock(DEFINITIONS)))


async def hold_monitors(connection: AsyncConnection, guids: Collection[str], new: Callable[[str], Row]) -> None:
    """Let nobody else move these monitors until this transaction ends.

    `new` gives the row of one that has none yet: it is written, and then held as the others are. First all that are
    new, then all, both by guid: whoever waits holds nothing that comes before.
    """
    if not _shared(connection) or not guids:
        return
    guid = monitor_state.c.monitor_guid
    known = set(await connection.scalars(select(guid).where(guid.in_(guids))))
    await insert_missing(connection, monitor_state, [new(each) for each in sorted(set(guids) - known)])
    await connection.execute(select(guid).where(guid.in_(guids)).order_by(guid).with_for_update())


async def hold_schema(connection: AsyncConnection) -> None:
    """Let nobody else change the tables until this transaction ends."""
    if _shared(connection):
        await connection.execute(select(func.pg_advisory_xact_lock(SCHEMA)))


async def may_sweep(connection: AsyncConnection) -> bool:
    """Tell whether nobody else sweeps; nobody else will until this transaction ends."""
    return not _shared(connection) or bool(await connection.scalar(select(func.pg_try_advisory_xact_lock(SWEEP))))


async def may_look_for_problems(connection: AsyncConnection) -> bool:
    """Tell whether nobody else looks for problems; nobody else will until this transaction ends."""
    return not _shared(connection) or bool(await connection.scalar(select(func.pg_try_advisory_xact_lock(PROBLEMS))))


def _shared(connection: AsyncConnection) -> bool:
    return connection.dialect.name == "postgresql"
