"""Secrets from where they are kept: an environment variable, a file, the output of a command.

What comes out is given to who needs it and shown nowhere: no message of ours holds it.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tocsin.errors import UntrustedError, UsageError
from tocsin_schema.models.project import SecretSource

COMMAND_SECONDS = 30
"""How long a command may take to give a secret: it may ask a person to unlock something."""

LARGEST = 64 * 1024
"""Bytes of a secret: more is some other file."""

OURS = "TOCSIN_"
"""How the variables are called that a target may read without being told."""

OF_RECEIVERS = "TOCSIN_VAULT_"
"""How those are called that hold receivers' secrets for `tocsin send`: none of them is a target's."""

ALLOWED = "TOCSIN_ALLOW_ENV"
"""Holds the names of others, with spaces or commas between them: those of whoever runs the command, not of the files."""

ELSEWHERE = Path("/")
"""Where a command runs that must find nothing of the project, neither there nor in a folder above."""


def secret_of(
    source: SecretSource, what: str, folder: Path, environment: Mapping[str, str], untrusted: Path | None = None
) -> str:
    """Return a secret, without the line break at its end; `what` names it in errors, as `the token of ...`.

    Paths are relative to the project's `folder`, which is also where commands run. Where what lies in `untrusted` may be
    anybody's, no program of it is run, and commands run in the root folder. Raises UsageError where there is no secret,
    or none that a header can carry, UntrustedError where the source may not be used.
    """
    if source.env is not None:
        where = f"the environment variable {source.env}"
        _check_readable(source.env, where, what, environment)
        secret = environment.get(source.env, "")
        missing = f"{where} is not set: it holds {what}"
        hint = f"export {source.env}=... (`tocsin-dispatcher token create` makes one)"
    elif source.file is not None:
        where = f"the file {source.file}"
        file = folder.resolve() / Path(source.file).expanduser()
        _check_link(file, where, untrusted)
        secret = _read(file, where, what)
        missing, hint = f"{where} is empty: it holds {what}", "write the secret into it, and nothing else"
    else:
        where = f"the command `{source.cmd[0]}`"
        if untrusted is None:
            secret = _output(source.cmd, where, what, folder)
        else:
            command = _outside(source.cmd, where, folder.resolve(), untrusted)
            secret = _output(command, where, what, ELSEWHERE, _path_without(untrusted))
        missing, hint = f"{where} printed nothing: it gives {what}", "run it by itself to see why"
    secret = secret.strip() if source.env is not None else secret.rstrip("\r\n")
    if not secret.strip():
        raise UsageError(missing, hint)
    if not secret.isascii() or not secret.isprintable():
        holds = "printed" if source.cmd else "holds"
        raise UsageError(f"{where} {holds} no token: it has characters that no header can carry")
    return secret


def _check_readable(name: str, where: str, what: str, environment: Mapping[str, str]) -> None:
    """Raise UntrustedError for a variable that no target may read: whoever writes the file says where it is sent."""
    ours = name.startswith(OURS) and not name.startswith(OF_RECEIVERS)
    if ours or name in re.split(r"[\s,]+", environment.get(ALLOWED, "")):
        return
    another = f"{OURS}{name}" if not name.startswith(OURS) else f"{OURS}TOKEN"
    raise UntrustedError(
        f"{where} is not read: {what} may come from variables that begin with {OURS}, those of the vault aside",
        hint=f"call it {another}, or allow it where the command runs: export {ALLOWED}={name}",
    )


def _check_link(file: Path, where: str, untrusted: Path | None) -> None:
    """Raise UntrustedError for a file of the working tree that leads out of it: a link there can be anybody's."""
    if untrusted is None or not Path(os.path.normpath(file)).is_relative_to(untrusted):
        return
    if not file.resolve().is_relative_to(untrusted):
        raise UntrustedError(f"{where} is not read: it is a link that leads out of the repository")


def _outside(command: Sequence[str], where: str, folder: Path, untrusted: Path) -> Sequence[str]:
    """Return a command with its program's whole path.

    Raises UntrustedError where that, or a path among the arguments, lies in what is not trusted.
    """
    found = str(folder / command[0]) if os.sep in command[0] else shutil.which(command[0])
    program = Path(found).absolute() if found is not None else None
    inside = program is not None and any(
        each.is_relative_to(untrusted) for each in (Path(os.path.normpath(program)), program.resolve())
    )
    if inside or any(_leads_into(each, untrusted) for each in command[1:]):
        raise UntrustedError(
            f"{where} is not run: it lies in the repository, where a pull request may change it",
            hint="name a program that is installed, or {env: TOCSIN_TOKEN}",
        )
    return [str(program) if program is not None else command[0], *command[1:]]


def _leads_into(argument: str, untrusted: Path) -> bool:
    """Return whether an argument names what lies in a folder, be it by way of a link."""
    if str(untrusted) in argument:
        return True
    try:
        return argument.startswith(os.sep) and Path(argument).resolve().is_relative_to(untrusted)
    except (OSError, ValueError, RuntimeError):
        return False


def _read(file: Path, where: str, what: str) -> str:
    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST + 1)
    except OSError as error:
        raise UsageError(f"{where} can't be read: {error.strerror}: it holds {what}") from None
    if len(content) > LARGEST:
        raise UsageError(f"{where} holds no secret: it is larger than {LARGEST // 1024} KiB")
    return content.decode("utf-8", "replace")


def _path_without(untrusted: Path) -> str:
    """Return PATH without the folders in which a program that is run would find what is not trusted."""
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(
        each for each in folders if Path(each).is_absolute() and not Path(each).resolve().is_relative_to(untrusted)
    )


def _output(command: Sequence[str], where: str, what: str, folder: Path, path: str | None = None) -> str:
    try:
        done = subprocess.run(  # noqa: S603  # a list, no shell: the project's own file names it
            list(command),
            cwd=folder,
            env=None if path is None else {**os.environ, "PATH": path},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UsageError(
            f"{where} gave nothing within {COMMAND_SECONDS} s: it gives {what}", "it can't ask: it has no input here"
        ) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it can't be run"
        raise UsageError(f"{where} can't be run: {reason}: it gives {what}") from None
    if done.returncode:
        raise UsageError(
            f"{where} failed with exit code {done.returncode}: it gives {what}",
            "run it by itself to see why; what it printed is not shown here, as it may hold secrets",
        )
    return done.stdout[: LARGEST + 1].decode("utf-8", "replace")
