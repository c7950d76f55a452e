"""Secrets from where they are kept: an environment variable, a file, the output of a command.

What comes out is given to who needs it and shown nowhere: no message of ours holds it.
"""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tocsin.errors import UsageError
from tocsin_schema.models.project import SecretSource

COMMAND_SECONDS = 30
"""How long a command may take to give a secret: it may ask a person to unlock something."""

LARGEST = 64 * 1024
"""Bytes of a secret: more is some other file."""


def secret_of(source: SecretSource, what: str, folder: Path, environment: Mapping[str, str]) -> str:
    """Return a secret, without the line break at its end; `what` names it in errors, as `the token of ...`.

    Paths are relative to the project's `folder`, which is also where commands run. Raises UsageError where there is
    none, or none that a header can carry.
    """
    if source.env is not None:
        where = f"the environment variable {source.env}"
        secret = environment.get(source.env, "")
        missing = f"{where} is not set: it holds {what}"
        hint = f"export {source.env}=... (`tocsin-dispatcher token create` makes one)"
    elif source.file is not None:
        where = f"the file {source.file}"
        secret = _read(folder / Path(source.file).expanduser(), where, what)
        missing, hint = f"{where} is empty: it holds {what}", "write the secret into it, and nothing else"
    else:
        where = f"the command `{source.cmd[0]}`"
        secret = _output(source.cmd, where, what, folder)
        missing, hint = f"{where} printed nothing: it gives {what}", "run it by itself to see why"
    secret = secret.strip() if source.env is not None else secret.rstrip("\r\n")
    if not secret.strip():
        raise UsageError(missing, hint)
    if not secret.isascii() or not secret.isprintable():
        holds = "printed" if source.cmd else "holds"
        raise UsageError(f"{where} {holds} no token: it has characters that no header can carry")
    return secret


def _read(file: Path, where: str, what: str) -> str:
    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST + 1)
    except OSError as error:
        raise UsageError(f"{where} can't be read: {error.strerror}: it holds {what}") from None
    if len(content) > LARGEST:
        raise UsageError(f"{where} holds no secret: it is larger than {LARGEST // 1024} KiB")
    return content.decode("utf-8", "replace")


def _output(command: Sequence[str], where: str, what: str, folder: Path) -> str:
    try:
        done = subprocess.run(  # noqa: S603  # a list, no shell: the project's own file names it
            list(command),
            cwd=folder,
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
