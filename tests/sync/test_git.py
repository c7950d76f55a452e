"""Where definitions come from, as git tells."""

import subprocess
from pathlib import Path

import pytest

from tocsin.git import source_of


@pytest.fixture
def repository(account: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The account, committed on the branch `trunk`."""
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    git(account, "init", "--quiet", "--initial-branch", "trunk")
    commit(account)
    return account


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", folder, *arguments], check=True, capture_output=True, text=True).stdout.strip()


def commit(folder: Path) -> None:
    git(folder, "add", ".")
    git(folder, "-c", "user.name=Jan", "-c", "user.email=jan@example.com", "commit", "--quiet", "--message", "All")


def test_a_clean_checkout_is_told_by_commit_and_branch(repository: Path) -> None:
    source = source_of(repository)
    assert source["commit"] == git(repository, "rev-parse", "HEAD")
    assert (source["branch"], source["dirty"]) == ("trunk", False)


def test_a_changed_file_makes_it_dirty(repository: Path) -> None:
    (repository / "new.yaml").write_text("kind: monitor\n", "utf-8")
    assert source_of(repository)["dirty"] is True


def test_a_change_outside_the_project_does_not(repository: Path) -> None:
    inner = repository / "inner"
    inner.mkdir()
    (inner / "tocsin.yaml").write_text("kind: project\n", "utf-8")
    commit(repository)
    (repository / "new.yaml").write_text("kind: monitor\n", "utf-8")
    assert source_of(inner)["dirty"] is False


def test_a_checkout_of_a_commit_has_no_branch(repository: Path) -> None:
    git(repository, "checkout", "--quiet", "--detach")
    source = source_of(repository)
    assert source["branch"] is None
    assert source["commit"] is not None


def test_outside_git_nothing_is_made_up(account: Path) -> None:
    source = source_of(account)
    assert (source["commit"], source["branch"], source["dirty"]) == (None, None, None)


def test_without_git_a_sync_still_has_a_source(account: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert source_of(account)["commit"] is None
