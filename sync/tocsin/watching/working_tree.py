"""Definitions from the files of a folder, as they are."""

import os
from collections.abc import Iterator
from pathlib import Path

from tocsin.errors import TocsinError
from tocsin.git import source_of
from tocsin.project_files import find_project
from tocsin.reading.folder import ENDINGS
from tocsin.reading.receiver_files import SCHEMA_ENDINGS
from tocsin.watching.source import Candidate
from tocsin.workspace import Workspace, open_workspace
from tocsin_schema.canonical import digest


class WorkingTree:
    """The project's files. They are looked at, not subscribed to: that works on every file system and in containers."""

    far = False
    settling = 1.0

    def __init__(self, project: Path | None, look_every: float = 1.0) -> None:
        """Take the project that `--project` names; raises UsageError where there is none."""
        self._file = find_project(project).absolute()
        self._read: tuple[str, Workspace] | None = None
        self.look_every = look_every

    def __str__(self) -> str:
        """Give what a log calls it."""
        return "files"

    def look(self) -> str:
        """Give the digest of the files' names, sizes and times; no file is opened."""
        return digest([[name, *facts] for name, facts in sorted(_facts(self._file.parent))])

    def candidate(self) -> Candidate:
        """Read the files, unless none has changed since; raises TocsinError where they change meanwhile."""
        mark = self.look()
        if self._read is None or self._read[0] != mark:
            self._read = None
            workspace = open_workspace(self._file)
            if self.look() != mark:
                raise TocsinError("the files changed while they were read", hint="they are read again soon")
            self._read = mark, workspace
        return Candidate(mark, self._read[1], source_of(self._file.parent))


def _facts(folder: Path) -> Iterator[tuple[str, list[int]]]:
    for path, folders, files in os.walk(folder):
        folders[:] = [each for each in folders if not each.startswith(".")]
        for name in files:
            if name.endswith((*ENDINGS, *SCHEMA_ENDINGS)) and not name.startswith("."):
                yield f"{path}/{name}".encode("utf-8", "backslashreplace").decode(), _of(f"{path}/{name}")


def _of(path: str) -> list[int]:
    try:
        told = os.stat(path)  # noqa: PTH116  # what a link leads to
    except OSError:
        return []
    return [told.st_ino, told.st_size, told.st_mtime_ns, told.st_ctime_ns]
