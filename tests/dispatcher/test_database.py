"""The database and its schema."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert, select, text
from tests.dispatcher.fake_clock import START

from tocsin_dispatcher.errors import DatabaseError
from tocsin_dispatcher.store.audit import write_audit
from tocsin_dispatcher.store.database import Database
from tocsin_dispatcher.store.schema import SCHEMA, migrate
from tocsin_dispatcher.store.tables import audit, metadata
from tocsin_dispatcher.store.upgrading import MIGRATIONS


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """Give a database file."""
    opened = Database(f"sqlite:///{tmp_path}/tocsin.db")
    yield opened
    await opened.close()


async def test_the_migrations_make_exactly_the_tables_that_the_code_speaks_of(database: Database) -> None:
    await migrate(database)

    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    async with database.read() as connection:
        assert await connection.run_sync(differences) == []


async def test_a_second_migration_changes_nothing(database: Database) -> None:
    assert await migrate(database) == await migrate(database)


def test_this_versions_schema_is_the_newest_step() -> None:
    script = ScriptDirectory(str(MIGRATIONS))
    assert script.get_current_head() == SCHEMA


async def test_a_database_of_a_newer_version_is_refused_and_left_alone(database: Database) -> None:
    await migrate(database)
    async with database.write() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseError, match=r"schema 9999, which this version .* doesn't know"):
        await migrate(database)
    async with database.read() as connection:
        assert await connection.scalar(text("SELECT version_num FROM alembic_version")) == "9999"


async def test_an_accepted_write_is_on_the_disk_when_it_returns(database: Database) -> None:
    async with database.read() as connection:
        assert await connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert await connection.scalar(text("PRAGMA synchronous")) == 2
        assert await connection.scalar(text("PRAGMA foreign_keys")) == 1


async def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    await migrate(database)

    async def fail() -> None:
        async with database.write() as connection:
            await write_audit(connection, START, "someone", "something", {})
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        await fail()
    async with database.read() as connection:
        assert (await connection.execute(select(audit))).all() == []


async def test_moments_and_texts_come_back_as_they_were(database: Database) -> None:
    await migrate(database)
    moment = START.replace(microsecond=123456)
    row = {"at": moment, "by": "x", "action": "y", "details": {"text": "\0 \U0001f514 \n"}}
    async with database.write() as connection:
        await connection.execute(insert(audit), [row])
    async with database.read() as connection:
        kept = (await connection.execute(select(audit.c.at, audit.c.details))).one()
    assert tuple(kept) == (moment, row["details"])


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("nonsense", "'nonsense' is not a database URL: expected sqlite:///FILE"),
        ("mysql://localhost/x", "mysql databases are not supported"),
        ("sqlite://", "the database must be a file"),
        ("sqlite:////no/such/folder/x.db", "the folder /no/such/folder of the database doesn't exist"),
    ],
)
def test_a_database_that_cannot_be_is_refused_with_what_is_expected(url: str, message: str) -> None:
    with pytest.raises(DatabaseError) as refusal:
        Database(url)
    assert message in str(refusal.value)
