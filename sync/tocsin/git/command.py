"""The one way to run git: about a repository with a real `.git`, without a shell or a terminal, within a time and a size.

What must hold of every call of git is said here and in `repository` and `environment`, and nowhere else.
"""

import os
import re
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

from tocsin.git.environment import environment_of_git, git_program, options_of_git
from tocsin.git.errors import GitError, GitTimeoutError, OwnershipError
from tocsin.git.repository import Repository, find_repository

SECONDS = 60
"""How long git may take on this machine."""

SECONDS_OF_AN_ANSWER = 5
"""How long where whoever asks can do without the answer."""

MOST_BYTES = 1 << 28
"""What git may print: 256 MiB, far more than the definitions of the largest account."""

CHUNK = 1 << 16

DUBIOUS = b"dubious ownership"
"""What git says of a repository whose owner it doesn't trust (2.35.2 and later)."""

READS_NO_FILES = frozenset(
    {
        "cat-file",
        "check-ref-format",
        "config",
        "fetch",
        "for-each-ref",
        "ls-remote",
        "ls-tree",
        "merge-base",
        "remote",
        "rev-list",
        "rev-parse",
        "show-ref",
        "symbolic-ref",
        "verify-commit",
    }
)
"""Commands that look at no file of the working tree, so that no filter is in question. For all others, filters are
switched off one by one: which ones a file passes is said by attributes in the working tree, where anybody may write."""

SHOWS_DIFFERENCES = frozenset({"diff", "diff-files", "diff-index", "diff-tree", "log", "show"})
"""Commands that would show files by programs that the settings name, unless they are told not to."""

FILTER = re.compile(r"filter\.(?P<name>.+)\.(clean|smudge|process|required)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class GitResult:
    """How git ended, and what it printed."""

    top: Path
    arguments: tuple[str, ...]
    returncode: int
    stdout: bytes
    stderr: bytes


def run_git(
    folder: Path, arguments: Sequence[str], *, stdin: bytes = b"", seconds: float = SECONDS, network: bool = False
) -> GitResult:
    """Run git about the repository that a folder lies in, in its top; return how it ended, well or not.

    Paths among the arguments count from the top. Without `network` it reaches no other machine. Raises NoRepositoryError
    where the folder lies in none, or in one that git doesn't trust, GitError where there is no git or it prints too much,
    GitTimeoutError where it takes too long; it and what it started are stopped then.
    """
    repository = find_repository(folder)
    settings = () if arguments[0] in READS_NO_FILES else _without_filters(repository, seconds)
    name, *rest = arguments
    plain = ("--no-ext-diff", "--no-textconv") if name in SHOWS_DIFFERENCES else ()
    result = _run(repository, settings, (name, *plain, *rest), stdin, seconds, network=network)
    if result.returncode and DUBIOUS in result.stderr:
        raise OwnershipError(repository.top)
    return result


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
            f"try it by hand: {shlex.join(['git', '-C', str(result.top), *result.arguments])}",
        )
    return result.stdout


def decode(output: bytes) -> str:
    """Return git's output as text, without white space around it."""
    return output.decode("utf-8", "replace").strip()


def _without_filters(repository: Repository, seconds: float) -> tuple[str, ...]:
    """Return options that switch off every filter that git's settings name (gitattributes(5), "filter")."""
    asked = ["config", "--null", "--name-only", "--get-regexp", r"^filter\."]
    listed = os.fsdecode(_run(repository, (), asked, b"", seconds).stdout).split("\0")
    names = sorted({found["name"] for each in listed if (found := FILTER.fullmatch(each))})
    if unspeakable := [name for name in names if "=" in name]:  # which `git -c` would take for the value
        raise GitError(
            f"git's settings have a filter with an equals sign in its name: `{unspeakable[0]}`", "give it another name"
        )
    off = (f"filter.{name}.{what}" for name in names for what in ("clean=", "process=", "required=false"))
    return tuple(part for each in off for part in ("-c", each))


def _run(
    repository: Repository,
    settings: Sequence[str],
    arguments: Sequence[str],
    stdin: bytes,
    seconds: float,
    *,
    network: bool = False,
) -> GitResult:
    command = [git_program(), *options_of_git(network=network), *settings, *arguments]
    try:
        process = subprocess.Popen(  # noqa: S603
            command,
            cwd=repository.top,
            env=environment_of_git(repository, os.environ, network=network),
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,  # neither it nor its ssh finds a terminal, and a Ctrl-C is for us alone
        )
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
    return GitResult(repository.top, tuple(arguments), process.returncode, stdout, stderr)


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
