"""What can go wrong with git, and what to do about it."""

from pathlib import Path

from tocsin.errors import UsageError


class GitError(UsageError):
    """Git can't be run, or fails: the message says what was asked and what git says, the hint what to do."""


class GitTimeoutError(GitError):
    """Git took too long, and was stopped."""


class NoRepositoryError(GitError):
    """A folder lies in no repository, or in one that can't be used."""


class OwnershipError(NoRepositoryError):
    """A repository belongs to another user, and git doesn't trust it (`safe.directory`)."""

    def __init__(self, top: Path) -> None:
        """Say which repository, and how to trust it."""
        super().__init__(
            f"the repository `{top}` belongs to another user, and git doesn't trust it (dubious ownership)",
            f"if you trust it: git config --global --add safe.directory '{top}'",
        )
