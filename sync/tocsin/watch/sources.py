"""Where a watch takes definitions from, and how it sees that they changed."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from tocsin.errors import TocsinError
from tocsin.git.remote import RemoteBranch, require_signed
from tocsin.git.source import source_of
from tocsin.project.at_revision import Start, read_at, top_of
from tocsin.project.discovery import PROJECT_FILE, find_project
from tocsin.project.files import ENDINGS
from tocsin.project.receiver_schemas import SCHEMA_ENDINGS
from tocsin.targets.trust import OwnTargets, Trust, trust_of
from tocsin.targets.trusted_project import own_project
from tocsin.workspace import Workspace, check_reading, open_workspace
from tocsin_schema.api.source import PushSource
from tocsin_schema.text.suggest import listed


@dataclass(frozen=True, slots=True)
class Candidate:
    """Definitions that were read and judged, and might be synced.

    `mark` differs whenever they might; `recorded` is what a revision tells of where they come from, `trust` says which
    targets may be used.
    """

    mark: str
    workspace: Workspace
    recorded: PushSource
    trust: Trust


class Source(Protocol):
    """Files, or a branch."""

    @property
    def look_every(self) -> float:
        """Seconds between two looks for changes."""

    @property
    def settling(self) -> float:
        """Seconds without a change after which one is taken for complete; 0 where changes come whole."""

    @property
    def far(self) -> bool:
        """Whether looking asks another machine, which one spares while things fail."""

    def look(self) -> str:
        """Return the mark of what is there now; raises TocsinError where nobody tells."""

    def candidate(self) -> Candidate:
        """Read what is there now; raises TocsinError where that can't be done or it is not to be trusted."""


class BranchOfRemote:
    """The project as the newest commit of a branch has it, but for targets: these are the working tree's own."""

    far = True
    settling = 0.0

    def __init__(
        self,
        project: Path | None,
        remote: str,
        branch: str,
        *,
        signed: bool = False,
        trust_from: str | None = None,
        look_every: float = 15.0,
    ) -> None:
        """Take the project that `--project` names, at a branch of a remote of its clone.

        `signed` is whether only signed commits are taken, `trust_from` what the clone's own targets must be as. Raises
        UsageError where there is no project, clone or remote.
        """
        self._file = find_project(project).absolute()
        self._folder = self._file.parent
        self._trust_from = trust_from
        self._branch = RemoteBranch.named(top_of(self._folder), remote, branch)
        self._signed = signed
        self._read: tuple[str, Workspace] | None = None
        self.look_every = look_every

    def __str__(self) -> str:
        """Return what a log calls it: `origin/main`."""
        return str(self._branch)

    def look(self) -> str:
        """Ask the remote for the branch's newest commit."""
        return self._branch.tip()

    def candidate(self) -> Candidate:
        """Fetch the branch and read its newest commit.

        Raises UnsignedError for a commit that lacks a good signature, TocsinError where it can't be had in full.
        """
        commit = self._branch.fetched()
        if self._signed:
            require_signed(self._branch.top, commit)
        if self._read is None or self._read[0] != commit:
            self._read = commit, self._workspace(commit)
        trust = OwnTargets(own_project(self._file), trust_of(self._file, self._trust_from, os.environ))
        return Candidate(commit, self._read[1], self._recorded(commit), trust)

    def _workspace(self, commit: str) -> Workspace:
        read = read_at(self._folder, Start(self._branch.top, str(self._branch), commit))
        short = commit[:12]
        if read.folder is None:
            raise TocsinError(
                f"commit {short} of `{self}` has no project file", hint="was the project moved or removed?"
            )
        if lacking := (*read.pointers, *read.unread):  # to sync without them would delete what they define
            raise TocsinError(
                f"commit {short} of `{self}` can't be read in full: git has no content here of {listed(lacking)}",
                hint="definitions belong neither in Git LFS nor in submodules that this clone lacks",
            )
        return check_reading(read.reading)

    def _recorded(self, commit: str) -> PushSource:
        read = {"commit": commit, "branch": self._branch.branch, "repository": self._branch.url, "dirty": False}
        return source_of(self._folder).model_copy(update=read)


READ = (*ENDINGS, *SCHEMA_ENDINGS)
"""How the names of files end that are read: definitions, and schemas of receivers."""


class WorkingTree:
    """The project's files. They are looked at, not subscribed to: that works on every file system and in containers."""

    far = False
    settling = 1.0

    def __init__(self, project: Path | None, look_every: float = 1.0, *, trust_from: str | None = None) -> None:
        """Take the project that `--project` names, with targets as `trust_from` has them; raises UsageError without one."""
        self._file = find_project(project).absolute()
        self._trust_from = trust_from
        self._read: tuple[str, Workspace] | None = None
        self.look_every = look_every

    def __str__(self) -> str:
        """Return what a log calls it."""
        return "files"

    def look(self) -> str:
        """Return the digest of the files' names, sizes and times; no file is opened."""
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
        trust = trust_of(self._file, self._trust_from, os.environ)
        return Candidate(mark, self._read[1], source_of(self._file.parent), trust)


def _facts(folder: str, *, inside: bool = False) -> Iterator[str]:
    """Yield a text for each file that would be read, which differs once it was written."""
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
