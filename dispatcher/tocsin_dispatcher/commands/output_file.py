"""A file that is there once it is whole."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from tocsin_dispatcher.errors import DispatcherError


@contextmanager
def written_whole(path: Path) -> Iterator[TextIO]:
    """Yield an ASCII file to write, which only its owner may read; raises DispatcherError.

    It takes its name at the end, and on an error there is none.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        part.replace(path)
    except OSError as error:
        raise DispatcherError(f"{path} can't be written: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)
