"""Definitions from a branch of a git remote: fetched, never checked out."""

from pathlib import Path

from pydantic import JsonValue

from tocsin.errors import TocsinError
from tocsin.git import source_of
from tocsin.git_remote import RemoteBranch, require_signed
from tocsin.project_files import find_project
from tocsin.revision import Start, past, top_of
from tocsin.watching.source import Candidate
from tocsin.workspace import Workspace, judged
from tocsin_schema.text.suggest import listed


class BranchOfRemote:
    """The project as the newest commit of a branch has it, whatever the working tree holds."""

    far = True
    settling = 0.0

    def __init__(
        self, project: Path | None, remote: str, branch: str, *, signed: bool = False, look_every: float = 15.0
    ) -> None:
        """Take the project that `--project` names, at a branch of a remote of its clone.

        `signed` is whether only signed commits are taken. Raises UsageError where there is no project, clone or remote.
        """
        self._folder = find_project(project).absolute().parent
        self._branch = RemoteBranch.named(top_of(self._folder), remote, branch)
        self._signed = signed
        self._read: tuple[str, Workspace] | None = None
        self.look_every = look_every

    def __str__(self) -> str:
        """Give what a log calls it: `origin/main`."""
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
        return Candidate(commit, self._read[1], self._recorded(commit))

    def _workspace(self, commit: str) -> Workspace:
        read = past(self._folder, Start(self._branch.top, str(self._branch), commit))
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
        return judged(read.reading)

    def _recorded(self, commit: str) -> dict[str, JsonValue]:
        here = source_of(self._folder)
        return {
            **here,
            "commit": commit,
            "branch": self._branch.branch,
            "repository": self._branch.url,
            "dirty": False,
        }
