"""What the files of a folder are to git: as the last commit has them, or not."""

from pathlib import Path

from tocsin.git.command import answer_of_git
from tocsin.git.errors import NoRepositoryError
from tocsin.git.objects import SUBMODULE, submodule_at
from tocsin.git.repository import find_repository

STATUS = ("status", "--porcelain", "--no-renames", "--untracked-files=normal", "--ignore-submodules=dirty")
"""Submodules are asked one by one: git would ask them with the filters that their own settings name."""

DIFF = ("diff", "--name-only", "--no-renames", "-z", "--ignore-submodules=dirty")


def has_changes(folder: Path) -> bool | None:
    """Whether a folder has changed or new files since the last commit, in submodules too; None where git doesn't tell."""
    try:
        repository = find_repository(folder)
    except NoRepositoryError:
        return None
    below = repository.path_of(folder)
    changes = answer_of_git(folder, *STATUS, "--", below)
    if changes is None or changes:
        return None if changes is None else True
    listed = answer_of_git(folder, "ls-tree", "-r", "-z", "--full-tree", "HEAD", "--", below) or ""
    for line in listed.split("\0"):
        described, _, path = line.partition("\t")
        if described.startswith(SUBMODULE):
            submodule = submodule_at(repository.top, path)
            if submodule is not None and has_changes(submodule):
                return True
    return False


def unchanged_files(folder: Path) -> set[str] | None:
    """Return the files of a folder that are as the last commit has them, by their way from it; None where git doesn't tell."""
    try:
        below = find_repository(folder).path_of(folder)
    except NoRepositoryError:
        return None
    tree, relative = ("HEAD", ()) if below == "." else (f"HEAD:{below}", (f"--relative={below}",))
    committed = answer_of_git(folder, "ls-tree", "-r", "-z", "--name-only", "--full-tree", tree)
    changed = answer_of_git(folder, *DIFF, *relative, "HEAD", "--", below)
    return None if committed is None or changed is None else set(committed.split("\0")) - set(changed.split("\0"))
