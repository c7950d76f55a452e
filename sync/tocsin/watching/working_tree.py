"""Definitions from the files of a folder, as they are."""

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from tocsin.errors import TocsinError
from tocsin.git import source_of
from tocsin.project_files import PROJECT_FILE, find_project
from tocsin.reading.folder import ENDINGS
from tocsin.reading.receiver_files import SCHEMA_ENDINGS
from tocsin.watching.source import Candidate
from tocsin.workspace import Workspace, open_workspace

READ = (*ENDINGS, *SCHEMA_ENDINGS)
"""How the names of files end that are read: definitions, and schemas of receivers."""


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
        return sha256("\n".join(sorted(_facts(str(self._file.parent)))).encode("ascii")).hexdigest()

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


def _facts(folder: str, *, inside: bool = False) -> Iterator[str]:
    """Give a text for each file that would be read, which differs once it was written."""
    try:
        with os.scandir(folder) as listing:
            entries = [each for each in listing if not each.name.startswith(".")]
    except OSError:  # told when the files are read
        return
    if inside and any(each.name == PROJECT_FILE for each in entries):
        return  # another project
    for each in entries:
        if each.is_dir(follow_symlinks=False):
            yield from _facts(each.path, inside=True)
        elif each.name.endswith(READ):
            yield f"{os.fsencode(each.path)!r} {_of(each)}"


def _of(entry: "os.DirEntry[str]") -> tuple[int, ...]:
    try:
        told = entry.stat()  # of what a link leads to
    except OSError:
        return ()
    return told.st_ino, told.st_size, told.st_mtime_ns, told.st_ctime_ns
