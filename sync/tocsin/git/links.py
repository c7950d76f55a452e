"""Links that a pull request lays where a command is told to write: what is written goes nowhere else."""

import os
from collections.abc import Mapping
from pathlib import Path

from tocsin.errors import UntrustedError
from tocsin.git.errors import NoRepositoryError
from tocsin.git.pull_request import pull_request_of
from tocsin.git.repository import find_repository


def refuse_link_elsewhere(file: Path, environment: Mapping[str, str] = os.environ) -> None:
    """Raise UntrustedError where a link of a repository leads to a file outside of it, in a job for a pull request.

    Whoever opens it would choose which file of the machine is written over, and has a say in what with. Links that lie in
    no repository are those of whoever runs the job.
    """
    if pull_request_of(environment) is None:
        return
    place = Path(os.path.normpath(file.absolute()))
    for each in (place, *place.parents):
        if each.is_symlink() and not _stays(each):
            raise UntrustedError(
                f"`{file}` is not written: `{each}` is a link out of its repository, and this job is for a pull request",
                hint="remove the link, or write elsewhere",
            )


def _stays(link: Path) -> bool:
    """Return whether a link leads to files of the repository that it lies in, or lies in none."""
    try:
        repository = find_repository(link.parent)
    except NoRepositoryError:
        return True
    leads_to = link.resolve()
    own = (repository.top / ".git", repository.git_dir)
    return leads_to.is_relative_to(repository.top) and not any(leads_to.is_relative_to(each) for each in own)
