"""The repository that a folder lies in: found by its real `.git`, whatever the folder's own files look like.

Git itself also takes a folder with `HEAD`, `objects` and `refs` for a repository, and then does what its `config` says.
Whoever opens a pull request can fill a folder so. What they can't make is a `.git`: git refuses that name in every commit
(verify_path in git's read-cache.c). So `.git` alone counts here.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from tocsin.git.errors import NoRepositoryError

POINTER = b"gitdir: "
"""How a `.git` begins that is a file, as in linked working trees and submodules (gitrepository-layout)."""

LONGEST_POINTER = 1 << 14

NEEDS = "reading a revision needs a git repository"


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository with a working tree in `top`; `git_dir` is what its `.git` is or leads to."""

    top: Path
    git_dir: Path

    @property
    def objects(self) -> Path:
        """Where it keeps its objects; linked working trees share them."""
        return _shared(self.git_dir) / "objects"

    def path_of(self, folder: Path) -> str:
        """Return the way from the top to a folder below it, with slashes; `.` for the top itself."""
        return folder.resolve().relative_to(self.top).as_posix()


def find_repository(folder: Path, environment: Mapping[str, str] = os.environ) -> Repository:
    """Return the repository that a folder lies in; raises NoRepositoryError where there is none.

    As git does, it looks no further up than GIT_CEILING_DIRECTORIES, nor beyond the file system of the folder, unless
    GIT_DISCOVERY_ACROSS_FILESYSTEM says so (git(1)), and passes over a `.git` folder that holds no repository.
    """
    for top in _candidates(folder.resolve(), environment):
        if (git_dir := _git_dir(top)) is not None:
            return Repository(top, git_dir)
    raise NoRepositoryError(f"{NEEDS}: `{folder}` lies in none", "go to a clone of the repository")


def _candidates(folder: Path, environment: Mapping[str, str]) -> Iterator[Path]:
    """Yield a folder and those above it, as far as git looks."""
    ceilings = {
        Path(each).resolve() for each in environment.get("GIT_CEILING_DIRECTORIES", "").split(os.pathsep) if each
    }
    across = environment.get("GIT_DISCOVERY_ACROSS_FILESYSTEM", "").lower() in ("1", "true", "yes", "on")
    here = _device(folder)
    for each in (folder, *folder.parents):
        if each != folder and (each in ceilings or not (across or _device(each) == here)):
            return
        yield each


def _git_dir(top: Path) -> Path | None:
    """Return what `.git` of a folder is or leads to, None where there is none; raises NoRepositoryError for a broken one."""
    found = top / ".git"
    if S_ISREG(_mode(found)):
        leads_to = _pointed_at(found)
        if leads_to is None or not _holds_repository(leads_to):
            raise NoRepositoryError(
                f"{NEEDS}: `{found}` leads to none", "was it moved? `git worktree repair` or a new clone mends it"
            )
        return leads_to
    return found.resolve() if _holds_repository(found) else None


def _pointed_at(file: Path) -> Path | None:
    """Return where a `.git` file leads, None where it isn't one."""
    try:
        with file.open("rb") as opened:
            content = opened.read(LONGEST_POINTER)
    except OSError:
        return None
    path = content.removeprefix(POINTER).rstrip(b"\r\n")
    if path == content or not path or b"\0" in path:
        return None
    return (file.parent / os.fsdecode(path)).resolve()


def _holds_repository(git_dir: Path) -> bool:
    """Whether a folder is laid out as git's own are (is_git_directory in git's setup.c)."""
    shared = _shared(git_dir)
    head = _mode(git_dir / "HEAD", follow_symlinks=False)  # of old, a link to a branch that may not be there yet
    return head != 0 and S_ISDIR(_mode(shared / "objects")) and S_ISDIR(_mode(shared / "refs"))


def _shared(git_dir: Path) -> Path:
    """Return the folder with what all working trees of a repository share."""
    try:
        with (git_dir / "commondir").open("rb") as opened:
            return (git_dir / os.fsdecode(opened.read(LONGEST_POINTER).rstrip(b"\r\n"))).resolve()
    except (OSError, ValueError):
        return git_dir


def _mode(path: Path, *, follow_symlinks: bool = True) -> int:
    """Return what `stat` says of the kind of a path; 0 where there is nothing, or nothing that we may see."""
    try:
        return path.stat(follow_symlinks=follow_symlinks).st_mode
    except OSError:
        return 0


def _device(folder: Path) -> int | None:
    try:
        return folder.stat().st_dev
    except OSError:
        return None
