"""The YAML files of a project, and what stands where a file should be."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from tocsin.project.discovery import PROJECT_FILE
from tocsin.project.receiver_schemas import SCHEMA_ENDINGS

ENDINGS = (".yaml", ".yml")
NO_FILE = "neither a file nor a folder"


class Found(NamedTuple):
    """A file to read, or with `problem` one that can't be; `name` is relative to the project's folder, with slashes."""

    path: str
    name: str
    problem: str | None = None
    help: str | None = None
    link: bool = False


def yaml_files(folder: Path) -> list[Found]:
    """Return the YAML files below a folder: those of each folder by name, then those of its folders.

    Left out are hidden files and folders, schemas of receivers, folders with a project file of their own, and links to files that are
    found anyway. Links that lead out of the folder and folders that can't be opened come with their problem.
    """
    found = list(_below(str(folder), ""))
    if not any(each.link for each in found):
        return found
    root = folder.resolve()
    real = {Path(each.path).resolve() for each in found if not each.link}
    return [judged for each in found if (judged := _followed(each, root, real)) is not None]


def _below(folder: str, prefix: str) -> Iterator[Found]:
    try:
        with os.scandir(folder) as listing:
            entries = sorted((each for each in listing if _is_looked_at(each.name)), key=lambda each: each.name)
    except OSError as error:
        yield Found(folder, _shown(prefix.rstrip("/")) or ".", f"can't be opened: {error.strerror}")
        return
    if prefix and any(each.name == PROJECT_FILE for each in entries):
        return
    for entry in entries:
        name = _shown(prefix + entry.name)
        if entry.is_symlink():
            if entry.name.endswith(ENDINGS) or Path(entry.path).is_dir():
                yield Found(entry.path, name, link=True)
        elif entry.name.endswith(ENDINGS) and not entry.is_dir(follow_symlinks=False):
            regular = entry.is_file(follow_symlinks=False)
            yield Found(entry.path, name) if regular else Found(entry.path, name, NO_FILE, "remove it")
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _below(entry.path, f"{prefix}{entry.name}/")


def _is_looked_at(name: str) -> bool:
    return not name.startswith(".") and not name.endswith(SCHEMA_ENDINGS)


def _followed(found: Found, root: Path, real: set[Path]) -> Found | None:
    """Return a link with what is against reading it; None where what it leads to is read anyway, or is a folder."""
    if not found.link:
        return found
    try:
        target = Path(found.path).resolve(strict=True)
    except (OSError, RuntimeError):
        return found._replace(problem="a link that leads nowhere", help="mend or remove the link")
    if not target.is_relative_to(root):
        return found._replace(problem="a link that leads out of the project", help="copy the file, or remove the link")
    if target in real or target.is_dir():
        return None
    return found if target.is_file() else found._replace(problem=NO_FILE, help="remove the link")


def _shown(name: str) -> str:
    """Return a name as text, whatever bytes it is made of."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def in_folders(name: str) -> list[tuple[bool, str]]:
    """Return what sorts names as `yaml_files` does: those of a folder first, then those of its folders."""
    *folders, last = name.split("/")
    return [*((True, each) for each in folders), (False, last)]


def select_names(names: Iterable[str]) -> list[str]:
    """Return those names, relative to the project's folder, that `yaml_files` would find, and the schemas of receivers."""
    known = [name for name in names if not any(part.startswith(".") for part in name.split("/"))]
    other_projects = tuple(name.removesuffix(PROJECT_FILE) for name in known if name.endswith("/" + PROJECT_FILE))
    return [
        name for name in known if name.endswith((*ENDINGS, *SCHEMA_ENDINGS)) and not name.startswith(other_projects)
    ]
