"""The project file alone, as a commit or a file elsewhere has it: whose targets are trusted."""

from pathlib import Path

from tocsin.git.errors import NoRepositoryError
from tocsin.git.objects import contents, entries, with_submodules
from tocsin.git.repository import find_repository
from tocsin.project.at_revision import followed, root_of
from tocsin.project.discovery import PROJECT_FILE
from tocsin.project.reading import Reading, read_contents

MODULES = "modules"
"""The folder of a repository's `.git` that holds those of its submodules."""


def project_file_at(folder: Path, top: Path, commit: str) -> Reading | None:
    """Read the project file of `folder`, in the working tree `top`, as it is at a commit; None where there is none.

    Where the project is elsewhere in the commit, it is the only one there: it has moved. Submodules are looked into as
    far as they are here. Raises UsageError where git fails.
    """
    here = folder.resolve().relative_to(top).as_posix()
    there, _ = with_submodules(entries(top, commit), top, "")
    root = root_of(there, "" if here == "." else f"{here}/")
    path = followed(there, root + PROJECT_FILE) if root is not None else None
    if path is None:
        return None
    entry = there[path]
    return read_project_file(folder, contents([entry])[entry.name])


def read_project_file(folder: Path, content: bytes) -> Reading:
    """Read a project file that has this content, as that of `folder`; nothing else is read."""
    return read_contents(folder, PROJECT_FILE, {PROJECT_FILE: content})


def outermost(top: Path) -> Path:
    """Return the working tree that a submodule in `top` belongs to, however deep; `top` itself where it is of none.

    A submodule's branches are its own repository's, which whoever names it in `.gitmodules` chooses.
    """
    while _is_submodule(top):
        try:
            top = find_repository(top.parent).top
        except NoRepositoryError:
            break
    return top


def _is_submodule(top: Path) -> bool:
    """Whether the repository of a working tree lies in another one's `.git`, where git puts those of submodules."""
    return (top / ".git").is_file() and MODULES in find_repository(top).git_dir.parts
