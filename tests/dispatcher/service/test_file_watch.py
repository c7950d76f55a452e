"""The watch over a SQLite database's file finds out by itself, though nobody reports anything."""

import errno
import os
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from tests.dispatcher.conftest import DispatcherFactory, RunningDispatcher
from tests.dispatcher.store.database.test_locking import WAIT, locked

from tocsin_dispatcher.service.file_watch import LOOK_EVERY, TRY_EVERY
from tocsin_dispatcher.store.database import database, sqlite
from tocsin_dispatcher.store.database.database import Database

DATABASES = ("sqlite",)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for the file, and for one's turn, for a moment only."""
    patient = [each for each in sqlite.PRAGMAS if "busy_timeout" not in each]
    monkeypatch.setattr(sqlite, "PRAGMAS", (*patient, f"PRAGMA busy_timeout = {round(WAIT * 1000)}"))
    monkeypatch.setattr(database, "WAIT_FOR_TURN", WAIT)


async def ready(running_dispatcher: RunningDispatcher) -> tuple[int, list[str]]:
    answer = await running_dispatcher.client.get("/readyz")
    return answer.status_code, answer.json()["reasons"]


async def test_a_file_that_can_no_longer_be_written_is_found_out_and_so_is_that_it_can_be_again(
    dispatchers: DispatcherFactory,
) -> None:
    async with dispatchers.open() as running_dispatcher:
        async with locked(dispatchers):
            await running_dispatcher.pass_time(seconds=TRY_EVERY.total_seconds() + LOOK_EVERY.total_seconds())
            assert await ready(running_dispatcher) == (
                503,
                ["the database can't be written: database is locked; another program holds it"],
            )
        await running_dispatcher.pass_time(seconds=10)
        assert await ready(running_dispatcher) == (200, [])


async def test_a_stamp_that_can_not_be_given_is_told_once_and_keeps_nobody_from_writing(
    dispatchers: DispatcherFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(self: Database) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), "tocsin.db.marker.part")

    monkeypatch.setattr(Database, "stamp", refused)
    with capture_logs() as logs:
        async with dispatchers.open() as running_dispatcher:
            await running_dispatcher.pass_time(seconds=TRY_EVERY.total_seconds())
            assert await ready(running_dispatcher) == (200, [])
    assert [(each["event"], each["reason"]) for each in logs if "reason" in each] == [
        ("a copy of the database can't be told from it", "tocsin.db.marker.part: Permission denied")
    ]


async def test_a_file_that_is_gone_is_found_out(dispatchers: DispatcherFactory) -> None:
    file = dispatchers.url.removeprefix("sqlite:///")
    async with dispatchers.open() as running_dispatcher:
        move_away(file)
        await running_dispatcher.pass_time(seconds=LOOK_EVERY.total_seconds())
        assert running_dispatcher.dispatcher.database.gone.is_set()
        answer = await running_dispatcher.client.get("/api/v1/incidents")
        assert answer.status_code == 503
        assert await ready(running_dispatcher) == (
            503,
            ["the database can't be used: its file was deleted or moved away while it was in use"],
        )


def move_away(file: str) -> None:
    Path(file).rename(f"{file}.old")
