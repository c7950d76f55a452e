"""Writing what was pulled: nothing over work that git does not have, each file whole, or none of them."""

import contextlib
from codecs import BOM_UTF8
from collections.abc import Iterable, Mapping
from pathlib import Path

from tocsin.atomic_files import StagedFile, put_in_place, stage
from tocsin.editing.file_texts import WriteError
from tocsin.git.working_tree import unchanged_files


def uncommitted(folder: Path, names: Iterable[str]) -> list[str]:
    """Return those of some files that git could not bring back as they are now: changed, new, ignored, or without git."""
    safe = unchanged_files(folder)
    if safe is None:
        return sorted(names)
    return sorted(name for name in names if not {name, _real(folder, name)} <= safe)


def save(folder: Path, before: Mapping[str, str], after: Mapping[str, str | None]) -> None:
    """Write new texts; None removes a file. `before` has the texts that files had when they were read.

    Everything is written beside its place first, and put there at the end: new files, then changed ones, then removals.
    Raises WriteError, with nothing changed, where a file can't be written, is outside of the folder or has changed.
    """
    paths = {name: _path(folder, name) for name in after}
    made: list[Path] = []
    try:
        data = {name: _unchanged(path, name, before.get(name)) for name, path in paths.items()}
        with contextlib.ExitStack() as cleanup:
            ready: list[StagedFile] = []
            for name in sorted(after, key=lambda each: (each in before, each)):
                text = after[name]
                if text is not None:
                    made += _folders(paths[name].parent)
                    mark = BOM_UTF8 if (data[name] or b"").startswith(BOM_UTF8) else b""
                    ready.append(stage(paths[name], mark + text.encode()))
                    cleanup.callback(ready[-1].discard)
            put_in_place(ready)
        for name, text in after.items():
            if text is None:
                (folder / name).unlink()
    except BaseException as error:
        for each in reversed(made):
            with contextlib.suppress(OSError):  # what was put there stays
                each.rmdir()
        if isinstance(error, OSError):
            raise WriteError(f"the files can't be written: {error.strerror}") from error
        raise


def _path(folder: Path, name: str) -> Path:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise WriteError(f"`{name}` leads out of the project; nothing was changed")
    return path


def _real(folder: Path, name: str) -> str:
    """Return the name of the file that a link leads to, with slashes."""
    path, root = (folder / name).resolve(), folder.resolve()
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else name


def _unchanged(path: Path, name: str, text: str | None) -> bytes | None:
    """Return what a file holds, None where there is none yet; raises WriteError where it is not what was read."""
    data = path.read_bytes() if path.exists() else None
    expected = None if text is None else text.encode()
    if (None if data is None else data.removeprefix(BOM_UTF8)) != expected:
        raise WriteError(f"`{name}` has changed in the meantime; nothing was changed", "run the command again")
    return data


def _folders(folder: Path) -> list[Path]:
    """Make a folder and those above it; return those that are new, the outermost first."""
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        each.mkdir()
    return missing[::-1]
