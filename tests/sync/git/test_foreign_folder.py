"""A project folder that looks like a repository of its own, as a pull request can make it: neither blinds nor runs anything."""

import shutil
from pathlib import Path

import pytest
from tests.sync.conftest import Tocsin
from tests.sync.file_edits import edit
from tests.sync.git_repository import commit, disguise, git, program_that_leaves_a_trace
from tests.sync.running import RunningDispatcher
from tests.sync.watch.watched import Watched

from tocsin.git.source import source_of
from tocsin.git.working_tree import has_changes, unchanged_files
from tocsin.project.at_revision import start_of, top_of
from tocsin.watch.sources import WorkingTree

TARGET = ("--target", "local")


@pytest.fixture
def top(account: Path) -> Path:
    """The repository's top, whose branch `main` has the account as it was."""
    git(account.parent, "init", "--quiet")
    commit(account.parent)
    return account.parent


@pytest.fixture
def pretending(top: Path, account: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The account on a branch of somebody who changed a URL, and made the folder a repository where nothing differs.

    That repository's settings name a program. Returns the file that it would leave behind.
    """
    program, trace = program_that_leaves_a_trace(tmp_path_factory.mktemp("program"))
    git(top, "checkout", "--quiet", "-b", "topic")
    edit(account / "chat.yaml", "/hook", "/stolen")
    edit(account / "home.yaml", "type: Https", "type: Https\nnonsense: 1")
    git(account, "init", "--quiet")
    commit(account)  # `main` of the stranger's own repository
    shutil.copytree(account / ".git", account, dirs_exist_ok=True)
    shutil.rmtree(account / ".git")
    for each in ("HEAD", "config", "index"):
        (account / each).unlink()
    for each in ("objects", "refs"):
        (account / each).rename(account / f"{each}-of-theirs")
    disguise(account, program)
    for each in ("objects", "refs"):
        shutil.copytree(account / f"{each}-of-theirs", account / each, dirs_exist_ok=True)
        shutil.rmtree(account / f"{each}-of-theirs")
    commit(top)
    return trace


def test_git_itself_would_be_taken_in(account: Path, pretending: Path) -> None:
    assert git(account, "rev-parse", "--show-toplevel").strip() == str(account)
    assert "/stolen" in git(account, "show", "main:chat.yaml")
    git(account, "status")
    assert pretending.exists()


def test_a_review_shows_what_differs(tocsin: Tocsin, account: Path, pretending: Path) -> None:
    outcome = tocsin("review", "main", project=account)
    assert outcome.code == 1
    assert "/stolen" in outcome.out
    assert not pretending.exists()


def test_findings_of_a_change_are_reported(tocsin: Tocsin, account: Path, pretending: Path) -> None:
    outcome = tocsin("validate", "--changed-since", "main", project=account)
    assert outcome.code == 1
    assert "nonsense" in outcome.out
    assert not pretending.exists()


def test_where_definitions_come_from_is_told_of_the_real_repository(top: Path, account: Path, pretending: Path) -> None:
    source = source_of(account, {})
    assert (source.commit, source.branch, source.dirty) == (git(top, "rev-parse", "HEAD").strip(), "topic", False)
    edit(account / "home.yaml", "nonsense", "nothing")
    assert source_of(account, {}).dirty is True
    assert unchanged_files(account) is not None
    assert "home.yaml" not in (unchanged_files(account) or ())
    assert "chat.yaml" in (unchanged_files(account) or ())
    assert not pretending.exists()


def test_a_comparison_starts_in_the_real_repository(top: Path, account: Path, pretending: Path) -> None:
    assert top_of(account) == top
    assert start_of(account, "main").commit == git(top, "rev-parse", "main").strip()
    assert not pretending.exists()


def test_what_speaks_to_a_target_runs_nothing(
    tocsin: Tocsin, running: RunningDispatcher, top: Path, account: Path, pretending: Path
) -> None:
    edit(account / "home.yaml", "\nnonsense: 1", "")
    running.point(account)
    commit(top)
    head = git(top, "rev-parse", "HEAD").strip()
    assert tocsin("sync", *TARGET, "--yes", project=account).code == 0
    source = running.api.get("/revisions").json()["revisions"][0]["source"]
    assert (source["commit"], source["branch"], source["dirty"]) == (head, "topic", False)
    running.change(monitor_home={"type": "Https", "url": "https://example.com", "notes": "Call Ada."})
    planned = tocsin("plan", *TARGET, project=account)
    assert planned.code == 3
    assert "nothing that was synced there comes from HEAD" not in planned.out
    assert tocsin("pull", *TARGET, project=account).code == 0
    assert "Call Ada." in (account / "home.yaml").read_text("utf-8")
    assert tocsin("rollback", *TARGET, "--to", "1", "--yes", project=account).code == 0
    watched = Watched(WorkingTree(account), 1)
    assert [each[2] for each in watched.until_stopped()] == ["synced"]
    assert watched.last.commit == head
    assert not pretending.exists()


def test_files_without_any_repository_are_not_taken_for_one(
    account: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    program, trace = program_that_leaves_a_trace(tmp_path_factory.mktemp("program"))
    disguise(account, program)
    source = source_of(account, {})
    assert (source.commit, source.branch, source.dirty) == (None, None, None)
    assert has_changes(account) is None
    assert unchanged_files(account) is None
    assert not trace.exists()


def test_a_file_called_head_is_no_commit(account: Path) -> None:
    git(account, "init", "--quiet")
    (account / "HEAD").write_text("x", "utf-8")
    assert source_of(account, {}).commit is None


def test_a_submodule_s_place_that_a_link_leads_away_from_is_not_read(
    top: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    from tocsin.git.objects import entries, submodule_at, with_submodules

    private = tmp_path_factory.mktemp("private")
    (private / "inner").mkdir()
    git(private / "inner", "init", "--quiet")
    (private / "inner" / "secret.yaml").write_text("secret", "utf-8")
    commit(private / "inner")
    known = git(private / "inner", "rev-parse", "HEAD").strip()
    git(top, "update-index", "--add", "--cacheinfo", f"160000,{known},link/inner")
    git(top, "commit", "--quiet", "--message", "x")
    (top / "link").symlink_to(private)
    found, unread = with_submodules(entries(top, "HEAD"), top, "")
    assert unread == ["link/inner"]
    assert not any(path.startswith("link/inner/") for path in found)
    assert submodule_at(top, "../outside") is None
    assert submodule_at(top, "account") is None
