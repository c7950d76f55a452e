"""What a file holds, replaced at once: nobody ever sees half of it."""

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

NEW_FILE = 0o666
"""The mode of a new file, before the umask."""


def replace_contents(path: Path, data: bytes) -> None:
    """Put new contents into a file; it keeps its mode. A link is replaced, not followed. May raise OSError."""
    beside = written_beside(path, data)
    try:
        beside.replace(path)
    except BaseException:
        _removed(beside)
        raise


def written_beside(path: Path, data: bytes) -> Path:
    """Return a file in the same folder that holds `data` on disk, with the mode of the file whose place it is to take."""
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    beside = Path(name)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, beside)
        else:
            mask = os.umask(0)
            os.umask(mask)
            beside.chmod(NEW_FILE & ~mask)
    except BaseException:
        _removed(beside)
        raise
    return beside


def _removed(beside: Path) -> None:
    with contextlib.suppress(OSError):
        beside.unlink()
