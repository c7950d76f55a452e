"""What `tocsin review` compares with, in clones of every kind: git's objects alone, no checkout, no network."""

from pathlib import Path

import pytest
from tests.sync.conftest import PROJECT, Tocsin
from tests.sync.git_repository import commit, git

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 12\n".format("0" * 64)


@pytest.fixture
def repository(account: Path) -> Path:
    """A repository whose branch `topic` changed a URL, while `main` changed a method."""
    top = account.parent
    git(top, "init", "--quiet")
    commit(top)
    git(top, "checkout", "--quiet", "-b", "topic")
    edit(account, "/hook", "/hooks")
    commit(top)
    git(top, "checkout", "--quiet", "main")
    edit(account, "- request:", "- request:\n          method: PUT")
    commit(top)
    git(top, "checkout", "--quiet", "topic")
    return account


def edit(account: Path, old: str, new: str) -> None:
    file = account / "chat.yaml"
    file.write_text(file.read_text("utf-8").replace(old, new), "utf-8")


@pytest.fixture
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that lies in no repository."""
    return tmp_path_factory.mktemp("elsewhere")


def cloned(repository: Path, elsewhere: Path, *options: str) -> Path:
    clone = elsewhere / "clone"
    git(elsewhere, "clone", "--quiet", *options, repository.parent.as_uri(), str(clone))
    return clone / "account"


def reviewed(tocsin: Tocsin, folder: Path, *arguments: str) -> str:
    outcome = tocsin("review", *arguments, project=folder)
    assert (outcome.code, outcome.err) == (0, "")
    return outcome.out


def refused(tocsin: Tocsin, folder: Path, *arguments: str) -> str:
    outcome = tocsin("review", *arguments, project=folder)
    assert (outcome.code, outcome.out) == (2, "")
    return outcome.err


def test_the_own_side_of_a_branch_is_reviewed(tocsin: Tocsin, repository: Path) -> None:
    out = reviewed(tocsin, repository, "main")
    assert '- "https://chat.example.com/hook"\n        + "https://chat.example.com/hooks"' in out
    assert "PUT" not in out
    assert ", where this branch left main\n" in out


def test_what_is_not_committed_yet_counts(tocsin: Tocsin, repository: Path) -> None:
    edit(repository, "/hooks", "/other")
    assert '+ "https://chat.example.com/other"' in reviewed(tocsin, repository, "main")
    assert '- "https://chat.example.com/hooks"' in reviewed(tocsin, repository, "HEAD")


def test_without_base_the_default_branch_of_the_remote_is_meant(
    tocsin: Tocsin, repository: Path, elsewhere: Path
) -> None:
    git(repository.parent, "branch", "--quiet", "-m", "main", "trunk")
    git(repository.parent, "checkout", "--quiet", "trunk")
    clone = cloned(repository, elsewhere)
    git(clone, "checkout", "--quiet", "topic")

    assert ", where this branch left origin/trunk\n" in reviewed(tocsin, clone)


def test_of_a_fork_the_repository_that_it_was_forked_from_is_meant(
    tocsin: Tocsin, repository: Path, elsewhere: Path
) -> None:
    clone = cloned(repository, elsewhere)
    git(clone, "remote", "add", "upstream", repository.parent.as_uri())
    git(clone, "fetch", "--quiet", "upstream")

    assert ", where this branch left upstream/main\n" in reviewed(tocsin, clone)


def test_where_no_default_branch_is_known_base_is_asked_for(tocsin: Tocsin, repository: Path) -> None:
    git(repository.parent, "branch", "--quiet", "-m", "main", "trunk")

    assert "error: compare with which revision?" in refused(tocsin, repository)


def test_a_detached_head_is_a_branch_like_others(tocsin: Tocsin, repository: Path) -> None:
    git(repository.parent, "checkout", "--quiet", "--detach")

    assert "1 file changed, 3 messages differ." in reviewed(tocsin, repository)


@pytest.mark.parametrize("ref", ["refs/tags/origin/main", "refs/heads/origin/main"])
def test_no_tag_or_branch_of_the_same_name_makes_a_change_look_like_none(
    tocsin: Tocsin, repository: Path, elsewhere: Path, ref: str
) -> None:
    clone = cloned(repository, elsewhere, "--branch=topic")
    git(clone, "remote", "set-head", "origin", "main")
    git(clone, "update-ref", ref, "HEAD")
    for command in (("review", "origin/main"), ("validate", "--changed-since", "origin/main")):
        outcome = tocsin(*command, project=clone)
        assert (outcome.code, outcome.out) == (4, "")
        assert f"may mean several commits: `{ref}` and `refs/remotes/origin/main`" in outcome.err
    for base in ([], ["refs/remotes/origin/main"]):
        assert "1 file changed" in reviewed(tocsin, clone, *base)


def test_a_shallow_clone_says_how_to_fetch_what_it_lacks(tocsin: Tocsin, repository: Path, elsewhere: Path) -> None:
    main = git(repository.parent, "rev-parse", "main").strip()
    clone = cloned(repository, elsewhere, "--depth=1", "--branch=topic")

    hint = "hint: fetch it first: git fetch --depth=1 origin"
    assert f"{hint} +refs/heads/main:refs/remotes/origin/main" in refused(tocsin, clone, "origin/main")
    assert f"{hint} {main}" in refused(tocsin, clone, main)
    assert "git fetch --unshallow" in refused(tocsin, clone, "HEAD~1")

    git(clone, "fetch", "--quiet", "--depth=1", "origin", "main:refs/remotes/origin/main")
    out = reviewed(tocsin, clone, "origin/main")
    assert ", that is origin/main\nnote: no commit is known that this branch and `origin/main` share" in out
    assert "git fetch --unshallow mends that" in out
    assert "PUT" in out


def test_a_partial_clone_fetches_nothing_and_says_how_to(tocsin: Tocsin, repository: Path, elsewhere: Path) -> None:
    git(repository.parent, "config", "uploadpack.allowFilter", "true")
    clone = cloned(repository, elsewhere, "--filter=blob:none")
    complaint = refused(tocsin, clone, "HEAD~1")

    assert "error: git lacks an object of this revision: could not fetch" in complaint
    assert "git fetch --refetch --no-filter" in complaint
    git(clone, "fetch", "--quiet", "--refetch", "--no-filter")
    assert "1 file changed, 3 messages differ." in reviewed(tocsin, clone, "HEAD~1")


def test_a_worktree_is_a_working_tree_like_others(tocsin: Tocsin, repository: Path, elsewhere: Path) -> None:
    other = elsewhere / "worktree"
    git(repository.parent, "worktree", "add", "--quiet", "--detach", str(other), "topic")

    assert "1 file changed, 3 messages differ." in reviewed(tocsin, other / "account", "main")


def test_a_project_in_a_submodule_is_compared_with_the_submodules_history(
    tocsin: Tocsin, repository: Path, elsewhere: Path
) -> None:
    git(elsewhere, "init", "--quiet")
    git(elsewhere, "submodule", "--quiet", "add", repository.parent.as_uri(), "alerting")

    assert "1 file changed, 3 messages differ." in reviewed(tocsin, elsewhere / "alerting" / "account", "origin/main")


def test_a_submodule_in_a_project_is_read_at_the_commit_that_was_recorded(
    tocsin: Tocsin, repository: Path, elsewhere: Path, account: Path
) -> None:
    git(elsewhere, "init", "--quiet")
    (elsewhere / "tocsin.yaml").write_text(PROJECT, "utf-8")
    (repository / "tocsin.yaml").unlink()
    commit(repository.parent)
    git(elsewhere, "submodule", "--quiet", "add", repository.parent.as_uri(), "shared")
    commit(elsewhere)
    assert "No file changed." in reviewed(tocsin, elsewhere)

    edit(elsewhere / "shared" / "account", "/hooks", "/other")
    assert "1 file changed, 3 messages differ." in reviewed(tocsin, elsewhere)


def test_a_submodule_whose_commit_is_not_there_is_said_to_be_missing(tocsin: Tocsin, account: Path) -> None:
    top = account.parent
    git(top, "init", "--quiet")
    git(top, "add", "--all")
    git(top, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},account/shared")
    git(top, "commit", "--quiet", "--message", "x")

    assert "note: a submodule that is not there" in reviewed(tocsin, account, "HEAD")


def test_a_file_in_git_lfs_is_left_out_and_named(tocsin: Tocsin, repository: Path) -> None:
    git(repository.parent, "checkout", "--quiet", "main")
    home = (repository / "home.yaml").read_text("utf-8")
    (repository / "home.yaml").write_text(POINTER, "utf-8")
    commit(repository.parent)
    (repository / "home.yaml").write_text(home, "utf-8")
    out = reviewed(tocsin, repository, "HEAD")

    assert "note: kept in Git LFS, so git has no content of it and all in it shows as new: `home.yaml`\n" in out
    assert "\n+ monitor/home\n" in out


def test_a_project_that_is_new_is_all_new(tocsin: Tocsin, account: Path) -> None:
    git(account.parent, "init", "--quiet")
    git(account.parent, "commit", "--quiet", "--allow-empty", "--message", "x")
    out = reviewed(tocsin, account)

    assert "note: there was no project file: everything is new\n" in out
    assert "+ project/small" in out
    assert out.endswith(
        "4 files changed, 3 messages are new; the project file, 1 alert definition, 1 monitor changed.\n"
    )


def test_a_project_that_moved_is_followed(tocsin: Tocsin, repository: Path, elsewhere: Path) -> None:
    moved = repository.rename(repository.parent / "elsewhere")
    out = reviewed(tocsin, moved, "HEAD")

    assert "note: the project was in the folder `account`, and is in `elsewhere` now\n" in out
    assert out.endswith("No file changed.\n")


def test_a_repository_without_commits_has_no_revisions(tocsin: Tocsin, account: Path) -> None:
    git(account.parent, "init", "--quiet")

    assert "compare with which revision?" in refused(tocsin, account)
    assert "git knows no revision `HEAD` here" in refused(tocsin, account, "HEAD")


def test_outside_a_repository_it_says_so(tocsin: Tocsin, account: Path) -> None:
    assert "reading a revision needs a git repository" in refused(tocsin, account)


def test_without_git_it_says_so(tocsin: Tocsin, repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(repository))

    assert "needs git, and there is none" in refused(tocsin, repository, "main")


@pytest.mark.parametrize("base", ["--all", "", "main:account", "\u202e", "a b"])
def test_a_strange_revision_is_not_known(tocsin: Tocsin, repository: Path, base: str) -> None:
    outcome = tocsin("review", "--", base, project=repository)

    assert (outcome.code, outcome.out) == (2, "")
    assert "git knows no revision" in outcome.err
    assert "\u202e" not in outcome.err


def test_nothing_is_checked_out_written_or_fetched(
    tocsin: Tocsin, repository: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone = cloned(repository, elsewhere)
    git(clone, "remote", "set-url", "origin", "file:///nowhere")
    before = {
        each: each.stat().st_mtime_ns for each in clone.parent.rglob("*") if each.is_file() and not each.is_symlink()
    }
    reviewed(tocsin, clone, "origin/main")

    assert {each: each.stat().st_mtime_ns for each in before} == before
    assert {each for each in clone.parent.rglob("*") if each.is_file()} == set(before)
