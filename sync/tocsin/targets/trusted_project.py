"""The project file whose targets are trusted: that of a revision or a file, or of what a pull request is for."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tocsin.errors import UntrustedError, UsageError
from tocsin.git.command import decode, run_git
from tocsin.git.errors import NoRepositoryError
from tocsin.git.pull_request import PullRequest, pull_request_of
from tocsin.git.repository import find_repository
from tocsin.git.revisions import branch_of_remote, only_commit_of
from tocsin.project.at_revision import top_of, where_to_get
from tocsin.project.discovery import PROJECT_FILE
from tocsin.project.project_file_at import outermost, project_file_at, read_project_file
from tocsin.project.reading import Reading
from tocsin.workspace import check_reading
from tocsin.yaml.limits import FILE_SIZE
from tocsin_schema.models import Project

OPTION = "--trust-targets-from"
FILES = ("/", "./", "../", "~")
"""How an argument begins that is a file, whatever tags and branches there are."""


@dataclass(frozen=True, slots=True)
class TrustedProject:
    """A project file that is trusted; `where` says which.

    `earlier` is the project as it was where this branch left it, as far as that is known. `top` is the folder that may
    hold what nobody has looked at: the working tree of the repository.
    """

    project: Project
    where: str
    top: Path
    earlier: Project | None = None


def trusts_working_tree(project_file: Path, asked: str | None, environment: Mapping[str, str]) -> bool:
    """Whether the project's own files are trusted: outside of pull requests, and where the operator names them."""
    if asked is None:
        return pull_request_of(environment) is None
    return _is_file(asked) and _same(Path(asked).expanduser(), project_file)


def own_project(project_file: Path) -> Project:
    """Return the project file that is here, whatever else the folder holds; raises UsageError where it can't be used."""
    project = check_reading(read_project_file(project_file.parent, _content(project_file, "the project file"))).project
    if project is None:
        raise UsageError(f"the project file {project_file} can't be used", hint="`tocsin validate` there says why")
    return project


def trusted_project(project_file: Path, asked: str | None, environment: Mapping[str, str]) -> TrustedProject | None:
    """Return the project file that is trusted, None where it is the one in the working tree.

    `asked` is what `--trust-targets-from` says. Raises UsageError where that is nothing that can be read, UntrustedError
    where a pull request's base is not here or has no project file.
    """
    if trusts_working_tree(project_file, asked, environment):
        return None
    folder = project_file.parent
    if asked is not None:
        return _asked(folder, asked)
    pull_request = pull_request_of(environment)
    return _of_base(folder, pull_request) if pull_request is not None else None


def _asked(folder: Path, asked: str) -> TrustedProject:
    top: Path | None = None
    commit, hint = None, ""
    try:
        top = outermost(top_of(folder))
        commit = only_commit_of(top, asked) if not asked.startswith(FILES) else None
        hint = where_to_get(top, asked)
    except UsageError as error:
        hint = f"name a file; a revision can't be read: {error.message}"
    is_file = _is_file(asked)
    if commit is not None and is_file:
        raise UsageError(
            f"{OPTION}: `{asked}` is a revision and a file",
            f"write ./{asked} for the file, or the whole name of the ref",
        )
    if top is not None and commit is not None:
        return _at(folder, top, commit, f"`{asked}`")
    if not is_file:
        raise UsageError(f"{OPTION}: there is neither a revision nor a file `{asked}` here", hint)
    content = _content(Path(asked).expanduser(), OPTION)
    project = _usable(read_project_file(folder, content), f"the file `{asked}`")
    return TrustedProject(project, f"the file `{asked}`", top or folder.resolve())


def _of_base(folder: Path, pull_request: PullRequest) -> TrustedProject:
    job = f"this job of {pull_request.system} is for a pull request"
    try:
        top = outermost(top_of(folder))
    except UsageError as error:
        raise UntrustedError(
            f"{job}, and what its base has can't be read: {error.message}",
            hint=f"mend that, or say whose targets are trusted: {OPTION} FILE",
        ) from error
    name, commit = branch_of_remote(top, pull_request.base) if pull_request.base is not None else ("", None)
    if commit is None and pull_request.commit is not None:
        commit = only_commit_of(top, pull_request.commit)
        name = name if commit is not None and name else pull_request.commit
    if pull_request.base is None and commit is None:
        raise UntrustedError(
            f"{job}, and its environment does not say which branch that is to be merged into",
            hint=f"say whose targets are trusted: {OPTION} origin/main",
        )
    if commit is None:
        remote, _, branch = name.partition("/")
        raise UntrustedError(
            f"{job} into `{pull_request.base}`, whose targets are trusted, and this clone lacks `{name}`",
            hint="fetch it first: "
            + shlex.join(["git", "fetch", "--depth=1", remote, f"+refs/heads/{branch}:refs/remotes/{name}"]),
        )
    return _at(folder, top, commit, f"`{name}`")


def _at(folder: Path, top: Path, commit: str, name: str) -> TrustedProject:
    _refuse_links(folder, top)
    where = f"{name} (commit {commit[:10]})"
    reading = project_file_at(folder, top, commit)
    if reading is None:
        raise UntrustedError(
            f"{where}, whose targets are trusted, has no {PROJECT_FILE} yet: no target is used",
            hint="merge the project file first; `tocsin validate`, `render` and `review` need no target. "
            f"Whoever runs this may trust another one: {OPTION} FILE",
        )
    return TrustedProject(_usable(reading, where), where, top, _earlier(folder, top, commit))


def _earlier(folder: Path, top: Path, commit: str) -> Project | None:
    """Return the project as it was where this branch left a commit; None where it can't be told."""
    common = decode(run_git(top, ["merge-base", "HEAD", commit]).stdout)
    if not common or common == commit:
        return None
    reading = project_file_at(folder, top, common)
    return check_reading(reading).project if reading is not None else None


def _usable(reading: Reading, where: str) -> Project:
    project = check_reading(reading).project
    if project is None:
        raise UntrustedError(
            f"{PROJECT_FILE} of {where}, whose targets are trusted, can't be used by this version of Tocsin",
            hint="`tocsin validate` there says why",
        )
    return project


def _refuse_links(folder: Path, top: Path) -> None:
    """Raise UntrustedError where a link of another repository leads to the project: what it leads to has branches of its own."""
    for each in (folder.absolute(), *folder.absolute().parents):
        if not each.is_symlink():
            continue
        try:
            holder = outermost(find_repository(each.parent).top)
        except NoRepositoryError:
            continue
        if holder != top:
            raise UntrustedError(
                f"the link `{each}` leads out of its repository, into one whose branches nobody vouches for",
                hint="name the project's own folder: tocsin --project DIR ...",
            )


def _content(file: Path, what: str) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(FILE_SIZE + 1)  # a larger one is refused as any file is
    except OSError as error:
        raise UsageError(f"{what}: {file} can't be read: {error.strerror}") from error


def _is_file(asked: str) -> bool:
    try:
        return Path(asked).expanduser().is_file()
    except (OSError, ValueError, RuntimeError):
        return False


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False
