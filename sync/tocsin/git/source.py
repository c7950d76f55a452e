"""Where definitions come from: the commit, branch, job and user, as the system's git and the CI system tell."""

import getpass
import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue

from tocsin import __version__
from tocsin.git.ci import job_of
from tocsin.git.command import answer_of_git
from tocsin_schema.text.credentials import without_credentials

LONGEST = {"repository": 500, "job": 500}
"""Characters that a dispatcher takes of these; of the others 200."""


def source_of(folder: Path, environment: Mapping[str, str] = os.environ) -> dict[str, JsonValue]:
    """Return commit, branch, dirty flag, repository, CI job, user and tool version; None for what can't be told here.

    Addresses come without the credentials that they may hold.
    """
    job = job_of(environment)
    remote = answer_of_git(folder, "remote", "get-url", "origin")
    commit = answer_of_git(folder, "rev-parse", "HEAD")
    changes = answer_of_git(folder, "status", "--porcelain", "--no-renames", "--", ".")
    texts = {
        "commit": commit,
        "branch": answer_of_git(folder, "symbolic-ref", "--quiet", "--short", "HEAD") or job.branch,
        "repository": without_credentials(remote) if remote else None,
        "job": job.url,
        "user": job.user or _user(),
        "tool_version": __version__,
    }
    cut = {name: text[: LONGEST.get(name, 200)] if text is not None else None for name, text in texts.items()}
    return {**cut, "dirty": bool(changes) if changes is not None else None}


def _user() -> str | None:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return None
