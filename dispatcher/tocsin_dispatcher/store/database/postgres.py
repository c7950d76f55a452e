"""PostgreSQL: any number of processes on any number of machines."""

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from tocsin_dispatcher.errors import DatabaseError

if TYPE_CHECKING:
    import psycopg

CONNECTIONS = 20
"""Connections of one process at the most; the queue's own come on top."""
WAIT_FOR_ONE = 10
"""Seconds that a transaction waits for one of them."""
SERVER_OPTIONS = "-c lock_timeout=10s -c idle_in_transaction_session_timeout=60s"
"""Nobody waits for a lock for ever, and a process that hangs in the middle of a transaction loses it."""
LIBPQ = {
    "connect_timeout": "5",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",  # milliseconds, in the middle of a transaction; the kernel's own is a quarter of an hour
}
"""How soon a server that is gone is noticed."""


def postgres_engine(url: URL) -> AsyncEngine:
    """Return the engine of `postgresql://...`; raises DatabaseError where its libraries are missing.

    It connects when it is first used.
    """
    if find_spec("psycopg") is None or find_spec("procrastinate") is None:
        raise DatabaseError("PostgreSQL needs more libraries: install tocsin[postgres]")
    return create_async_engine(
        url.set(drivername="postgresql+psycopg"),
        hide_parameters=True,
        connect_args=connect_arguments(url),
        pool_size=CONNECTIONS // 2,
        max_overflow=CONNECTIONS - CONNECTIONS // 2,
        pool_timeout=WAIT_FOR_ONE,
        pool_pre_ping=True,
    )


def connect_arguments(url: URL) -> dict[str, Any]:
    """Return what a connection is made with beside the URL, which wins."""
    wanted = {**LIBPQ, "application_name": "tocsin-dispatcher", "options": SERVER_OPTIONS}
    return {name: value for name, value in wanted.items() if name not in url.query}


def conninfo(url: URL) -> str:
    """Return the URL as libpq reads it."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


async def driver_connection(connection: AsyncConnection) -> "psycopg.AsyncConnection[Any]":
    """Return psycopg's own connection, in whose open transaction others may write."""
    import psycopg  # noqa: PLC0415  # an extra

    driver = (await connection.get_raw_connection()).driver_connection
    if not isinstance(driver, psycopg.AsyncConnection):
        raise TypeError(f"expected a connection of psycopg, not {type(driver)}")
    return driver
