"""What a file holds, replaced at once: nobody ever sees half of it."""

import contextlib
import os
import shutil
import tempfile
from pathlib import Path


def replace_contents(path: Path, data: bytes) -> None:
    """Put new contents into a file; it keeps its mode. A link is replaced, not followed. May raise OSError."""
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(number, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        shutil.copymode(path, name)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
