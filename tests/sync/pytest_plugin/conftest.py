"""A repository to try pytest in."""

import shutil
from pathlib import Path

import pytest
from tests.sync.pytest_plugin.scratch import Scratch, scratch


@pytest.fixture
def new_shop(tmp_path: Path) -> Scratch:
    """A repository of definitions without snapshots."""
    return scratch(tmp_path / "repository")


@pytest.fixture(scope="session")
def updated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with its snapshots, to be copied."""
    repository = scratch(tmp_path_factory.mktemp("updated") / "repository")
    assert repository.pytest("--snapshot-update").exit_code == 0
    return repository.root


@pytest.fixture
def shop(updated: Path, tmp_path: Path) -> Scratch:
    """A repository of definitions with the snapshots of its messages."""
    return Scratch(Path(shutil.copytree(updated, tmp_path / "repository")))
