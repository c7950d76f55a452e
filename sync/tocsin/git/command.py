"""The one way to run git: without a shell, a terminal or a hook's variables, within a time and a size.

What must hold of every call of git is said here, and nowhere else.
"""

import os
import selectors
import shlex
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import IO

from tocsin.errors import UsageError

SECONDS = 60
"""How long git may take on this machine."""

SECONDS_OF_AN_ANSWER = 5
"""How long where whoever asks can do without the answer."""

MOST_BYTES = 1 << 30
"""What git may print."""

CHUNK = 1 << 16

OF_A_HOOK = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_CONFIG",
        "GIT_DIR",
        "GIT_GRAFT_FILE",
        "GIT_IMPLICIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_INTERNAL_SUPER_PREFIX",
        "GIT_NO_REPLACE_OBJECTS",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_QUARANTINE_PATH",
        "GIT_REPLACE_REF_BASE",
        "GIT_SHALLOW_FILE",
        "GIT_WORK_TREE",
    }
)
"""What git tells its hooks of the repository that they are in (`git rev-parse --local-env-vars`, and the quarantine of a
push): it leads away from the folder that we ask about. Settings given with `git -c` or GIT_CONFIG_COUNT are not of this
kind and stay: builds name their `safe.directory` so."""

ALONE = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_PAGER": "cat", "LC_ALL": "C"}
"""Nobody is there to answer or to turn pages, nobody's commit waits for our locks, and its words are those we know."""

OFFLINE = {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none"}
"""A partial clone would fetch what it lacks; before 2.45, git knows the second of these alone."""


class GitError(UsageError):
    """Git can't be run, or fails: the message says what was asked and what git says, the hint what to do."""


class GitTimeoutError(GitError):
    """Git took too long, and was stopped."""


@dataclass(frozen=True, slots=True)
class GitResult:
    """How git ended, and what it printed."""

    folder: Path
    arguments: tuple[str, ...]
    returncode: int
    stdout: bytes
    stderr: bytes


def run_git(
    folder: Path, arguments: Sequence[str], *, stdin: bytes = b"", seconds: float = SECONDS, network: bool = False
) -> GitResult:
    """Run git in a folder, about the repository that the folder lies in; return how it ended, well or not.

    Without `network` it reaches no other machine. Raises GitError where there is no git or it prints too much,
    GitTimeoutError where it takes too long; it and what it started are stopped then.
    """
    environment = {name: value for name, value in os.environ.items() if name not in OF_A_HOOK} | ALONE
    try:
        process = subprocess.Popen(  # noqa: S603
            ["git", *arguments],  # noqa: S607
            cwd=folder,
            env=environment if network else environment | OFFLINE,
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,  # neither it nor its ssh finds a terminal, and a Ctrl-C is for us alone
        )
    except FileNotFoundError as error:
        raise GitError("reading a revision needs git, and there is none", "install git") from error
    except OSError as error:
        raise GitError(f"git can't be run: {error.strerror}", "install git") from error
    with process:
        try:
            stdout, stderr = _exchange(process, stdin, monotonic() + seconds)
        except BaseException as error:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            if isinstance(error, subprocess.TimeoutExpired):
                raise GitTimeoutError(f"git took more than {seconds:g} seconds", "try again") from error
            raise
    return GitResult(folder, tuple(arguments), process.returncode, stdout, stderr)


def answer_of_git(folder: Path, *arguments: str) -> str | None:
    """Return what git prints, without white space around it; None where it fails, is not there or takes too long."""
    try:
        result = run_git(folder, arguments, seconds=SECONDS_OF_AN_ANSWER)
    except GitError:
        return None
    return None if result.returncode else decode(result.stdout)


def require_success(result: GitResult) -> bytes:
    """Return what git printed; raises GitError where it failed."""
    if result.returncode:
        raise GitError(
            f"`git {result.arguments[0]}` failed: {decode(result.stderr)}",
            f"try it by hand: {shlex.join(['git', '-C', str(result.folder), *result.arguments])}",
        )
    return result.stdout


def decode(output: bytes) -> str:
    """Return git's output as text, without white space around it."""
    return output.decode("utf-8", "replace").strip()


def _exchange(process: "subprocess.Popen[bytes]", stdin: bytes, deadline: float) -> tuple[bytes, bytes]:
    """Write and read until git ends; raises TimeoutExpired at the deadline, GitError for too much output."""
    assert process.stdout is not None  # noqa: S101  # it was opened with pipes
    assert process.stderr is not None  # noqa: S101
    received: dict[IO[bytes], list[bytes]] = {process.stdout: [], process.stderr: []}
    size, unsent = 0, memoryview(stdin)
    with selectors.DefaultSelector() as selector:
        for stream in received:
            selector.register(stream, selectors.EVENT_READ)
        if process.stdin is not None:
            os.set_blocking(process.stdin.fileno(), False)
            selector.register(process.stdin, selectors.EVENT_WRITE)
        while selector.get_map():
            ready = selector.select(max(deadline - monotonic(), 0))
            if monotonic() > deadline:
                raise subprocess.TimeoutExpired("git", deadline)
            for key, _ in ready:
                if key.fileobj is process.stdin:
                    unsent = unsent[_write(key.fd, unsent) :]
                    ended = not unsent
                else:
                    chunk = os.read(key.fd, CHUNK)
                    received[key.fileobj].append(chunk)  # type: ignore[index]  # one of the two that were registered
                    size, ended = size + len(chunk), not chunk
                if ended:
                    selector.unregister(key.fileobj)
                    key.fileobj.close()  # type: ignore[union-attr]  # a stream, not a number
            if size > MOST_BYTES:
                raise GitError(f"git printed more than {MOST_BYTES} bytes", "is this the right repository?")
    process.wait(max(deadline - monotonic(), 0))
    return b"".join(received[process.stdout]), b"".join(received[process.stderr])


def _write(number: int, data: memoryview) -> int:
    """Return how many bytes were written; all of them where git reads no more."""
    try:
        return os.write(number, data)
    except BrokenPipeError:
        return len(data)
