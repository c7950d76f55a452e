"""The database and its schema."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, Table, column, insert, select, text, update
from sqlalchemy import table as sqlalchemy_table
from sqlalchemy.exc import OperationalError
from tests.dispatcher.fake_clock import START
from tests.postgres import Server

from tocsin_dispatcher.delivery.expiry import give_up_old
from tocsin_dispatcher.delivery.jobs import JobWakes
from tocsin_dispatcher.errors import DatabaseError
from tocsin_dispatcher.store.audit import AuditFilter, deeds, write_audit
from tocsin_dispatcher.store.database.database import Database
from tocsin_dispatcher.store.database.postgres import driver_connection
from tocsin_dispatcher.store.database.queue_schema import steps_after
from tocsin_dispatcher.store.database.schema import SCHEMA, migrate, prepare
from tocsin_dispatcher.store.database.tables import audit, delivery, metadata, part_version
from tocsin_dispatcher.store.database.upgrading import MIGRATIONS

DROP_QUEUE = """
    DO $$ DECLARE each record; BEGIN
        FOR each IN SELECT oid::regclass AS name FROM pg_class WHERE relname LIKE 'procrastinate%' AND relkind = 'r'
            LOOP EXECUTE 'DROP TABLE ' || each.name || ' CASCADE'; END LOOP;
        FOR each IN SELECT oid::regprocedure AS name FROM pg_proc WHERE proname LIKE 'procrastinate%'
            LOOP EXECUTE 'DROP FUNCTION ' || each.name || ' CASCADE'; END LOOP;
        FOR each IN SELECT typname AS name FROM pg_type WHERE typname LIKE 'procrastinate%' AND typtype IN ('e', 'c')
            LOOP EXECUTE 'DROP TYPE ' || each.name || ' CASCADE'; END LOOP;
    END $$
"""


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """Return the URL of a file that isn't there yet."""
    return f"sqlite:///{tmp_path}/tocsin.db"


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Yield a database; on PostgreSQL it has its tables."""
    opened = Database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
async def empty(postgres: Server) -> AsyncIterator[Database]:
    """Yield a PostgreSQL database without any table."""
    with postgres.empty() as url:
        opened = Database(url)
        yield opened
        await opened.close()


async def test_the_migrations_make_exactly_the_tables_that_the_code_speaks_of(database: Database) -> None:
    await migrate(database)

    def differences(connection: Connection) -> list[object]:
        ours = {"include_object": lambda thing, name, *_: not str(name).startswith("procrastinate")}
        return list(compare_metadata(MigrationContext.configure(connection, opts=ours), metadata))

    async with database.read() as connection:
        assert await connection.run_sync(differences) == []


async def test_a_second_migration_changes_nothing(database: Database) -> None:
    assert await migrate(database) == await migrate(database)


async def test_a_message_that_has_waited_for_days_is_not_too_old_after_an_upgrade(
    tmp_path: Path, empty: Database
) -> None:
    old = datetime.now(UTC) - timedelta(days=3)
    for database in (Database(f"sqlite:///{tmp_path}/tocsin.db"), empty):
        async with database.write() as connection:
            await connection.run_sync(to_schema, "0007")
            await connection.run_sync(insert_rows, old)
            await connection.run_sync(to_schema, "0009")
            ended = await give_up_old(connection, datetime.now(UTC), datetime.now(UTC))
            due = select(delivery.c.id, delivery.c.due_at).where(delivery.c.state == "pending")
            assert ended == []
            assert (await connection.execute(due)).all() == [("waits", old)]
        await database.close()


async def test_what_an_older_version_wrote_to_the_audit_was_done(tmp_path: Path, empty: Database) -> None:
    old = datetime(2026, 3, 2, tzinfo=UTC)
    row = {"at": old, "by": "ci", "action": "push", "details": {}}
    for database in (Database(f"sqlite:///{tmp_path}/tocsin.db"), empty):
        async with database.write() as connection:
            await connection.run_sync(to_schema, "0009")
            await connection.execute(insert(audit).inline(), [row])
            await connection.run_sync(to_schema, "0010")
            (deed,) = await deeds(connection, AuditFilter(), 5)
            assert (deed.outcome, deed.ended_at, deed.result) == ("done", old, None)
        await database.close()


def to_schema(connection: Connection, wanted: str) -> None:
    """Bring the tables to a version of theirs."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, wanted)


def insert_rows(connection: Connection, at: datetime) -> None:
    """Insert a message that waits for a repetition hours away, one that is over, and what they speak of."""
    whole: dict[str, dict[str, object]] = {
        "document": {"digest": "d"},
        "incident": {"key": "i"},
        "alert": {"guid": "a", "incident_key": "i"},
        "delivery": {"alert_guid": "a", "incident_key": "i", "digest": "d", "last_failure": ["answered 503"]},
    }
    later = at + timedelta(days=4)
    for name, stated in whole.items():
        table = Table(name, MetaData(), autoload_with=connection)
        known = metadata.tables[name]
        row = {
            each.name: FILLERS[type(known.c[each.name].type).__name__](at)
            for each in table.columns
            if not each.nullable and each.name != "number"
        }
        ours = sqlalchemy_table(name, *(column(each.name, known.c[each.name].type) for each in table.columns))
        rows = [row | stated]
        if name == "delivery":
            waits, over = {"id": "waits", "state": "pending", "due_at": later}, {"id": "over", "state": "delivered"}
            rows = [row | stated | waits | {"finished_at": None}, row | stated | over | {"finished_at": at}]
        connection.execute(insert(ours), rows)


FILLERS: dict[str, Callable[[datetime], object]] = {
    "String": lambda at: "x",
    "Integer": lambda at: 0,
    "Boolean": lambda at: False,
    "Moment": lambda at: at,
    "Json": lambda at: {},
    "OwnJson": lambda at: {},
}
"""What a column holds of which a test says nothing."""


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


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (
            "sqlite://tmp/tocsin.db",
            "'sqlite://tmp/tocsin.db' names no file: expected sqlite:///FILE, with four slashes",
        ),
        (
            "/var/lib/tocsin.db",
            "'/var/lib/tocsin.db' is not a database URL: did you mean sqlite:////var/lib/tocsin.db?",
        ),
        ("mysql://db/tocsin", "mysql databases are not supported by this version: expected sqlite:///FILE or"),
        ("postgresql://tocsin:secret@db:port/x", "this is not a database URL: expected sqlite:///FILE or"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_with_what_is_expected(url: str, message: str) -> None:
    with pytest.raises(DatabaseError) as refused:
        Database(url)
    assert str(refused.value).startswith(message)


async def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("what I meant to do\n")
    opened = Database(f"sqlite:///{file}")
    with pytest.raises(
        DatabaseError, match=f"the database {file} can't be used: file is not a database; choose another"
    ):
        await migrate(opened)
    await opened.close()
    assert file.read_text() == "what I meant to do\n"


async def test_a_file_that_an_older_version_serves_is_not_changed_under_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/tocsin.db"
    served, looked_into = Database(url), Database(url)
    await migrate(served)
    async with served.write() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    with served.alone(), pytest.raises(DatabaseError, match="another tocsin-dispatcher serves this database"):
        await prepare(looked_into)
    async with served.read() as connection:
        assert await connection.scalar(text("SELECT version_num FROM alembic_version")) == "0001"
    for each in (served, looked_into):
        await each.close()


def test_a_file_that_cannot_be_opened_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(
        DatabaseError, match=f"the database {tmp_path} can't be used: it is no regular file; choose another one"
    ):
        Database(f"sqlite:///{tmp_path}")


async def test_a_file_that_cannot_be_written_is_named_with_what_to_do(tmp_path: Path) -> None:
    opened = Database(f"sqlite:///{tmp_path}/tocsin.db")
    await migrate(opened)
    await opened.close()
    read_only = Database(f"sqlite:///{tmp_path}/tocsin.db")
    with pytest.raises(OperationalError) as refused:  # noqa: PT012  # both belong to it
        async with read_only.write() as connection:
            await connection.execute(text("PRAGMA query_only = ON"))
            await connection.execute(text("DELETE FROM token"))
    await read_only.close()
    told = str(read_only.unusable(refused.value))
    assert told.startswith(f"the database {tmp_path}/tocsin.db can't be used: attempt to write a readonly database; ")
    assert told.endswith("the user who runs this must be able to write the file and its folder")


async def test_a_server_that_is_away_is_told_of_with_what_to_do_and_without_the_password() -> None:
    opened = Database("postgresql://tocsin:secret@127.0.0.1:1/tocsin")
    with pytest.raises(DatabaseError, match="is --database right, and does PostgreSQL run there") as refused:
        await prepare(opened)
    await opened.close()
    assert "Connection refused" in str(refused.value)
    assert "secret" not in str(refused.value)


async def test_a_user_who_may_not_make_tables_is_told_what_it_takes(empty: Database) -> None:
    async with empty.write() as connection:
        await connection.execute(text("REVOKE CREATE ON SCHEMA public FROM PUBLIC"))
        await connection.execute(text("CREATE ROLE stranger LOGIN"))
    stranger = Database(empty.url.set(username="stranger").render_as_string(hide_password=False))
    try:
        with pytest.raises(DatabaseError, match="permission denied for schema public; the user that --database names"):
            await migrate(stranger)
    finally:
        await stranger.close()
        async with empty.write() as connection:
            await connection.execute(text("DROP ROLE stranger"))


async def test_an_accepted_write_is_on_the_disk_when_it_returns(database: Database) -> None:
    if database.shared:  # the server's own settings say so
        async with database.read() as connection:
            assert await connection.scalar(text("SHOW synchronous_commit")) == "on"
        return
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


async def test_a_new_file_belongs_to_the_owner_of_its_folder_and_to_nobody_else(tmp_path: Path) -> None:
    if os.geteuid() == 0:  # as when an operator's command runs before the service has
        os.chown(tmp_path, 12345, 12346)
    opened = Database(f"sqlite:///{tmp_path}/tocsin.db")
    try:
        with opened.alone():
            await migrate(opened)
            owners = owners_in(tmp_path)
    finally:
        await opened.close()

    assert {"tocsin.db", "tocsin.db.marker"} <= set(owners)
    assert set(owners.values()) == {(owners_in(tmp_path.parent)[tmp_path.name][0], 0o600)}


def owners_in(folder: Path) -> dict[str, tuple[int, int]]:
    """Return the owner and the permissions of each file and folder in a folder."""
    each = {path.name: path.stat() for path in folder.iterdir()}
    return {name: (stat.st_uid, stat.st_mode & 0o777) for name, stat in each.items()}


async def test_a_shared_database_is_used_once_migrate_has_made_its_tables(empty: Database) -> None:
    with pytest.raises(DatabaseError, match=r"has no tables yet, .*: run tocsin-dispatcher migrate"):
        await prepare(empty)
    await migrate(empty)
    await prepare(empty)


@pytest.mark.parametrize(
    ("present", "refusal"),
    [
        ("0001", r"has schema 0001, and this version needs .*: run tocsin-dispatcher migrate"),
        ("9999", "a newer version"),
    ],
)
async def test_a_shared_database_of_another_version_is_refused(empty: Database, present: str, refusal: str) -> None:
    await migrate(empty)
    async with empty.write() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = :present"), {"present": present})
    with pytest.raises(DatabaseError, match=refusal):
        await prepare(empty)


async def test_migrations_at_once_do_their_work_once(empty: Database) -> None:
    assert await asyncio.gather(*(migrate(empty) for _ in range(3))) == [SCHEMA] * 3


async def test_the_tables_of_an_older_queue_are_brought_up_to_date(empty: Database) -> None:
    older = [step for step in steps_after("0.0") if step not in steps_after("3.1.9")]
    assert len(older) > 10
    await migrate(empty)
    async with empty.write() as connection:
        driver = await driver_connection(connection)
        await driver.execute(DROP_QUEUE.encode())
        for step in older:
            await driver.execute(step.read_bytes())
        await connection.execute(update(part_version).values(version="3.1.9"))
    with pytest.raises(DatabaseError, match="run tocsin-dispatcher migrate"):
        await prepare(empty)
    await migrate(empty)
    await prepare(empty)
    async with empty.write() as connection:
        assert await JobWakes(empty).announce(connection, {"pager"}) == frozenset()
        assert await JobWakes(empty).announce(connection, {"pager"}) == {"pager"}


def test_no_newer_tables_of_the_queue_are_expected_than_it_brings() -> None:
    assert steps_after(version("procrastinate")) == []


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("nonsense", "'nonsense' is not a database URL: expected sqlite:///FILE"),
        ("postgresql://me:secret@:port/x", "this is not a database URL: expected sqlite:///FILE"),
        ("mysql://localhost/x", "mysql databases are not supported"),
        ("sqlite://", "the database must be a file"),
        ("sqlite:////no/such/folder/x.db", "the folder /no/such/folder of the database doesn't exist"),
    ],
)
def test_a_database_that_cannot_be_is_refused_with_what_is_expected(url: str, message: str) -> None:
    with pytest.raises(DatabaseError) as refusal:
        Database(url)
    assert message in str(refusal.value)
    assert "secret" not in str(refusal.value)
