"""Backups of a SQLite database: whole copies, that come back as they were whatever lies beside the database."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.dispatcher.database_files import beside, killed, numbers

from tocsin_dispatcher.errors import DatabaseError, OperatorError
from tocsin_dispatcher.store.database.backup import BackupError, restore_backup, write_backup
from tocsin_dispatcher.store.database.database import Database
from tocsin_dispatcher.store.database.marker import stamp_in


@pytest.fixture
def file(empty_file: Path, tmp_path: Path) -> Path:
    """Return a dispatcher's database, with a table of numbers beside its own."""
    copy = Path(shutil.copy(empty_file, tmp_path))
    execute(copy, "CREATE TABLE kept (number INTEGER)", "INSERT INTO kept VALUES (1)")
    return copy


def execute(file: Path, *statements: str) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for each in statements:
            connection.execute(each).fetchall()


def names(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir()}


def test_a_backup_is_one_file_that_only_its_owner_reads(file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    write_backup(file, folder / "one.db")
    assert names(folder) == {"one.db"}
    assert (folder / "one.db").stat().st_mode & 0o777 == 0o600
    assert (folder / "one.db").read_bytes()[
        18:20
    ] == b"\1\1"  # no WAL mode: it can be read where nothing can be written
    assert numbers(folder / "one.db") == [1]


def test_a_backup_of_a_database_in_use_holds_what_was_committed(file: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as user:
        user.execute("PRAGMA journal_mode = WAL")
        user.execute("INSERT INTO kept VALUES (2)")
        user.execute("BEGIN IMMEDIATE")
        user.execute("INSERT INTO kept VALUES (3)")
        write_backup(file, tmp_path / "backup.db")
        user.execute("ROLLBACK")
    assert numbers(tmp_path / "backup.db") == [1, 2]


def test_no_two_copies_and_no_database_bear_the_same_stamp(file: Path, tmp_path: Path) -> None:
    for name in ("one.db", "two.db"):
        write_backup(file, tmp_path / name)
    stamps = [stamp_in(each.read_bytes()) for each in (file, tmp_path / "one.db", tmp_path / "two.db")]
    assert len(set(stamps)) == 3


def test_a_backup_replaces_the_one_of_before_once_it_is_whole(file: Path, tmp_path: Path) -> None:
    backup = tmp_path / "backup.db"
    write_backup(file, backup)
    execute(file, "INSERT INTO kept VALUES (2)")
    write_backup(file, backup)
    assert numbers(backup) == [1, 2]


def damaged(file: Path, page: int = 3, pages: int = 20) -> None:
    """Put noughts over the pages behind the first ones."""
    with file.open("r+b") as out:
        out.seek(4096 * page)
        out.write(b"\0" * 4096 * pages)


@pytest.mark.parametrize(("page", "pages"), [(3, 20), (-1, 1), (-2, 1)])
def test_a_damaged_database_makes_no_backup_and_says_what_to_do_in_one_line(
    file: Path, tmp_path: Path, page: int, pages: int
) -> None:
    backup = tmp_path / "backup.db"
    write_backup(file, backup)
    before = backup.read_bytes()
    damaged(file, page % (file.stat().st_size // 4096), pages)
    with pytest.raises(DatabaseError, match=f"the database {file} can't be used: .*") as refused:
        write_backup(file, backup)
    assert "restore a backup (`tocsin-dispatcher restore FILE`)" in str(refused.value)
    assert "\n" not in str(refused.value)
    assert backup.read_bytes() == before
    assert not list(tmp_path.glob("*.part*"))


def test_a_pipe_or_a_device_is_neither_replaced_by_a_backup_nor_waited_for(file: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    link = tmp_path / "link"
    link.symlink_to(pipe)
    for each in (pipe, link):
        with pytest.raises(BackupError, match="is no regular file: choose another one"):
            write_backup(file, each)
        with pytest.raises(BackupError, match="is no regular file: choose another one"):
            restore_backup(each, file)
        with pytest.raises(
            DatabaseError, match=f"the database {each} can't be used: it is no regular file; choose another one"
        ):
            Database(f"sqlite:///{each}")
    assert pipe.is_fifo()
    assert link.is_symlink()


def test_a_backup_goes_where_a_link_leads_to(file: Path, tmp_path: Path) -> None:
    link, latest = tmp_path / "latest.db", tmp_path / "monday.db"
    link.symlink_to(latest)
    for _ in range(2):
        write_backup(file, link)
        assert link.readlink() == latest
        assert numbers(latest) == [1]


def test_the_database_itself_is_no_backup(file: Path, tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(file)
    for name in ("tocsin.db", "link.db"):
        with pytest.raises(BackupError, match="is the database itself: choose another file"):
            write_backup(file, tmp_path / name)
        with pytest.raises(BackupError, match="is the database itself: choose another file"):
            restore_backup(tmp_path / name, file)


def test_a_place_that_cannot_be_written_is_named(file: Path, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match=r"/none/x\.db can't be written: No such file or directory"):
        write_backup(file, tmp_path / "none" / "x.db")
    beside(tmp_path / "old.db", "-wal").write_bytes(b"of another one")
    with pytest.raises(BackupError, match=r"old\.db-wal lies beside .*: choose another file"):
        write_backup(file, tmp_path / "old.db")


@pytest.mark.parametrize(("wal", "told"), [(b"", None), (b"what was written last" * 10, "-wal")])
def test_what_is_left_beside_a_file_that_is_gone_is_told_of_where_it_holds_something(
    file: Path, tmp_path: Path, wal: bytes, told: str | None
) -> None:
    backup = tmp_path / "backup.db"
    write_backup(file, backup)
    file.unlink()
    left = {"-wal": wal, "-shm": bytes(32768)}
    for suffix, contents in left.items():
        file.with_name(file.name + suffix).write_bytes(contents)
    kept = restore_backup(backup, file)
    assert (kept is None) == (told is None)
    if kept is not None:
        assert kept.name.endswith(str(told))
        assert kept.read_bytes() == wal
    assert {each.read_bytes() for each in tmp_path.glob("*.before-restore-*")} == set(left.values())
    assert numbers(file) == [1]


def test_a_restored_database_is_the_backup_and_the_one_of_before_is_kept(file: Path, tmp_path: Path) -> None:
    backup = tmp_path / "backup.db"
    write_backup(file, backup)
    execute(file, "INSERT INTO kept VALUES (2)")
    kept = restore_backup(backup, file)
    assert kept is not None
    assert kept.name.startswith("tocsin.db.before-restore-")
    assert numbers(file) == [1]
    assert numbers(kept) == [1, 2]
    assert file.stat().st_mode & 0o777 == 0o600
    assert numbers(backup) == [1]


def test_a_killed_dispatchers_wal_is_neither_put_over_the_backup_nor_lost(file: Path, tmp_path: Path) -> None:
    backup = tmp_path / "backup.db"
    write_backup(file, backup)
    killed(file)
    kept = restore_backup(backup, file)
    assert kept is not None
    assert numbers(file) == [1]
    assert numbers(kept) == [1, 2]


def test_it_mends_a_backup_that_was_copied_over_a_killed_database(file: Path, tmp_path: Path) -> None:
    backup = tmp_path / "backup.db"
    write_backup(file, backup)
    killed(file)
    shutil.copyfile(backup, file)
    with pytest.raises(DatabaseError, match="don't belong together"):
        Database(f"sqlite:///{file}")
    restore_backup(backup, file)
    killed(file)  # a start like any other
    assert numbers(file) == [1, 2]


def test_a_database_that_is_gone_or_damaged_is_restored(file: Path, tmp_path: Path) -> None:
    backup = tmp_path / "backup.db"
    write_backup(file, backup)
    file.unlink()
    assert restore_backup(backup, file) is None
    assert numbers(file) == [1]
    damaged(file)
    restore_backup(backup, file)
    assert numbers(file) == [1]
    file.write_bytes(b"junk")
    restore_backup(backup, file)
    assert numbers(file) == [1]


def test_a_database_that_is_served_is_not_restored(file: Path, tmp_path: Path) -> None:
    backup = tmp_path / "backup.db"
    write_backup(file, backup)
    before = file.read_bytes()
    served = Database(f"sqlite:///{file}")
    with served.alone(), pytest.raises(DatabaseError, match="another tocsin-dispatcher serves this database"):
        restore_backup(backup, file)
    assert file.read_bytes()[100:] == before[100:]


def test_a_backup_with_a_wal_of_its_own_is_read_with_it(file: Path, tmp_path: Path) -> None:
    killed(file)
    folder = tmp_path / "copied"
    folder.mkdir()
    for suffix in ("", "-wal"):
        shutil.copy(beside(file, suffix), folder)
    restore_backup(folder / "tocsin.db", file)
    assert numbers(file) == [1, 2]


def test_what_is_no_backup_changes_nothing(file: Path, tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("what I meant to do\n")
    (tmp_path / "export").write_text('{"tocsin":"export","format":1}\n')
    (tmp_path / "empty").touch()
    execute(tmp_path / "foreign", "CREATE TABLE delivery (x)")
    write_backup(file, tmp_path / "newer")
    execute(tmp_path / "newer", "UPDATE alembic_version SET version_num = '9999'")
    write_backup(file, tmp_path / "damaged")
    damaged(tmp_path / "damaged")
    write_backup(file, tmp_path / "cut")
    os.truncate(tmp_path / "cut", 20_000)
    before = file.read_bytes()
    for name, told in {
        "missing": "can't be read: No such file or directory",
        "notes": "can't be used: file is not a database",
        "export": "was written by `tocsin-dispatcher export`: read it into an empty database with `import`",
        "empty": "is no database of a dispatcher",
        "foreign": "is no database of a dispatcher",
        "newer": "has schema 9999, which this version of tocsin-dispatcher doesn't know",
        "damaged": "take another one",
        "cut": "take another one",
    }.items():
        with pytest.raises(OperatorError, match=told.replace("(", r"\(")):
            restore_backup(tmp_path / name, file)
    assert file.read_bytes() == before
    assert not list(tmp_path.glob("*.restoring*"))
    assert not list(tmp_path.glob("*before-restore*"))


def test_what_root_restores_belongs_to_the_folders_owner(file: Path, tmp_path: Path) -> None:
    if os.geteuid() == 0:
        os.chown(tmp_path, 12345, 12346)
    write_backup(file, tmp_path / "backup.db")
    restore_backup(tmp_path / "backup.db", file)
    owner = tmp_path.stat().st_uid
    assert {each.stat().st_uid for each in (file, beside(file, ".marker"), tmp_path / "backup.db")} == {owner}
