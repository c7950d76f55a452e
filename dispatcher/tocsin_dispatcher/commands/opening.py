"""Opening the database that a command names."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from tocsin_dispatcher.commands.options import settings_of

if TYPE_CHECKING:
    from tocsin_dispatcher.store.database.database import Database

Result = TypeVar("Result")


def with_database(
    url: str | None, work: Callable[["Database"], Awaitable[Result]], *, new: bool | None = None, prepared: bool = True
) -> Result:
    """Open the database, have work done on it and close it.

    `new`: whether a file that isn't there is made; None: if none was served there before. `prepared`: whether the tables must be this version's. Raises
    DatabaseError where it can't be used.
    """
    from sqlalchemy.exc import DBAPIError

    from tocsin_dispatcher.store.database.database import Database
    from tocsin_dispatcher.store.database.schema import prepare

    settings = settings_of(database=url)

    async def run() -> Result:
        database = Database(settings.database, new=new)
        try:
            if prepared:
                await prepare(database)
            return await work(database)
        except DBAPIError as error:
            raise database.unusable(error) from None
        finally:
            await database.close()

    return asyncio.run(run())
