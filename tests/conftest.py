"""What every test may use."""

from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's root."""
    return ROOT


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees tokens, vault items, colours or the CI job of whoever runs it."""
    import os

    from tocsin.ci import BRANCHES, GITHUB_RUN, JOBS, USERS

    unwanted = {"NO_COLOR", "FORCE_COLOR", *JOBS, *BRANCHES, *USERS, *GITHUB_RUN}
    for name in os.environ:
        if name.startswith("TOCSIN_") or name in unwanted:
            monkeypatch.delenv(name)


# Machines are shared and noisy: a test must not fail because an example took long.
settings.register_profile("tocsin", deadline=None)
settings.load_profile("tocsin")
