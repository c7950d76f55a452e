"""Many rows in one statement mean on both databases what they mean one by one."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from tests.dispatcher.fake_clock import START

from tocsin_dispatcher.store.database.database import Database
from tocsin_dispatcher.store.database.rows import Row, insert, insert_missing, update, upsert
from tocsin_dispatcher.store.database.schema import prepare
from tocsin_dispatcher.store.database.tables import audit, check_seen, monitor_state

MANY = 6_001
"""More than one statement for SQLite takes."""
ODD = "ü \" ' % ? \\ 🔔 $1 :x"


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Yield a database with its tables."""
    opened = Database(database_url)
    await prepare(opened)
    yield opened
    await opened.close()


def state(guid: str, monitor: str = "shop", owner: str = "me") -> Row:
    return {"monitor_guid": guid, "monitor": monitor, "owner": owner, "state": {"of": guid}}


async def states(database: Database) -> dict[str, str]:
    """Return each monitor's name by its guid."""
    async with database.read() as connection:
        found = await connection.execute(select(monitor_state.c.monitor_guid, monitor_state.c.monitor))
        return dict(found.all())


async def test_rows_are_numbered_in_their_order_and_hold_what_was_given(database: Database) -> None:
    details = [None, [1, 2**70, "a\0b", ODD], *range(MANY)]
    common = {"at": START, "by": ODD, "origin": None, "action": "x"}
    async with database.write() as connection:
        await insert(connection, audit, [{**common, "details": {"of": each}} for each in details])
    async with database.read() as connection:
        found = (await connection.execute(select(audit).order_by(audit.c.number))).mappings().all()
    assert [each["details"]["of"] for each in found] == details
    assert {(each["at"], each["by"], each["origin"]) for each in found} == {(START, ODD, None)}


async def test_rows_are_replaced_by_key_and_the_last_of_one_key_counts(database: Database) -> None:
    async with database.write() as connection:
        await upsert(connection, monitor_state, [state("a"), state("b")])
        await upsert(connection, monitor_state, [state("b", "first"), state("c"), state("b", "last")])
    assert await states(database) == {"a": "shop", "b": "last", "c": "shop"}


async def test_rows_that_are_there_stay_as_they_are(database: Database) -> None:
    async with database.write() as connection:
        await insert_missing(connection, monitor_state, [state("a", "old")])
        await insert_missing(connection, monitor_state, [state("a", "new"), state("b"), state("b")])
    assert await states(database) == {"a": "old", "b": "shop"}


async def test_a_change_reaches_only_the_rows_that_it_names_and_that_hold_what_it_expects(database: Database) -> None:
    async with database.write() as connection:
        await insert(connection, monitor_state, [state("a"), state("b", owner="other"), state("c")])
        changes = [{"monitor_guid": guid, "monitor": f"new-{guid}"} for guid in ("a", "b", "unknown")]
        await update(connection, monitor_state, changes, key="monitor_guid", only={"owner": "me"})
    assert await states(database) == {"a": "new-a", "b": "shop", "c": "shop"}


async def test_no_rows_are_no_statement(database: Database) -> None:
    async with database.write() as connection:
        for write in (insert, insert_missing, upsert):
            await write(connection, check_seen, [])
        await update(connection, check_seen, [], key="id")


async def test_of_rows_that_the_database_refuses_none_is_written(database: Database) -> None:
    with pytest.raises(DBAPIError):
        async with database.write() as connection:
            await insert(connection, monitor_state, [state("a"), state("b"), state("a")])
    assert await states(database) == {}


async def test_postgresql_refuses_a_text_that_is_too_long_instead_of_cutting_it(database: Database) -> None:
    async def write() -> None:
        async with database.write() as connection:
            await insert(connection, monitor_state, [state("a", "x" * 64)])

    if database.shared:
        with pytest.raises(DBAPIError, match="too long"):
            await write()
    else:
        await write()
        assert await states(database) == {"a": "x" * 64}
