"""Whether the dispatcher is ready: it knows what became of the last write."""

import re
import sqlite3

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError, IntegrityError, SQLAlchemyError
from tests.dispatcher.conftest import RunningDispatcher
from tests.dispatcher.fake_clock import START

from tocsin_dispatcher.store.audit import write_audit
from tocsin_dispatcher.store.database.database import Database, reason


async def fail_to_write(running_dispatcher: RunningDispatcher) -> None:
    """Write where nothing may be written: as on a full disk, for one transaction."""
    with pytest.raises(SQLAlchemyError):
        await write_nowhere(running_dispatcher.dispatcher.database)


async def write_nowhere(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(text("SET TRANSACTION READ ONLY" if database.shared else "PRAGMA query_only = ON"))
        try:
            await write_audit(connection, START, "someone", "something", {})
        finally:
            if not database.shared:
                await connection.execute(text("PRAGMA query_only = OFF"))


async def write(database: Database) -> None:
    async with database.write() as connection:
        await write_audit(connection, START, "someone", "something", {})


async def ready(running_dispatcher: RunningDispatcher) -> tuple[int, list[str]]:
    answer = await running_dispatcher.client.get("/readyz")
    return answer.status_code, answer.json()["reasons"]


async def failures(running_dispatcher: RunningDispatcher) -> float:
    metrics = (await running_dispatcher.client.get("/metrics")).text
    found = re.search(r"^tocsin_database_writes_failed_total (\S+)$", metrics, re.MULTILINE)
    assert found is not None
    return float(found[1])


async def test_it_is_not_ready_while_nothing_can_be_written_and_again_once_it_can(
    running_dispatcher: RunningDispatcher,
) -> None:
    assert await ready(running_dispatcher) == (200, [])
    await fail_to_write(running_dispatcher)
    status, (reason,) = await ready(running_dispatcher)
    assert status == 503
    assert re.match(r"the database can't be written: .*read-?only", reason)
    assert await failures(running_dispatcher) == 1
    async with running_dispatcher.dispatcher.database.write():
        pass  # what changes nothing says nothing
    assert (await ready(running_dispatcher))[0] == 503
    await write(running_dispatcher.dispatcher.database)
    assert await ready(running_dispatcher) == (200, [])
    assert await failures(running_dispatcher) == 1


async def test_it_finds_out_by_itself_that_it_can_write_again(running_dispatcher: RunningDispatcher) -> None:
    await fail_to_write(running_dispatcher)
    assert (await ready(running_dispatcher))[0] == 503
    await running_dispatcher.pass_time(seconds=4)
    for _ in range(100):
        if (await ready(running_dispatcher))[0] == 200:
            break
        await running_dispatcher.dispatcher.wait_idle()
    assert await ready(running_dispatcher) == (200, [])


async def test_what_was_wrong_with_a_request_is_no_fault_of_the_database(running_dispatcher: RunningDispatcher) -> None:
    with pytest.raises(IntegrityError):
        async with running_dispatcher.dispatcher.database.write() as connection:
            await connection.execute(text("INSERT INTO alembic_version VALUES (NULL)"))
    assert await ready(running_dispatcher) == (200, [])


def malformed() -> DatabaseError:
    error = sqlite3.DatabaseError("database disk image is malformed")
    error.sqlite_errorname = "SQLITE_CORRUPT"
    return DatabaseError("", None, error)


async def test_a_damaged_page_counts_until_something_real_is_written(running_dispatcher: RunningDispatcher) -> None:
    database = running_dispatcher.dispatcher.database
    if database.shared:  # has pages of its own
        return
    database.writes.fail(malformed())
    await running_dispatcher.pass_time(seconds=4)
    assert (await ready(running_dispatcher))[0] == 503
    await write(database)
    assert await ready(running_dispatcher) == (200, [])


def test_a_damaged_file_is_told_with_what_to_do() -> None:
    told = reason(malformed())
    assert told.startswith(
        "database disk image is malformed; its file is damaged: stop the dispatcher and restore a backup"
    )
    assert "`tocsin-dispatcher restore FILE`" in told
