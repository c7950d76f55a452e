"""The worker of the queue on PostgreSQL: it leaves nothing running behind."""

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from sqlalchemy import select

from tocsin_dispatcher.delivery.jobs import JobWorker
from tocsin_dispatcher.store.database.database import Database

if TYPE_CHECKING:
    from tests.postgres import Server


@pytest.fixture
def url(postgres: "Server") -> Iterator[str]:
    """The URL of a PostgreSQL database with empty tables."""
    with postgres.database() as url:
        yield url


def tasks_of_pools() -> list[str]:
    return [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("pool-")]


async def test_a_stop_while_the_queue_connects_leaves_no_task_behind(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    connecting, released = asyncio.Event(), asyncio.Event()
    connect = psycopg.AsyncConnection.connect

    async def slowly(*arguments: Any, **options: Any) -> Any:
        """Connect once the test lets it."""
        connecting.set()
        await released.wait()
        return await connect(*arguments, **options)

    database = Database(url)
    async with database.read() as connection:
        await connection.execute(select(1))  # the worker asks on this connection, before it opens its own
    monkeypatch.setattr(psycopg.AsyncConnection, "connect", slowly)
    worker = JobWorker(database, lambda integrations: None)
    worker.start()
    await connecting.wait()
    assert tasks_of_pools() != []
    stopping = asyncio.create_task(worker.stop())
    await asyncio.sleep(0)
    released.set()
    await stopping
    assert tasks_of_pools() == []
    await database.close()
