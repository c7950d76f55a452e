"""One watch for each project and target: two would only undo each other's pauses."""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from tocsin.errors import RefusedError, TocsinError


@contextmanager
def alone(project: str, target: str, environment: Mapping[str, str] = os.environ) -> Iterator[None]:
    """Keep every other watch of this user off a project and target; raises RefusedError where there is one.

    The lock goes with the process, however it ends.
    """
    folder = _state_folder(environment)
    path = folder / f"watch-{quote(project, safe='')}-{quote(target, safe='')}.lock"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = path.open("a+", encoding="ascii")
    except OSError as error:
        raise TocsinError(
            f"can't write the lock file {path}: {error.strerror}", hint="XDG_STATE_HOME names another folder"
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            process = lock.read(20).strip()
            whose = f" (process {process})" if process.isdigit() else ""
            raise RefusedError(
                f"another `tocsin watch`{whose} watches the project `{project}` for `{target}`",
                hint="stop it first; one is enough",
            ) from error
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def _state_folder(environment: Mapping[str, str]) -> Path:
    """Return the folder for what a program keeps between runs: systemd's, else that of the XDG specification."""
    given = environment.get("STATE_DIRECTORY", "").partition(":")[0]
    if given:
        return Path(given)
    home = environment.get("XDG_STATE_HOME", "")
    try:
        return (Path(home) if home.startswith("/") else Path.home() / ".local" / "state") / "tocsin"
    except RuntimeError as error:
        raise TocsinError("there is no home folder to keep a lock file in", hint="set XDG_STATE_HOME") from error
