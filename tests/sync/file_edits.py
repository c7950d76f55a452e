"""Changing the files of an account, and committing them."""

import subprocess
from pathlib import Path


def edit(file: Path, before: str, after: str) -> None:
    """Write one text in place of another that is there."""
    text = file.read_text("utf-8")
    assert before in text
    file.write_text(text.replace(before, after), "utf-8")


def git(folder: Path, *arguments: str) -> str:
    """Run git as somebody who may commit; return what it prints."""
    settings = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", "-C", str(folder), *settings, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit(folder: Path) -> str:
    """Commit all that is there, in a repository of its own; return the commit in short."""
    git(folder, "init", "--quiet", "--initial-branch", "main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "a step")
    return git(folder, "rev-parse", "--short=7", "HEAD")
