"""A branch of a git remote: where it is, its commits fetched, their signatures judged. No working tree is touched."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tocsin.errors import RefusedError, TocsinError, UsageError
from tocsin.git.command import decode, run_git
from tocsin.git.errors import GitTimeoutError
from tocsin.git.objects import commit_of
from tocsin_schema.text.credentials import without_credentials
from tocsin_schema.text.suggest import did_you_mean, listed

SECONDS = 120
"""How long a remote may take."""

NO_SUCH_REF = 2
"""How `git ls-remote --exit-code` ends where the remote has no such branch."""

IDLE = ("Could not read from remote", "Please make sure", "and the repository exists", "Auto packing")
"""How lines of git's begin that say nothing where another one does."""

OURS = "refs/tocsin"
"""Where fetched commits are kept: nobody's branches move, and git's garbage collection leaves them."""


CREDENTIALS = re.compile(r"://[^\s'\"]*@")
"""In a complaint, what stands before the host of a URL."""


class UnsignedError(RefusedError):
    """A commit has no signature, or none that git takes for good."""

    def __init__(self, commit: str, why: str) -> None:
        """Say which commit, and why not."""
        short = commit[:12]
        super().__init__(f"commit {short} {why}", hint=f"git verify-commit {short} shows what git makes of it")
        self.commit = commit


@dataclass(frozen=True, slots=True)
class RemoteBranch:
    """A branch at a remote of the clone whose working tree is in `top`."""

    top: Path
    remote: str
    branch: str

    @classmethod
    def named(cls, top: Path, remote: str, branch: str) -> "RemoteBranch":
        """Return the branch; raises UsageError where the clone has no such remote, or where it can't be a branch's name."""
        remotes = decode(run_git(top, ["remote"]).stdout).split()
        if remote not in remotes:
            otherwise = f"there are {listed(remotes)}" if remotes else "git remote add NAME URL adds one"
            raise UsageError(
                f"this clone has no remote `{remote}`", hint=did_you_mean(remote, remotes, otherwise=otherwise)
            )
        if run_git(top, ["check-ref-format", f"refs/heads/{branch}"]).returncode:
            raise UsageError(f"`{branch}` can't be the name of a branch", hint="such as --branch main")
        return cls(top, remote, branch)

    def __str__(self) -> str:
        """Return it as git writes it: `origin/main`."""
        return f"{self.remote}/{self.branch}"

    @property
    def url(self) -> str | None:
        """The remote's address, without credentials."""
        url = decode(run_git(self.top, ["remote", "get-url", self.remote]).stdout)
        return without_credentials(url) if url else None

    def tip(self) -> str:
        """Ask the remote for the branch's newest commit; raises TocsinError where it doesn't tell."""
        told = self._asked(["ls-remote", "--exit-code", self.remote, f"refs/heads/{self.branch}"])
        return told.partition("\t")[0].strip()

    def fetched(self) -> str:
        """Fetch the branch into the clone's objects, and return its newest commit; raises TocsinError."""
        ours = f"{OURS}/{self}"
        options = [
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-recurse-submodules",
            "--no-filter",
            "--refmap=",
        ]
        self._asked(["fetch", *options, self.remote, f"+refs/heads/{self.branch}:{ours}"])
        commit = commit_of(self.top, ours)
        if commit is None:
            raise TocsinError(
                f"git fetched `{self}`, but no commit", hint=f"try: git fetch {self.remote} {self.branch}"
            )
        return commit

    def _asked(self, arguments: Sequence[str]) -> str:
        try:
            done = run_git(self.top, arguments, seconds=SECONDS, network=True)
        except GitTimeoutError as error:
            raise TocsinError(f"{error.message} at the remote", hint="is it up?") from error
        if (done.returncode == NO_SUCH_REF and not done.stderr) or b"couldn't find remote ref" in done.stderr:
            raise TocsinError(
                f"`{self.remote}` has no branch `{self.branch}`", hint=f"git ls-remote --heads {self.remote} lists them"
            )
        if done.returncode:
            raise TocsinError(
                f"git can't get `{self}`: {_complaint(done.stderr)}", hint="is the remote up, and may we read it?"
            )
        return decode(done.stdout)


def require_signed(top: Path, commit: str) -> None:
    """Raise UnsignedError where `git verify-commit` takes no signature of a commit for good."""
    done = run_git(top, ["verify-commit", commit])
    if done.returncode == 0:
        return
    complaint = decode(done.stderr)
    raise UnsignedError(
        commit, f"has no good signature: {_complaint(done.stderr)}" if complaint else "has no signature"
    )


def _complaint(output: bytes) -> str:
    """Return git's last words, which say why; without credentials."""
    lines = [
        line.removeprefix("fatal: ").removeprefix("error: ") for line in decode(output).splitlines() if line.strip()
    ]
    telling = [line for line in lines if not line.startswith(IDLE)]
    return CREDENTIALS.sub("://", (telling or lines or ["it failed without a word"])[-1].strip())
