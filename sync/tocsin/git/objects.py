"""Files of a commit, read from git's objects: no checkout, no network, nothing written."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tocsin.errors import UsageError
from tocsin.git.command import decode, require_success, run_git
from tocsin.git.errors import NoRepositoryError
from tocsin.git.repository import find_repository

FILE, LINK, SUBMODULE = "100", "120", "160"


@dataclass(frozen=True, slots=True)
class Entry:
    """What a commit has at a path: mode, object, and the folder of the repository that has the object."""

    mode: str
    name: str
    repository: Path


def entries(repository: Path, commit: str) -> dict[str, Entry]:
    """Return what a commit has, by path; raises UsageError where git fails."""
    listed = require_success(run_git(repository, ["ls-tree", "-r", "-z", "--full-tree", commit]))
    found = {}
    for line in listed.split(b"\0"):
        described, _, path = line.partition(b"\t")
        if path:
            mode, _, name = described.decode("ascii").split(" ")
            found[path.decode("utf-8", "backslashreplace")] = Entry(mode, name, repository)
    return found


def with_submodules(found: dict[str, Entry], top: Path, below: str) -> tuple[dict[str, Entry], list[str]]:
    """Return entries with those of the submodules `below` a folder (with a slash), and the submodules that can't be read.

    A submodule is read at the commit that its repository records, where it is there.
    """
    inside: dict[str, Entry] = {}
    unread: list[str] = []
    for path, entry in found.items():
        if entry.mode.startswith(SUBMODULE) and path.startswith(below):
            repository = submodule_at(top, path)
            if repository is not None and commit_of(repository, entry.name) is not None:
                more, lacking = with_submodules(entries(repository, entry.name), repository, "")
                inside |= {f"{path}/{name}": each for name, each in more.items()}
                unread += [f"{path}/{name}" for name in lacking]
            else:
                unread.append(path)
    return found | inside, unread


def submodule_at(top: Path, path: str) -> Path | None:
    """Return the folder of a submodule of the repository in `top`, None where it isn't there.

    It has a `.git` of its own, and no link leads there: the path is what a commit says, and that may be anybody's.
    """
    folder = top.resolve() / path
    if folder.resolve() != folder:
        return None
    try:
        return folder if find_repository(folder).top == folder else None
    except NoRepositoryError:
        return None


def commit_of(repository: Path, revision: str) -> str | None:
    """Return the full name of the commit that a revision means, None where the repository has none."""
    if revision.startswith("-") or not revision or "\0" in revision:
        return None
    found = run_git(repository, ["rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}"])
    commit = decode(found.stdout)
    return commit if commit and not found.returncode else None


def contents(wanted: Iterable[Entry]) -> dict[str, bytes]:
    """Return the contents of entries by object, in one call for each repository; raises UsageError where one lacks."""
    by_repository: dict[Path, set[str]] = {}
    for each in wanted:
        by_repository.setdefault(each.repository, set()).add(each.name)
    found: dict[str, bytes] = {}
    for repository, names in by_repository.items():
        found.update(_blobs(repository, sorted(names)))
    return found


def _blobs(repository: Path, names: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    asked = "".join(f"{name}\n" for name in names).encode("ascii")
    done = run_git(repository, ["cat-file", "--batch"], stdin=asked)
    out, at = done.stdout, 0
    for name in names:
        header, _, _ = out[at : at + 200].partition(b"\n")
        parts = header.split(b" ")
        if len(parts) != 3:
            complaint = decode(header or done.stderr).rpartition("\n")[2].removeprefix("fatal: ")
            raise UsageError(
                f"git lacks an object of this revision: {complaint}",
                "fetch it first; of a partial clone, git fetch --refetch --no-filter gets what was left out",
            )
        start = at + len(header) + 1
        at = start + int(parts[2]) + 1
        yield name, out[start : at - 1]
