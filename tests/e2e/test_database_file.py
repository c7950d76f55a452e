"""The database's file is deleted, replaced or written over under a running dispatcher, or between two runs."""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from demo.dispatcher import RunningDispatcher, environment
from demo.receiver import Receiver
from tests.dispatcher.account import VAULT, alert, level, monitor, pager
from tests.dispatcher.database_files import beside, copied
from tests.e2e.conftest import api_of, push
from tests.e2e.test_several_processes import report

SOON = 10.0
"""Seconds in which a dispatcher whose file is gone has ended: it looks every 2 s, and a stop takes a few."""


def delete(file: Path, copy: Path) -> None:
    file.unlink()


def move_away(file: Path, copy: Path) -> None:
    file.rename(beside(file, ".old"))


def replace(file: Path, copy: Path) -> None:
    copy.replace(file)


def write_over(file: Path, copy: Path) -> None:
    shutil.copyfile(copy, file)


def delete_wal(file: Path, copy: Path) -> None:
    beside(file, "-wal").unlink()


def delete_all(file: Path, copy: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        beside(file, suffix).unlink()


def ended(dispatcher: RunningDispatcher) -> int | None:
    """Return the exit code of a dispatcher that ends by itself; None: it doesn't."""
    began = time.monotonic()
    while time.monotonic() - began < SOON:
        if (code := dispatcher.exit_code) is not None:
            return code
        time.sleep(0.02)
    return None


@pytest.mark.parametrize("harm", [delete, move_away, replace, write_over, delete_wal, delete_all])
def test_nothing_is_promised_once_the_file_is_not_the_one_that_is_open(
    database: Path, receiver: Receiver, harm: Callable[[Path, Path], None]
) -> None:
    with RunningDispatcher(database, vault=VAULT) as dispatcher, api_of(dispatcher) as api:
        push(api, monitor(), alert(level("pager")), pager(receiver.url))
        assert report(api, "shop-home").status_code == 202
        harm(database, copied(database))
        answer = report(api, "shop-home")
        assert answer.status_code == 503
        assert httpx.get(f"{dispatcher.url}/readyz", trust_env=False).status_code == 503
        code = ended(dispatcher)
    assert code == 2
    assert f"tocsin-dispatcher: the database {database} " in dispatcher.log[-1]


@pytest.mark.parametrize("harm", [replace, write_over])
def test_a_backup_copied_over_a_killed_database_is_neither_undone_nor_broken_in_silence(
    database: Path, harm: Callable[[Path, Path], None]
) -> None:
    with RunningDispatcher(database, vault=VAULT) as dispatcher, api_of(dispatcher) as api:
        copy = copied(database)
        push(api, monitor(), alert(level("pager")), pager("https://example.com"))
        dispatcher.kill()
    assert beside(database, "-wal").stat().st_size > 0
    harm(database, copy)
    with pytest.raises(RuntimeError, match="-wal"), RunningDispatcher(database):
        pass


def test_two_dispatchers_never_serve_one_file_whatever_is_removed_beside_it(database: Path) -> None:
    with RunningDispatcher(database):
        for each in database.parent.glob(f"{database.name}*"):
            if each != database and not each.name.endswith(("-wal", "-shm")):
                each.unlink()
        with (
            pytest.raises(RuntimeError, match="another tocsin-dispatcher serves this database"),
            RunningDispatcher(database),
        ):
            pass


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tocsin_dispatcher", *map(str, arguments)]
    return subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=60, check=False)


def test_a_backup_made_under_load_is_restored_over_a_killed_database(database: Path, receiver: Receiver) -> None:
    url, backup = f"sqlite:///{database}", database.with_name("backup.db")
    with RunningDispatcher(database, vault=VAULT) as dispatcher, api_of(dispatcher) as api:
        push(api, monitor(), monitor("shop-cart"), alert(level("pager")), pager(receiver.url))
        assert report(api, "shop-home").status_code == 202
        made = run("backup", backup, "--database", url)
        assert (made.returncode, made.stdout) == (0, f"backed up {database} to {backup}\n")
        assert report(api, "shop-cart").status_code == 202
        served = run("restore", backup, "--database", url)
        assert (served.returncode, "serves this database" in served.stderr) == (2, True)
        dispatcher.kill()
    restored = run("restore", backup, "--database", url)
    assert restored.returncode == 0, restored.stderr
    assert restored.stdout.startswith(
        f"restored {database} from {backup}; what was there is kept as {database}.before-"
    )
    with RunningDispatcher(database, vault=VAULT) as dispatcher, api_of(dispatcher) as api:
        assert [each["monitor"] for each in api.get("/incidents").json()["incidents"]] == ["shop-home"]


def test_a_deleted_database_is_not_made_anew_in_silence_and_comes_back_from_what_was_saved(
    database: Path, receiver: Receiver
) -> None:
    with RunningDispatcher(database, vault=VAULT) as dispatcher, api_of(dispatcher) as api:
        push(api, monitor(), alert(level("pager")), pager(receiver.url))
        assert report(api, "shop-home").status_code == 202
        database.unlink()
        assert ended(dispatcher) == 2
    (saved,) = database.parent.glob("tocsin.db.saved-*")
    assert str(saved) in dispatcher.log[-1]
    with (
        pytest.raises(RuntimeError, match=f"or restore {saved} with `tocsin-dispatcher restore`"),
        RunningDispatcher(database),
    ):
        pass
    assert run("restore", saved, "--database", f"sqlite:///{database}").returncode == 0
    with RunningDispatcher(database, vault=VAULT) as dispatcher, api_of(dispatcher) as api:
        assert [each["monitor"] for each in api.get("/incidents").json()["incidents"]] == ["shop-home"]


def test_backups_of_postgresql_are_left_to_its_own_tools(database: Path) -> None:
    for command, tool in (("backup", "pg_dump"), ("restore", "pg_restore")):
        refused = run(command, database, "--database", "postgresql://me@127.0.0.1:1/x")
        assert refused.returncode == 2
        assert refused.stderr.startswith("tocsin-dispatcher: this is for SQLite, and the database is PostgreSQL: ")
        assert tool in refused.stderr


def test_a_damaged_database_is_told_in_one_line_with_what_to_do(database: Path) -> None:
    with database.open("r+b") as out:
        out.seek(4096)
        out.write(b"\xff" * (database.stat().st_size - 4096))
    for command in (("serve", "--port", "0"), ("token", "list"), ("backup", database.with_name("backup.db"))):
        refused = run(*command, "--database", f"sqlite:///{database}")
        assert refused.returncode == 2, refused.stderr
        assert refused.stderr.startswith(f"tocsin-dispatcher: the database {database} can't be used: ")
        assert "restore a backup (`tocsin-dispatcher restore FILE`)" in refused.stderr
        assert refused.stderr.count("\n") == 1
