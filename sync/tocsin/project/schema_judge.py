"""Judging by schemas that may take long: in a process of its own, which the system stops at its limits.

The limits hold whatever a library does below a keyword. All schemas of a project share an account of the time, also
where several processes judge parts of the project at once.
"""

import json
import os
import struct
import subprocess
import sys
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tocsin_schema.limited_process import OUT_OF_MEMORY, command_of, environment_of
from tocsin_schema.receiver_schemas import Judged, Refusal, SchemaFailedError

if sys.platform != "win32":
    import fcntl

JsonValue = Any

SECONDS = 1.0
"""Processor time of one schema, for all bodies that are judged by it."""

SECONDS_OF_ALL = 10.0
"""Processor time of all schemas of a project."""

MEMORY = 512 * 1024 * 1024
"""Bytes of memory that judging may take."""

MOST_PROCESSES = 200
"""Processes that are started for a project: each takes some 0.2 s of processor time before anything is judged."""

LEAST = 0.01
"""Seconds with which nothing is begun any more."""

SLACK = 30.0
"""Seconds that may pass beside the processor time, on a machine that is busy, ten times as many as are worked."""

TAKES_LONG = f"it takes more than {SECONDS:.0f} s of processor time to judge by it"
TAKES_MEMORY = f"it takes more than {MEMORY // 2**20} MiB of memory to judge by it"
ALL_TAKE_LONG = f"all schemas together have taken {SECONDS_OF_ALL:.0f} s of processor time, and it would take more"
TOO_MANY = f"{MOST_PROCESSES} processes have judged by schemas that may take long, and it would take one more"
HELP = "make the schema simpler, or remove `accepts`: the messages are sent all the same"

_NUMBER = struct.Struct("d")

ALL, PROCESSES = 0, 1
"""Where the account has the seconds of all schemas, and the processes; those of each schema follow, in their order."""


class Account:
    """The seconds that the schemas of one project have taken, known to every process that is forked from this one."""

    def __init__(self) -> None:
        """Begin with nothing taken."""
        self._taken: dict[int, float] = {}
        self._shared: int | None = None
        if hasattr(os, "memfd_create"):  # elsewhere nothing is forked
            self._shared = os.memfd_create("tocsin-schemas")
            weakref.finalize(self, os.close, self._shared)

    @contextmanager
    def open(self) -> Iterator[None]:
        """Keep the account for this process alone; of several that judge one waits for the other."""
        if self._shared is None or sys.platform == "win32":
            yield
            return
        fcntl.lockf(self._shared, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.lockf(self._shared, fcntl.LOCK_UN)

    def left(self, schema: int) -> float:
        """Return the seconds that are left for a schema, from 1."""
        return min(SECONDS - self._read(PROCESSES + schema), SECONDS_OF_ALL - self._read(ALL))

    def is_closed(self) -> bool:
        """Return whether nothing is left for any schema."""
        return self._read(ALL) >= SECONDS_OF_ALL - LEAST

    def has_processes_left(self) -> bool:
        """Return whether another process may be started."""
        return self._read(PROCESSES) < MOST_PROCESSES

    def take(self, schema: int, seconds: float) -> None:
        """Take seconds of a schema from the account, and the process that it was judged in."""
        self._write(PROCESSES, self._read(PROCESSES) + 1)
        for place in (ALL, PROCESSES + schema):
            self._write(place, self._read(place) + seconds)

    def _read(self, place: int) -> float:
        if self._shared is None:
            return self._taken.get(place, 0.0)
        data = os.pread(self._shared, _NUMBER.size, place * _NUMBER.size)
        number: float = _NUMBER.unpack(data)[0] if len(data) == _NUMBER.size else 0.0
        return number

    def _write(self, place: int, number: float) -> None:
        if self._shared is None:
            self._taken[place] = number
        else:
            os.pwrite(self._shared, _NUMBER.pack(number), place * _NUMBER.size)


class SchemaJudge:
    """Judges by one schema, the `number`th (from 1) of those that share an account."""

    def __init__(self, account: Account, number: int) -> None:
        """Share an account."""
        self._account = account
        self._number = number

    def __call__(self, schema: JsonValue, bodies: Sequence[JsonValue], /) -> Judged:
        """Return what is wrong with the schema where no bodies are given, else what it refuses in each of them."""
        with self._account.open():
            left = self._account.left(self._number)
            if left < LEAST:
                return _cut_off(ALL_TAKE_LONG if self._account.is_closed() else TAKES_LONG, bodies, [])
            if not self._account.has_processes_left():
                return _cut_off(TOO_MANY, bodies, [])
            ended, lines = _run(schema, bodies, left)
            used = min(lines[-1]["used"], left) if lines and ended == 0 else left
            self._account.take(self._number, used)
            closed = self._account.is_closed()
        if not bodies and lines:
            flaw = lines[0]["flaw"]
            return Judged((flaw[0], flaw[1]) if flaw is not None else None)
        judged = [_read(line, body) for line, body in zip(lines, bodies, strict=False)]
        if ended == 0 and len(judged) == len(bodies) and bodies:
            return Judged(None, judged)
        reason = TAKES_MEMORY if ended in WITHOUT_MEMORY else ALL_TAKE_LONG if closed else TAKES_LONG
        return _cut_off(reason, bodies, judged)


WITHOUT_MEMORY = (OUT_OF_MEMORY, -6, -11)
"""How the process ends that gets no more memory: by itself, or because a library gives up or falls (SIGABRT, SIGSEGV)."""


def _cut_off(
    reason: str, bodies: Sequence[JsonValue], judged: Sequence[Sequence[Refusal] | SchemaFailedError]
) -> Judged:
    """Return what came of judging that was stopped: what is missing is said to be so for a reason."""
    missing = [SchemaFailedError(reason)] * (len(bodies) - len(judged))
    return Judged((reason, HELP) if not bodies else None, [*judged, *missing])


def _run(schema: JsonValue, bodies: Sequence[JsonValue], seconds: float) -> tuple[int, list[Any]]:
    """Return how the process ended, and what it wrote until then, a line for each body."""
    command = command_of("tocsin.project.judging_process", str(seconds), str(MEMORY))
    given = json.dumps({"schema": schema, "bodies": bodies}).encode()
    try:
        done = subprocess.run(  # noqa: S603  # our own module
            command,
            input=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=SLACK + 10 * seconds,
            env=environment_of(os.environ),
            cwd=Path(__file__).anchor,
            check=False,
        )
        ended, written = done.returncode, done.stdout
    except subprocess.TimeoutExpired as error:
        ended, written = -9, error.stdout or b""
    except OSError:
        return -9, []
    whole = written[: written.rfind(b"\n") + 1]
    return ended, [json.loads(line) for line in whole.splitlines()]


def _read(line: Any, body: JsonValue) -> Sequence[Refusal] | SchemaFailedError:
    if line["failed"] is not None:
        return SchemaFailedError(line["failed"])
    return [
        Refusal(
            tuple(each["path"]),
            each["keyword"],
            each["limit"],
            each["found"] if "found" in each else _at(body, each["path"]),
        )
        for each in line["refusals"]
    ]


def _at(value: JsonValue, path: Sequence[str | int]) -> JsonValue:
    for part in path:
        if isinstance(value, dict) and part in value:
            value = value[str(part)]
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
    return value
