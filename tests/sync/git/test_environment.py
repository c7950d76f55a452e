"""What git is given of the environment, and what not."""

import os
import sys
from pathlib import Path

import pytest
from tests.sync.git_repository import commit, git

from tocsin.git.command import answer_of_git, run_git
from tocsin.git.environment import CHANGES_MEANING, LEADS_ASTRAY, environment_of_git, git_program
from tocsin.git.errors import GitError
from tocsin.git.repository import Repository, find_repository

ELSEWHERE = Repository(Path("/home/ada/clone"), Path("/home/ada/clone/.git"))


def test_what_leads_away_or_changes_the_meaning_is_left_out() -> None:
    inherited = dict.fromkeys(LEADS_ASTRAY | CHANGES_MEANING, "/elsewhere") | {"HOME": "/home/ada"}
    given = environment_of_git(ELSEWHERE, inherited, network=False)
    assert "/elsewhere" not in given.values()
    assert given["HOME"] == "/home/ada"


def test_git_looks_no_higher_than_the_repository_that_was_found() -> None:
    given = environment_of_git(ELSEWHERE, {"GIT_CEILING_DIRECTORIES": "/"}, network=False)
    assert given["GIT_CEILING_DIRECTORIES"] == "/home/ada"


@pytest.mark.parametrize(("network", "left"), [(True, "/bin/ask"), (False, "")])
def test_a_build_server_s_way_to_hand_over_a_password_counts_for_a_remote_alone(network: bool, left: str) -> None:
    inherited = {"GIT_ASKPASS": "/bin/ask", "SSH_ASKPASS": "/bin/dialog", "SSH_ASKPASS_REQUIRE": "prefer"}
    given = environment_of_git(ELSEWHERE, inherited, network=network)
    assert (given["GIT_ASKPASS"], given.get("SSH_ASKPASS"), given["SSH_ASKPASS_REQUIRE"]) == (left, None, "never")


def test_programs_are_not_looked_for_in_the_folder_that_is_asked_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tmp_path, "init", "--quiet")
    planted = tmp_path / "git"
    planted.write_text("#!/bin/sh\necho planted\n", "utf-8")
    planted.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", os.pathsep.join([".", "", os.environ["PATH"]]))
    assert git_program() != "./git"
    assert answer_of_git(tmp_path, "rev-parse", "--is-inside-work-tree") == "true"
    monkeypatch.setenv("PATH", ".")
    with pytest.raises(GitError, match="there is none"):
        git_program()


def test_what_a_push_brings_is_seen_in_a_pre_receive_hook(tmp_path: Path) -> None:
    hub, author = tmp_path / "hub", tmp_path / "author"
    hub.mkdir()
    git(hub, "init", "--quiet")
    git(hub, "config", "receive.denyCurrentBranch", "ignore")
    (hub / "file.txt").write_text("one\n", "utf-8")
    commit(hub)
    git(tmp_path, "clone", "--quiet", "hub", "author")
    (author / "file.txt").write_text("two\n", "utf-8")
    commit(author)
    script = (
        f"#!{sys.executable}\n"
        "import pathlib, sys\n"
        "from tocsin.git.command import run_git\n"
        "commit = sys.stdin.read().split()[1]\n"
        f"top = pathlib.Path({str(hub)!r})\n"
        "result = run_git(top, ['cat-file', 'blob', commit + ':file.txt'])\n"
        f"pathlib.Path({str(tmp_path / 'seen')!r}).write_bytes(result.stdout + result.stderr)\n"
    )
    hook = hub / ".git" / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(script, "utf-8")
    hook.chmod(0o755)
    git(author, "push", "--quiet", "origin", "HEAD")
    assert (tmp_path / "seen").read_text("utf-8") == "two\n"


@pytest.mark.parametrize("place", ["elsewhere", "clone/.git", "clone/.git/objects/a/b", "clone/.git/objects/../x"])
def test_a_quarantine_elsewhere_than_in_the_repository_s_objects_is_none(tmp_path: Path, place: str) -> None:
    git(tmp_path, "init", "--quiet", "clone")
    (tmp_path / place).mkdir(parents=True, exist_ok=True)
    given = environment_of_git(
        find_repository(tmp_path / "clone"), {"GIT_QUARANTINE_PATH": str(tmp_path / place)}, network=False
    )
    assert not given.keys() & LEADS_ASTRAY - {"GIT_NO_REPLACE_OBJECTS"}


def test_a_commit_is_what_its_name_says(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    (tmp_path / "file.txt").write_text("one\n", "utf-8")
    commit(tmp_path)
    first = git(tmp_path, "rev-parse", "HEAD").strip()
    (tmp_path / "file.txt").write_text("two\n", "utf-8")
    commit(tmp_path)
    git(tmp_path, "replace", first, "HEAD")
    assert run_git(tmp_path, ["cat-file", "blob", f"{first}:file.txt"]).stdout == b"one\n"


def test_a_repository_of_another_user_is_refused_with_how_to_trust_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tmp_path, "init", "--quiet")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")  # git's own tests of it (t/t0033-safe-directory.sh)
    with pytest.raises(GitError) as raised:
        run_git(tmp_path, ["rev-parse", "--git-dir"])
    assert "belongs to another user" in raised.value.message
    assert raised.value.hint == f"if you trust it: git config --global --add safe.directory '{tmp_path}'"
    assert answer_of_git(tmp_path, "rev-parse", "--git-dir") is None
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "safe.directory")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", str(tmp_path))
    assert answer_of_git(tmp_path, "rev-parse", "--git-dir") == ".git"


def test_what_a_person_set_for_paths_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(tmp_path, "init", "--quiet")
    (tmp_path / "[a]").mkdir()
    (tmp_path / "[a]" / "x.yaml").touch()
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "y.yaml").touch()
    commit(tmp_path)
    listed = ["ls-tree", "-r", "--name-only", "HEAD", "--", "[a]"]
    for name in ("GIT_GLOB_PATHSPECS", "GIT_ICASE_PATHSPECS"):
        monkeypatch.setenv(name, "1")
    assert run_git(tmp_path, listed).stdout == b"[a]/x.yaml\n"
