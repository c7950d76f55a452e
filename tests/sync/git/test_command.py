"""The one way to run git: whose repository it looks at, and what stops it."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.sync.git_repository import commit, git

from tocsin.git import command
from tocsin.git.command import answer_of_git, require_success, run_git
from tocsin.git.environment import LEADS_ASTRAY
from tocsin.git.errors import GitError, GitTimeoutError

SETTINGS = {"GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT"}
"""What a person says with `git -c`, and a build of its `safe.directory`: that is meant for us too."""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one file, committed."""
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "file.txt").write_text("one\n", "utf-8")
    git(folder, "init", "--quiet")
    commit(folder)
    return folder


def pretend_git(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a program called git before the real one."""
    file = folder / "bin" / "git"
    file.parent.mkdir()
    file.write_text(f"#!{sys.executable}\n{script}\n", "utf-8")
    file.chmod(0o755)
    monkeypatch.setenv("PATH", str(file.parent), prepend=os.pathsep)


def test_every_variable_that_this_git_gives_its_hooks_is_left_out() -> None:
    told = subprocess.run(["git", "rev-parse", "--local-env-vars"], capture_output=True, text=True, check=True).stdout
    assert set(told.split()) - SETTINGS <= LEADS_ASTRAY


def test_the_folder_s_own_repository_is_asked_whatever_a_hook_says(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "--quiet")
    head = git(repository, "rev-parse", "HEAD").strip()
    for name in LEADS_ASTRAY:
        monkeypatch.setenv(name, str(other / ".git"))
    assert answer_of_git(repository, "rev-parse", "HEAD") == head
    assert answer_of_git(repository, "rev-parse", "--show-toplevel") == str(repository.resolve())


def test_settings_given_to_git_are_heeded(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "tocsin.test")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "yes")
    assert answer_of_git(repository, "config", "tocsin.test") == "yes"


def test_what_fails_is_told_with_git_s_words_and_how_to_try_it(repository: Path) -> None:
    result = run_git(repository, ["rev-parse", "--verify", "nothing"])
    with pytest.raises(GitError) as raised:
        require_success(result)
    assert raised.value.message == "`git rev-parse` failed: fatal: Needed a single revision"
    assert raised.value.hint == f"try it by hand: git -C {repository} rev-parse --verify nothing"
    assert answer_of_git(repository, "rev-parse", "--verify", "nothing") is None


def test_a_question_longer_than_a_pipe_holds_is_asked_and_answered(repository: Path) -> None:
    name = git(repository, "rev-parse", "HEAD:file.txt").strip()
    result = run_git(repository, ["cat-file", "--batch"], stdin=f"{name}\n".encode() * 5_000)
    assert require_success(result) == f"{name} blob 4\none\n\n".encode() * 5_000


def test_a_git_that_reads_no_question_is_no_failure_of_ours(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend_git(tmp_path, "raise SystemExit(3)", monkeypatch)
    assert run_git(repository, ["cat-file", "--batch"], stdin=b"x" * 1_000_000).returncode == 3


def test_a_git_that_hangs_is_stopped_with_what_it_started(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / "lock"
    pretend_git(
        tmp_path,
        "import fcntl, subprocess, sys\n"
        f"lock = open({str(lock)!r}, 'w')\n"
        "fcntl.flock(lock, fcntl.LOCK_EX)\n"
        "held = [lock.fileno()]\n"
        "subprocess.run([sys.executable, '-c', 'import signal; signal.pause()'], pass_fds=held)",
        monkeypatch,
    )
    with pytest.raises(GitTimeoutError, match=r"git took more than 1 seconds"):
        run_git(repository, ["status"], seconds=1)
    with lock.open("w") as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)  # which waits until nobody is left


def test_a_git_that_prints_without_end_is_stopped(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend_git(tmp_path, "while True: print('x' * 1000)", monkeypatch)
    monkeypatch.setattr(command, "MOST_BYTES", 1_000_000)
    with pytest.raises(GitError, match="git printed more than 1000000 bytes"):
        run_git(repository, ["log"])


def test_nobody_is_asked_and_no_other_machine_unless_that_is_meant(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend_git(tmp_path, "import os, sys; print(sys.stdin.read(), os.environ)", monkeypatch)
    here, there = (run_git(repository, ["x"], network=network).stdout.decode() for network in (False, True))
    assert "'GIT_TERMINAL_PROMPT': '0'" in here
    assert "'GIT_TERMINAL_PROMPT': '0'" in there
    assert "'GIT_ALLOW_PROTOCOL': 'none'" in here
    assert "GIT_ALLOW_PROTOCOL" not in there


def test_without_git_it_is_said_that_there_is_none(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(GitError, match="there is none"):
        run_git(repository, ["status"])
