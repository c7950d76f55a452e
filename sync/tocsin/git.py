"""Where definitions come from: the commit, branch and user, as the system's git tells."""

import getpass
import subprocess
from pathlib import Path

from pydantic import JsonValue

from tocsin import __version__

SECONDS = 5


def source_of(folder: Path) -> dict[str, JsonValue]:
    """Give commit, branch, dirty flag, user and tool version; None for what git can't tell here."""
    commit = answer_of_git(folder, "rev-parse", "HEAD")
    changes = answer_of_git(folder, "status", "--porcelain", "--", ".")
    return {
        "commit": commit,
        "branch": answer_of_git(folder, "symbolic-ref", "--quiet", "--short", "HEAD"),
        "dirty": bool(changes) if changes is not None else None,
        "user": _user(),
        "tool_version": __version__,
    }


def answer_of_git(folder: Path, *arguments: str) -> str | None:
    """Give what git prints; None where it fails, is not there or takes too long."""
    try:
        done = subprocess.run(  # noqa: S603
            ["git", "--no-optional-locks", "-C", str(folder), *arguments],  # noqa: S607
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    return done.stdout.strip()


def _user() -> str | None:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return None
