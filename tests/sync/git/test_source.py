"""Where definitions come from, as git tells."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.sync.conftest import Tocsin
from tests.sync.running import RunningDispatcher

from tocsin.git.source import source_of, why_untold


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
    source = source_of(repository, {})
    assert source.commit == git(repository, "rev-parse", "HEAD")
    assert (source.branch, source.dirty) == ("trunk", False)


def test_a_changed_file_makes_it_dirty(repository: Path) -> None:
    (repository / "new.yaml").write_text("kind: monitor\n", "utf-8")
    assert source_of(repository, {}).dirty is True


def test_a_change_outside_the_project_does_not(repository: Path) -> None:
    inner = repository / "inner"
    inner.mkdir()
    (inner / "tocsin.yaml").write_text("kind: project\n", "utf-8")
    commit(repository)
    (repository / "new.yaml").write_text("kind: monitor\n", "utf-8")
    assert source_of(inner, {}).dirty is False


def test_a_checkout_of_a_commit_has_no_branch(repository: Path) -> None:
    git(repository, "checkout", "--quiet", "--detach")
    source = source_of(repository, {})
    assert source.branch is None
    assert source.commit is not None


def test_outside_git_nothing_is_made_up(account: Path) -> None:
    source = source_of(account, {})
    assert (source.commit, source.branch, source.dirty) == (None, None, None)


def test_without_git_a_sync_still_has_a_source(account: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert source_of(account, {}).commit is None


@pytest.mark.parametrize(
    ("environment", "job", "branch", "user"),
    [
        (
            {
                "GITHUB_SERVER_URL": "https://github.com",
                "GITHUB_REPOSITORY": "shop/alerting",
                "GITHUB_RUN_ID": "42",
                "GITHUB_REF_NAME": "main",
                "GITHUB_ACTOR": "jan",
            },
            "https://github.com/shop/alerting/actions/runs/42",
            "main",
            "jan",
        ),
        (
            {
                "CI_JOB_URL": "https://gitlab.com/shop/-/jobs/7",
                "CI_COMMIT_REF_NAME": "trunk",
                "GITLAB_USER_LOGIN": "mia",
            },
            "https://gitlab.com/shop/-/jobs/7",
            "trunk",
            "mia",
        ),
        ({"BUILD_URL": "https://u:s3cr3t@ci/job/1/?token=s3cr3t", "BRANCH_NAME": "x"}, "https://ci/job/1/", "x", None),
        ({"TOCSIN_JOB_URL": "https://ci/1", "BUILD_URL": "https://ci/2"}, "https://ci/1", None, None),
    ],
)
def test_a_ci_job_is_told_by_its_page_branch_and_user(
    account: Path, environment: dict[str, str], job: str, branch: str | None, user: str | None
) -> None:
    source = source_of(account, environment)
    assert (source.job, source.branch) == (job, branch)
    assert user in (None, source.user)


def test_the_branch_that_git_knows_comes_before_the_ci_s(repository: Path) -> None:
    assert source_of(repository, {"BRANCH_NAME": "x"}).branch == "trunk"
    git(repository, "checkout", "--quiet", "--detach")
    assert source_of(repository, {"BRANCH_NAME": "x"}).branch == "x"


def test_credentials_of_the_remote_are_left_out_and_long_texts_are_cut(repository: Path) -> None:
    git(repository, "remote", "add", "origin", "https://user:s3cr3t@git.example.com/shop.git?x=s3cr3t")
    source = source_of(repository, {"GITHUB_ACTOR": "j" * 900, "CI_JOB_URL": "https://ci/" + "x" * 900})
    assert source.repository == "https://git.example.com/shop.git"
    assert (len(str(source.user)), len(str(source.job))) == (200, 500)


TELL = """\
#!{python}
import json, os, pathlib
from tocsin.git.source import source_of
told = {{**source_of(pathlib.Path({project!r}), {{}}).model_dump(), "git_dir": os.environ.get("GIT_DIR")}}
pathlib.Path({file!r}).write_text(json.dumps(told), "utf-8")
"""


def told_by_hook(hook: str, project: Path, checkout: Path, *arguments: str) -> dict[str, Any]:
    """Return what a hook of the repository takes for the source, once git with these arguments ran it in `checkout`."""
    file = project.parent / "told.json"
    script = Path(git(checkout, "rev-parse", "--path-format=absolute", "--git-common-dir")) / "hooks" / hook
    script.parent.mkdir(exist_ok=True)
    script.write_text(TELL.format(python=sys.executable, project=str(project), file=str(file)), "utf-8")
    script.chmod(0o755)
    git(checkout, "-c", "user.name=Jan", "-c", "user.email=jan@example.com", *arguments)
    told: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return told


@pytest.fixture
def inner(repository: Path) -> Path:
    """A folder of the repository that has the project, as most repositories do."""
    folder = repository / "definitions"
    folder.mkdir()
    for file in repository.glob("*.yaml"):
        file.rename(folder / file.name)
    commit(repository)
    return folder


@pytest.mark.parametrize("hook", ["post-commit", "post-rewrite"])
def test_a_hook_tells_the_commit_that_was_made(repository: Path, inner: Path, hook: str) -> None:
    amended = ("commit", "--quiet", "--amend", "--allow-empty", "--message", "Again")
    told = told_by_hook(hook, inner, repository, *amended)
    assert (told["commit"], told["branch"], told["dirty"]) == (git(repository, "rev-parse", "HEAD"), "trunk", False)


def test_a_hook_tells_of_a_change_that_is_not_in_the_commit(repository: Path, inner: Path) -> None:
    (inner / "new.yaml").write_text("kind: monitor\n", "utf-8")
    told = told_by_hook("post-commit", inner, repository, "commit", "--quiet", "--allow-empty", "--message", "x")
    assert (told["commit"], told["dirty"]) == (git(repository, "rev-parse", "HEAD"), True)


@pytest.mark.parametrize("hook", ["post-commit", "pre-push"])
@pytest.mark.parametrize("changed", [False, True])
def test_a_hook_in_a_linked_worktree_tells_that_worktree_s_state(
    repository: Path, inner: Path, tmp_path: Path, hook: str, changed: bool
) -> None:
    linked = tmp_path / "linked"
    git(repository, "worktree", "add", "--quiet", "-b", "side", str(linked))
    git(repository, "init", "--quiet", "--bare", str(tmp_path / "hub.git"))
    git(repository, "remote", "add", "origin", str(tmp_path / "hub.git"))
    (inner / "elsewhere.yaml").write_text("kind: monitor\n", "utf-8")
    if changed:
        (linked / "definitions" / "home.yaml").write_text("kind: monitor\n", "utf-8")
    does = {"post-commit": ("commit", "--allow-empty", "--message", "x"), "pre-push": ("push", "origin", "side")}
    told = told_by_hook(hook, linked / "definitions", linked, *does[hook])
    assert told["git_dir"] is not None
    assert (told["commit"], told["branch"]) == (git(linked, "rev-parse", "HEAD"), "side")
    assert told["dirty"] is changed


@pytest.mark.parametrize("git_dir", [".git", "{repository}/.git", "{tmp_path}/elsewhere"])
def test_a_sync_records_the_commit_whatever_git_dir_says(
    tocsin: Tocsin,
    running: RunningDispatcher,
    repository: Path,
    inner: Path,
    tmp_path: Path,
    git_dir: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    head = git(repository, "rev-parse", "HEAD")
    monkeypatch.chdir(repository)
    monkeypatch.setenv("GIT_DIR", git_dir.format(repository=repository, tmp_path=tmp_path))
    monkeypatch.setenv("GIT_INDEX_FILE", os.path.join(".git", "index"))  # noqa: PTH118  # as git says it
    assert tocsin("sync", "--target", "local", "--yes", project=inner).code == 0
    source = running.api.get("/revisions").json()["revisions"][0]["source"]
    assert (source["commit"], source["dirty"]) == (head, False)


def test_a_repository_of_somebody_else_is_named_and_does_not_stop_a_sync(
    tocsin: Tocsin, running: RunningDispatcher, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    assert why_untold(repository) is None
    assert tocsin("sync", "--target", "local", "--yes", project=repository).code == 0
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    running.change(monitor_home={"type": "Https", "url": "https://example.com", "notes": "Call Ada."})
    planned = tocsin("plan", "--target", "local", project=repository)
    assert "belongs to another user, and git doesn't trust it (dubious ownership)" in planned.out
    outcome = tocsin("sync", "--target", "local", "--yes", project=repository)
    assert outcome.code == 0
    assert outcome.err.startswith(
        f"note: git tells nothing of the commit here: the repository `{repository}` belongs to another user"
    )
    assert f"git config --global --add safe.directory '{repository}'" in outcome.err
    assert running.api.get("/revisions").json()["revisions"][0]["source"]["commit"] is None


def test_outside_git_and_in_one_s_own_repository_there_is_nothing_to_say(account: Path) -> None:
    assert why_untold(account) is None
    git(account, "init", "--quiet")
    assert why_untold(account) is None
