"""Whether a dispatcher could start on what a database holds, and send what waits there."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.incidents.definitions import read_running
from tocsin_dispatcher.store.database.tables import delivery, document
from tocsin_dispatcher.store.deliveries import UNFINISHED
from tocsin_dispatcher.store.moved_rows import MovingError
from tocsin_schema.models import Integration

ODD = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RecursionError)
"""What reading something that isn't what it should be can raise."""


async def check_memory(connection: AsyncConnection) -> None:
    """Read what a start reads; raises MovingError where it can't be read."""
    try:
        await read_running(connection)
    except ODD:
        raise MovingError("the file is damaged: the definitions in it can't be read; export again") from None
    waiting = select(document.c.content).join(delivery).where(delivery.c.state.in_(UNFINISHED)).distinct()
    for content in await connection.scalars(waiting):
        try:
            Integration.model_validate(content)
        except ODD:
            raise MovingError(
                "the file is damaged: an integration in it that messages wait for can't be read; export again"
            ) from None
