"""What every test may use."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from tests.postgres import Server

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's root."""
    return ROOT


@pytest.fixture(scope="session")
def postgres() -> Iterator["Server"]:
    """Yield a running PostgreSQL server, one for all tests of this process."""
    from tests.postgres import running_server  # for those who need it

    with running_server() as server:
        yield server


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a SQLite file with the dispatcher's tables, to be copied: making them takes longer than most tests."""
    from tocsin_dispatcher.store.database.database import Database
    from tocsin_dispatcher.store.database.schema import migrate

    file = tmp_path_factory.mktemp("sqlite") / "tocsin.db"

    async def made() -> None:
        database = Database(f"sqlite:///{file}")
        await migrate(database)
        await database.close()

    asyncio.run(made())
    return file


@pytest.fixture
def no_fsync(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let SQLite in this process not wait for the disk: what is tested is no power cut."""
    from tocsin_dispatcher.store.database import sqlite

    monkeypatch.setattr(sqlite, "PRAGMAS", (*sqlite.PRAGMAS, "PRAGMA synchronous = OFF"))


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees tokens, vault items, colours or the CI job of whoever runs it."""
    from tocsin.git.ci import BRANCHES, GITHUB_RUN, JOBS, USERS
    from tocsin.git.pull_request import VARIABLES

    unwanted = {"NO_COLOR", "FORCE_COLOR", *JOBS, *BRANCHES, *USERS, *GITHUB_RUN, *VARIABLES}
    for name in os.environ:
        if name.startswith("TOCSIN_") or name in unwanted:
            monkeypatch.delenv(name)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return how many processes `-n auto` starts: one more than there are processors, since tests of real time wait."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests that wait most, or the last of them would be waited for when all else is done."""
    items.sort(key=lambda item: ROOT / "tests" / "e2e" not in item.path.parents)


# Machines are shared and noisy: a test must not fail because an example took long.
settings.register_profile("tocsin", deadline=None)
settings.load_profile("tocsin")
