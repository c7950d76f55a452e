"""What every test may use."""

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


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees tokens, vault items, colours or the CI job of whoever runs it."""
    import os

    from tocsin.git.ci import BRANCHES, GITHUB_RUN, JOBS, USERS

    unwanted = {"NO_COLOR", "FORCE_COLOR", *JOBS, *BRANCHES, *USERS, *GITHUB_RUN}
    for name in os.environ:
        if name.startswith("TOCSIN_") or name in unwanted:
            monkeypatch.delenv(name)


# Machines are shared and noisy: a test must not fail because an example took long.
settings.register_profile("tocsin", deadline=None)
settings.load_profile("tocsin")
