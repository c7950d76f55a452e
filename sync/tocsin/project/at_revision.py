"""The definitions as they were at a commit, read from git's objects: nothing is checked out."""

import os
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tocsin.errors import UsageError
from tocsin.git.command import decode, run_git
from tocsin.git.objects import FILE, LINK, Entry, contents, entries, with_submodules
from tocsin.git.repository import NEEDS, find_repository
from tocsin.git.revisions import only_commit_of
from tocsin.project.discovery import PROJECT_FILE
from tocsin.project.files import select_names
from tocsin.project.reading import Reading, read_contents

LINKS = 10
"""Links that lead to links, in one file."""

POINTER = b"version https://git-lfs.github.com/spec/v1\n"
"""How a file begins that git itself has no content of (Git LFS, "Specification")."""

COMMIT = re.compile(r"[0-9a-f]{7,64}")


@dataclass(frozen=True, slots=True)
class Start:
    """Where a comparison starts: a commit of the repository whose working tree is in `top`.

    `revision` is the branch, tag or commit that was asked for, as git takes it. `has_merge_base` is whether the commit is
    where this branch left that; False where no common commit is known, as in a shallow clone, and it is that itself.
    """

    top: Path
    revision: str
    commit: str
    has_merge_base: bool = True


@dataclass(frozen=True, slots=True)
class ProjectAtCommit:
    """A project as it was. `folder` is where it was, from the repository's root, None where there was none.

    `pointers` are files that git has no content of (Git LFS), `unread` submodules that are not there: both left out.
    """

    reading: Reading
    folder: str | None
    pointers: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


def reading_at(folder: Path, revision: str) -> Reading:
    """Read the project of `folder` as it was where this branch left `revision`.

    Where the two have no common commit, as in a shallow clone, it is read as it is at `revision` itself. A project that
    did not exist has no files. Raises UsageError where there is no git, no repository or no such commit.
    """
    return read_at(folder, start_of(folder, revision)).reading


def start_of(folder: Path, revision: str) -> Start:
    """Return where this branch left `revision`.

    Raises UsageError where there is no git, no repository or no such commit, RefusedError where it may mean several: a tag
    that is called as the branch would make any change look like none.
    """
    top = top_of(folder)
    commit = only_commit_of(top, revision)
    if commit is None:
        raise UsageError(f"git knows no revision `{revision}` here", where_to_get(top, revision))
    common = decode(run_git(top, ["merge-base", "HEAD", commit]).stdout)
    return Start(top, revision, common or commit, has_merge_base=bool(common))


def read_at(folder: Path, start: Start) -> ProjectAtCommit:
    """Read the project of `folder` as it was at the start of a comparison; raises UsageError where git fails."""
    here = folder.resolve().relative_to(start.top).as_posix()
    there = entries(start.top, start.commit)
    root = root_of(there, "" if here == "." else here + "/")
    if root is None:
        return ProjectAtCommit(read_contents(folder, PROJECT_FILE, {}), None)
    there, unread = with_submodules(there, start.top, root)
    files = _contents(there, root)
    pointers = tuple(name for name, content in files.items() if content.startswith(POINTER))
    read = {name: content for name, content in files.items() if name not in pointers}
    return ProjectAtCommit(read_contents(folder, PROJECT_FILE, read), root.rstrip("/") or ".", pointers, tuple(unread))


def top_of(folder: Path) -> Path:
    """Return the folder of the working tree that `folder` is in; raises UsageError where there is none."""
    top = find_repository(folder).top
    done = run_git(folder, ["rev-parse", "--show-toplevel"])
    if done.returncode:
        complaint = decode(done.stderr).removeprefix("fatal: ").partition("\n")[0]
        raise UsageError(f"{NEEDS}: {complaint}", "go to a clone of the repository")
    told = Path(os.fsdecode(done.stdout.removesuffix(b"\n"))).resolve()
    if told != top:
        raise UsageError(
            f"the repository in `{top}` says that its working tree is `{told}`",
            "go to a clone whose files lie beside its `.git`, or take back: git config core.worktree",
        )
    return top


def is_shallow(top: Path) -> bool:
    """Whether the repository lacks history."""
    return decode(run_git(top, ["rev-parse", "--is-shallow-repository"]).stdout) == "true"


def where_to_get(top: Path, revision: str) -> str:
    """Say how to get a revision that is not here: clones for a build often lack what they are compared with."""
    remotes = decode(run_git(top, ["remote"]).stdout).split()
    remote, _, branch = revision.partition("/")
    if branch and remote in remotes and re.fullmatch(r"[\w./-]+", branch):
        return f"fetch it first: git fetch --depth=1 {remote} +refs/heads/{branch}:refs/remotes/{remote}/{branch}"
    if COMMIT.fullmatch(revision) and remotes:
        from_where = "origin" if "origin" in remotes else remotes[0]
        return f"fetch it first: git fetch --depth=1 {from_where} {revision}"
    if remotes and is_shallow(top):
        return "name a branch, tag or commit; this clone is shallow: git fetch --unshallow gets all of it"
    return "name a branch, tag or commit"


def root_of(there: Mapping[str, Entry], here: str) -> str | None:
    """Return the project's folder, with a slash: where it is now, else the only one there was: it has moved."""
    roots = [each.removesuffix(PROJECT_FILE) for each in there if ("/" + each).endswith("/" + PROJECT_FILE)]
    if here in roots:
        return here
    return roots[0] if len(roots) == 1 else None


def _contents(there: Mapping[str, Entry], root: str) -> dict[str, bytes]:
    names = select_names(path.removeprefix(root) for path in there if path.startswith(root))
    files = {name: root + name for name in names if there[root + name].mode.startswith(FILE)}
    links = {name: root + name for name in names if there[root + name].mode.startswith(LINK)}
    for name, path in links.items():
        target = followed(there, path)
        if target is not None and target.startswith(root) and target not in files.values():
            files[name] = target
    blobs = contents(there[path] for path in files.values())
    return {name: blobs[there[path].name] for name, path in files.items()}


def followed(there: Mapping[str, Entry], path: str) -> str | None:
    """Return the file that a link leads to, None where it leads nowhere or out of the repository."""
    for _ in range(LINKS):
        entry = there.get(path)
        if entry is None or not entry.mode.startswith(LINK):
            return path if entry is not None and entry.mode.startswith(FILE) else None
        target = contents([entry])[entry.name].decode("utf-8", "backslashreplace")
        path = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    return None
