"""Where definitions come from, as git tells."""

import subprocess
from pathlib import Path

import pytest

from tocsin.git.source import source_of


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
