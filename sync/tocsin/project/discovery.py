"""Where the project is: found as git finds its own."""

from collections.abc import Iterator
from pathlib import Path

from tocsin.errors import UsageError

PROJECT_FILE = "tocsin.yaml"
BELOW = ("", "definitions")
"""Where a project file may lie in a folder, in the order of looking."""


def find_project(start: Path | None = None) -> Path:
    """Return the project file: what `start` (`--project`) names, else the nearest one here or above.

    `start` may be the project file, its folder, or a folder that holds `definitions/tocsin.yaml`; it isn't
    searched upwards. Raises UsageError where there is none.
    """
    return _nearest() if start is None else _named(start)


def _named(start: Path) -> Path:
    if _is_file(start):
        if start.name != PROJECT_FILE:
            raise UsageError(
                f"`{start}` is not a project file",
                f"a project file is called `{PROJECT_FILE}`; name it or its folder",
            )
        return start
    found = _in_folder(start)
    if found is not None:
        return found
    if not _exists(start):
        raise UsageError(f"there is no folder `{start}`", "name the folder that holds `tocsin.yaml`")
    raise UsageError(
        f"there is no `{PROJECT_FILE}` in `{start}`, and no `definitions/{PROJECT_FILE}` either",
        "name the folder that holds `tocsin.yaml`",
    )


def _nearest() -> Path:
    try:
        here = Path.cwd()
    except OSError as error:
        raise UsageError("this folder can't be read any more", "go to a folder that exists") from error
    for folder in _and_above(here):
        found = _in_folder(folder)
        if found is not None:
            return found
    raise UsageError(
        f"there is no `{PROJECT_FILE}` in `{here}` or in a folder above",
        "go to the folder that holds `tocsin.yaml`, or name it with `--project DIR`",
    )


def _and_above(folder: Path) -> Iterator[Path]:
    yield folder
    yield from folder.parents


def _in_folder(folder: Path) -> Path | None:
    for below in BELOW:
        candidate = folder / below / PROJECT_FILE
        if _is_file(candidate):
            return candidate
    return None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a folder that we may not look into holds nothing for us
        return False


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False
