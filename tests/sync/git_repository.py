"""A git of the tests' own: no settings of the person who runs them."""

import os
import subprocess
from pathlib import Path

WHO = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@x", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@x"}


def git(folder: Path, *arguments: str) -> str:
    environment = {**os.environ, **WHO, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    command = ["git", "-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True).stdout


def commit(folder: Path) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "x")


def disguise(folder: Path, program: Path) -> None:
    """Make a folder look like a repository of its own whose settings name a program, as files of a commit can."""
    (folder / "objects").mkdir()
    (folder / "refs" / "heads").mkdir(parents=True)
    (folder / "objects" / ".keep").touch()
    (folder / "refs" / "heads" / ".keep").touch()
    (folder / "HEAD").write_text("ref: refs/heads/main\n", "utf-8")
    lines = [
        "[core]",
        "repositoryformatversion = 0",
        "bare = false",
        f'worktree = "{folder}"',
        f'fsmonitor = "{program}"',
        "hooksPath = hooks",
    ]
    (folder / "config").write_text("\n".join([*lines, "[alias]", f'status = "!{program}"', ""]), "utf-8")


def program_that_leaves_a_trace(folder: Path) -> tuple[Path, Path]:
    """Write a program that touches a file; return both."""
    program, trace = folder / "program", folder / "trace"
    program.write_text(f"#!/bin/sh\ntouch '{trace}'\nexit 1\n", "utf-8")
    program.chmod(0o755)
    return program, trace
