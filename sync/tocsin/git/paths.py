"""Where a project lies in its repository: code hosts name files from the repository's root."""

from pathlib import Path

from tocsin.git.errors import NoRepositoryError
from tocsin.git.repository import find_repository


def prefix_in_repository(folder: Path) -> str:
    """Return the way from the root of the git repository, else from the working folder, to `folder`, with a slash."""
    here = folder.resolve()
    try:
        return _way(here, find_repository(here).top)
    except NoRepositoryError:
        working = Path.cwd()
        return _way(here, working) if here.is_relative_to(working) else ""


def _way(folder: Path, root: Path) -> str:
    way = folder.relative_to(root).as_posix()
    return "" if way == "." else f"{way}/"
