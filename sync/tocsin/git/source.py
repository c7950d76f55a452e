"""Where definitions come from: the commit, branch, job and user, as the system's git and the CI system tell."""

import getpass
import os
from collections.abc import Mapping
from pathlib import Path

from tocsin import __version__
from tocsin.git.ci import job_of
from tocsin.git.command import SECONDS_OF_AN_ANSWER, answer_of_git, run_git
from tocsin.git.errors import GitError, OwnershipError
from tocsin.git.working_tree import has_changes
from tocsin_schema.api.source import LOCATION_LIMIT, TEXT_LIMIT, PushSource
from tocsin_schema.text.credentials import without_credentials


def source_of(folder: Path, environment: Mapping[str, str] = os.environ) -> PushSource:
    """Return commit, branch, dirty flag, repository, CI job, user and tool version; None for what can't be told here.

    Addresses come without the credentials that they may hold.
    """
    job = job_of(environment)
    remote = answer_of_git(folder, "remote", "get-url", "origin")
    commit = answer_of_git(folder, "rev-parse", "--verify", "HEAD")
    return PushSource(
        commit=_cut(commit),
        branch=_cut(answer_of_git(folder, "symbolic-ref", "--quiet", "--short", "HEAD") or job.branch),
        repository=_cut(without_credentials(remote) if remote else None, LOCATION_LIMIT),
        job=_cut(job.url, LOCATION_LIMIT),
        user=_cut(job.user or _user()),
        tool_version=__version__,
        dirty=has_changes(folder),
    )


def why_untold(folder: Path) -> str | None:
    """Return why git tells nothing of a folder that lies in a repository, and what to do; None where there is no such reason."""
    try:
        run_git(folder, ["rev-parse", "--git-dir"], seconds=SECONDS_OF_AN_ANSWER)
    except OwnershipError as error:
        return f"git tells nothing of the commit here: {error.message}; {error.hint}"
    except GitError:
        return None
    return None


def _cut(text: str | None, limit: int = TEXT_LIMIT) -> str | None:
    """Return as much of a text as a dispatcher takes."""
    return None if text is None else text[:limit]


def _user() -> str | None:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return None
