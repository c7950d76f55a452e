"""The file of a SQLite database: still the one that is open, served once, and with no foreign `-wal` beside it."""

import fcntl
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from tests.dispatcher.database_files import beside, copied, killed, numbers, url

from tocsin_dispatcher.errors import DatabaseError
from tocsin_dispatcher.store.database.database import Database, MovedError
from tocsin_dispatcher.store.database.marker import Stamp, known_stamps, marker_of, stamp_in, write_marker
from tocsin_dispatcher.store.database.sqlite_file import saved_copies

SERVE = """
import sys
from tocsin_dispatcher.errors import DatabaseError
from tocsin_dispatcher.store.database.database import Database
try:
    with Database(sys.argv[1]).alone():
        pass
except DatabaseError as error:
    print(error)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a database with a row."""
    made = tmp_path / "tocsin.db"
    connection = sqlite3.connect(made, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE kept (number INTEGER)")
    connection.execute("CREATE TABLE other (number INTEGER)")
    connection.execute("CREATE INDEX kept_number ON kept (number)")
    connection.execute("INSERT INTO kept VALUES (1)")
    connection.close()
    return made


@pytest.fixture
async def database(file: Path) -> AsyncIterator[Database]:
    """Yield a database that is served."""
    opened = Database(url(file))
    with opened.alone():
        await opened.stamp()
        yield opened
    await opened.close()


def vacuumed(file: Path) -> Path:
    copy = file.with_name("copy.db")
    source = sqlite3.connect(file)
    source.execute("VACUUM INTO ?", (str(copy),))
    source.close()
    return copy


async def insert(database: Database, number: int) -> None:
    async with database.write() as connection:
        await connection.execute(text("INSERT INTO kept VALUES (:number)"), {"number": number})


def served_by_another(file: Path) -> str:
    """Return what a second process says that is to serve the file."""
    command = [sys.executable, "-c", SERVE, url(file)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def files_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def contents(file: Path) -> bytes:
    return file.read_bytes()


def delete(file: Path) -> None:
    file.unlink()


def move(file: Path) -> None:
    file.rename(beside(file, ".old"))


def replace(file: Path) -> None:
    copied(file).replace(file)


def write_over(file: Path) -> None:
    shutil.copyfile(copied(file), file)


def empty(file: Path) -> None:
    os.truncate(file, 0)


def write_over_with_something_else(file: Path) -> None:
    with file.open("r+b") as out:
        out.write(b"no database" * 10)


def delete_wal(file: Path) -> None:
    beside(file, "-wal").unlink()


def delete_shm(file: Path) -> None:
    beside(file, "-shm").unlink()


def replace_wal(file: Path) -> None:
    shutil.copy(beside(file, "-wal"), beside(file, "-other"))
    beside(file, "-other").replace(beside(file, "-wal"))


HARM = {
    delete: "was deleted or moved away",
    move: "was deleted or moved away",
    replace: "was replaced by another file",
    write_over: "was written over",
    empty: "was written over",
    write_over_with_something_else: "was written over",
    delete_wal: "has lost its -wal file",
    delete_shm: "has lost its -shm file",
    replace_wal: "has another -wal file beside it than its own",
}


@pytest.mark.parametrize(("harm", "told"), HARM.items(), ids=lambda each: getattr(each, "__name__", ""))
async def test_no_write_is_promised_once_the_file_is_another(
    file: Path, database: Database, harm: Callable[[Path], None], told: str
) -> None:
    await insert(database, 2)
    harm(file)
    with pytest.raises(MovedError, match=f"its file {told} while it was in use"):
        await insert(database, 3)
    with pytest.raises(MovedError, match=told):
        async with database.read():
            pass
    assert database.gone.is_set()
    assert database.writes.last_failure == f"its file {told} while it was in use"


async def test_a_write_under_way_as_the_file_goes_is_not_promised_either(file: Path, database: Database) -> None:
    with pytest.raises(MovedError):  # noqa: PT012  # all of it belongs to the write
        async with database.write() as connection:
            await connection.execute(text("INSERT INTO kept VALUES (2)"))
            delete(file)


async def test_what_was_lost_once_is_lost_though_the_file_comes_back(file: Path, database: Database) -> None:
    move(file)
    with pytest.raises(MovedError):
        await insert(database, 2)
    beside(file, ".old").rename(file)
    with pytest.raises(MovedError):
        await insert(database, 2)


async def test_a_file_that_is_moved_away_is_whole_and_the_one_in_its_place_is_as_it_was(
    file: Path, database: Database
) -> None:
    copy = copied(file)
    await insert(database, 2)
    move(file)
    copy.rename(file)
    with pytest.raises(MovedError):
        await insert(database, 3)
    await database.close()
    assert numbers(file) == [1]
    assert numbers(beside(file, ".old")) == [1, 2]


@pytest.mark.parametrize("harm", [delete, replace])
async def test_of_a_file_that_has_no_name_any_more_a_copy_is_saved(
    file: Path, database: Database, harm: Callable[[Path], None]
) -> None:
    await insert(database, 2)
    harm(file)
    with pytest.raises(MovedError):
        await insert(database, 3)
    await database.close()
    (saved,) = saved_copies(file)
    assert numbers(saved) == [1, 2]
    assert saved.stat().st_mode & 0o777 == 0o600
    told = str(database.lost())
    assert told.startswith(f"the database {file} was ")
    assert told.endswith(
        f" while it was served; what it held is in {saved}: `tocsin-dispatcher restore` brings it back"
    )


async def test_a_file_that_was_written_over_stays_as_it_was_written(file: Path, database: Database) -> None:
    await insert(database, 2)
    copy = copied(file)
    await insert(database, 3)
    shutil.copyfile(copy, file)
    written = contents(file)
    with pytest.raises(MovedError):
        await insert(database, 4)
    await database.close()
    assert contents(file) == written


@pytest.mark.parametrize("harm", [delete_wal, delete_shm])
async def test_what_was_written_is_kept_where_only_sqlites_own_files_are_gone(
    file: Path, database: Database, harm: Callable[[Path], None]
) -> None:
    await insert(database, 2)
    harm(file)
    with pytest.raises(MovedError):
        await insert(database, 3)
    await database.close()
    assert numbers(file) == [1, 2]


async def test_the_work_of_other_programs_does_no_harm(file: Path, database: Database) -> None:
    await insert(database, 2)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("INSERT INTO kept VALUES (3)")
    other.execute("CREATE TABLE more (number INTEGER)")
    other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    other.execute("VACUUM")
    other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    other.close()
    os.utime(file)
    await insert(database, 4)
    await database.stamp()
    await insert(database, 5)
    assert database.displaced is None
    assert numbers(file) == [1, 2, 3, 4, 5]


async def test_a_file_is_served_once_whatever_is_removed_beside_it(file: Path, database: Database) -> None:
    delete(marker_of(file))
    told = served_by_another(file)
    assert told.startswith("another tocsin-dispatcher serves this database: stop it first")


async def test_it_is_served_once_though_others_in_this_process_open_and_close_it(
    file: Path, database: Database
) -> None:
    other = Database(url(file))
    async with other.read() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM kept")) == 1
    with pytest.raises(DatabaseError, match="another tocsin-dispatcher serves"), other.alone():
        pass
    await other.close()
    told = served_by_another(file)
    assert "another tocsin-dispatcher serves" in told


async def test_it_can_be_served_again_once_it_is_not(file: Path, database: Database) -> None:
    await database.close()
    first = Database(url(file))
    with first.alone():
        assert "another tocsin-dispatcher serves" in served_by_another(file)
    assert served_by_another(file) == ""
    with first.alone():
        assert "another tocsin-dispatcher serves" in served_by_another(file)
    await first.close()


async def test_a_dispatcher_of_an_older_version_keeps_its_lock(file: Path) -> None:
    opened = Database(url(file))
    with beside(file, ".lock").open("wb") as old:
        fcntl.flock(old, fcntl.LOCK_EX)
        with pytest.raises(DatabaseError, match="another tocsin-dispatcher serves"), opened.alone():
            pass
    with opened.alone():
        pass
    await opened.close()


def test_a_killed_dispatchers_wal_counts(file: Path) -> None:
    killed(file)
    killed(file)
    assert numbers(file) == [1, 2, 2]


@pytest.mark.parametrize("copy", [copied, vacuumed])
@pytest.mark.parametrize("put", [shutil.copyfile, os.replace])
def test_a_backup_over_a_killed_database_is_refused_with_what_to_do(
    file: Path, copy: Callable[[Path], Path], put: Callable[[Path, Path], object]
) -> None:
    backup = copy(file)
    killed(file)
    put(backup, file)
    with pytest.raises(DatabaseError) as refused:
        Database(url(file))
    told = str(refused.value)
    assert told.startswith(f"the database {file} and tocsin.db-wal beside it don't belong together: ")
    assert "`tocsin-dispatcher restore FILE`" in told
    assert "move tocsin.db-wal and tocsin.db-shm away" in told


async def test_a_backup_made_while_it_was_served_is_refused_too(file: Path, database: Database) -> None:
    await insert(database, 7)
    backup = copied(file)
    await database.close()
    killed(file)
    shutil.copyfile(backup, file)
    with pytest.raises(DatabaseError, match="don't belong together"):
        Database(url(file))


async def test_a_backup_over_a_database_that_had_stopped_is_served(file: Path, database: Database) -> None:
    backup = copied(file)
    await insert(database, 2)
    await database.close()
    shutil.copyfile(backup, file)
    again = Database(url(file))
    with again.alone():
        await insert(again, 3)
    await again.close()
    assert numbers(file) == [1, 3]
    killed(file)
    assert numbers(file) == [1, 2, 3]


async def test_a_backup_is_served_once_the_wal_is_moved_away(file: Path) -> None:
    backup = copied(file)
    killed(file)
    shutil.copyfile(backup, file)
    for suffix in ("-wal", "-shm"):
        beside(file, suffix).rename(beside(file, f".away{suffix}"))
    opened = Database(url(file))
    with opened.alone():
        await insert(opened, 5)
    await opened.close()
    assert numbers(file) == [1, 5]


def test_without_a_marker_a_wal_counts(file: Path) -> None:
    killed(file)
    delete(marker_of(file))
    assert numbers(file) == [1, 2]


@pytest.mark.parametrize("written", ["", "{", "[]", '{"stamps": 1}', '{"stamps": [["x", 1]]}', '{"stamps": [[1]]}'])
def test_a_marker_that_is_damaged_tells_nothing(file: Path, written: str) -> None:
    marker_of(file).write_text(written)
    assert known_stamps(file) is None
    killed(file)
    assert numbers(file) == [1, 2]


async def test_a_new_file_is_made_where_none_was_served(tmp_path: Path) -> None:
    opened = Database(url(tmp_path / "new.db"))
    with opened.alone():
        pass
    await opened.close()
    assert (tmp_path / "new.db").exists()


@pytest.mark.parametrize("new", [None, False])
async def test_none_is_made_where_one_was_served_before(file: Path, database: Database, new: bool | None) -> None:
    await database.close()
    delete(file)
    with pytest.raises(DatabaseError) as refused:
        Database(url(file), new=new)
    told = str(refused.value)
    assert told.startswith(f"there is no database {file} any more, and one was served here: bring it back, or restore")
    assert told.endswith("`tocsin-dispatcher serve --create` makes a new, empty one")
    assert file not in files_in(file.parent)


def cut_to_nothing(file: Path) -> None:
    file.write_bytes(b"")


def without_tables(file: Path) -> None:
    """Leave a database in a file that has a header, and nothing else."""
    file.unlink()
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()


@pytest.mark.parametrize("new", [None, False])
@pytest.mark.parametrize("emptied", [cut_to_nothing, without_tables])
async def test_one_that_was_emptied_is_not_taken_for_a_first_start(
    file: Path, database: Database, emptied: Callable[[Path], None], new: bool | None
) -> None:
    await database.close()
    emptied(file)
    left = contents(file)
    with pytest.raises(DatabaseError) as refused:
        Database(url(file), new=new)
    assert str(refused.value).startswith(
        f"the database {file} is empty, and one was served here: bring it back, or restore"
    )
    assert contents(file) == left
    opened = Database(url(file), new=True)
    await opened.close()


async def test_a_first_start_that_was_killed_before_it_made_tables_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "new.db"
    first = Database(url(file))
    with first.alone():
        assert known_stamps(file) == (Stamp(0, 0),)
    await first.close()
    again = Database(url(file))
    await again.close()


async def test_one_is_made_where_that_is_asked_for(file: Path, database: Database) -> None:
    await database.close()
    delete(file)
    opened = Database(url(file), new=True)
    with opened.alone():
        pass
    await opened.close()
    assert known_stamps(file) == (stamp_in(contents(file)),)


def test_a_first_start_that_is_not_to_make_one_says_what_does(tmp_path: Path) -> None:
    with pytest.raises(
        DatabaseError, match=r"there is no database .*: is --database right\? `tocsin-dispatcher serve --cr"
    ):
        Database(url(tmp_path / "misspelt.db"), new=False)


async def test_stamps_follow_one_another_and_only_the_last_is_known(file: Path, database: Database) -> None:
    seen = set()
    for number in range(3):
        await insert(database, number)
        await database.stamp()
        known = known_stamps(file)
        assert known == (stamp_in(contents(file)),)
        seen.add(known)
    assert len(seen) == 3


async def test_while_a_reader_holds_the_old_state_both_stamps_are_known(file: Path, database: Database) -> None:
    before = known_stamps(file)
    reader = sqlite3.connect(file, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM kept").fetchall()
    await insert(database, 2)
    await database.stamp()
    known = known_stamps(file)
    assert before is not None
    assert known is not None
    assert len(known) == 2
    assert set(before) < set(known)
    await insert(database, 3)
    reader.close()
    await database.stamp()
    assert known_stamps(file) == (stamp_in(contents(file)),)


@given(st.binary(max_size=200))
def test_bytes_that_are_no_header_have_no_stamp(header: bytes) -> None:
    assert stamp_in(header) is None


@given(st.lists(st.builds(Stamp, st.integers(-(2**31), 2**31 - 1), st.integers(0, 2**32 - 1)), max_size=5))
def test_stamps_come_back_as_they_were_written(tmp_path_factory: pytest.TempPathFactory, stamps: list[Stamp]) -> None:
    file = tmp_path_factory.mktemp("marker") / "x.db"
    write_marker(file, stamps)
    assert known_stamps(file) == tuple(stamps)
    assert json.loads(marker_of(file).read_text())["stamps"] == [[each.version, each.cookie] for each in stamps]


async def test_no_descriptor_stays_open(file: Path) -> None:
    def count() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = count()
    for _ in range(3):
        opened = Database(url(file))
        with opened.alone():
            await insert(opened, 1)
        await opened.close()
    assert count() <= before
