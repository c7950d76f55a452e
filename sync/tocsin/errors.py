"""What can go wrong in a way that the user should read about. `main` alone turns these into exit codes."""

from typing import ClassVar


class TocsinError(Exception):
    """It failed: `message` says what is wrong and where, `hint` what to do. Exit code 1."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(TocsinError):
    """The command was used wrongly: options, project file. Exit code 2."""

    exit_code = 2


class RefusedError(TocsinError):
    """Tocsin or the target refuses: limits, ownership, a stale plan, a conflict. Exit code 4."""

    exit_code = 4


class UntrustedError(RefusedError):
    """What files say of a target, a secret or a program is not trusted: a pull request may say anything."""
