"""How long a command takes, and how much memory it and the processes that it starts hold together."""

import os
import statistics
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

INTERVAL = 0.02
"""Memory is looked at this often, in seconds."""


@dataclass(frozen=True)
class Timing:
    """Seconds: `wall` by the clock, `processor` the user and system time of all the command's processes."""

    wall: float
    processor: float

    @classmethod
    def median(cls, runs: Sequence["Timing"]) -> "Timing":
        """Return the medians of both."""
        return cls(statistics.median(each.wall for each in runs), statistics.median(each.processor for each in runs))


def timed(command: Sequence[str]) -> Timing:
    """Run a command. Raises CalledProcessError where it fails: it is given nothing to find."""
    before, start = os.times(), perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    wall, after = perf_counter() - start, os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return Timing(wall, used)


def peak_memory(command: Sequence[str]) -> int | None:
    """Run a command and return the most bytes that its processes held together; None where there is no `/proc`.

    What several processes share counts once: proportional set size, `man 5 proc_pid_smaps`.
    """
    if not Path("/proc/self/smaps_rollup").exists():
        return None
    most = 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while True:
            most = max(most, sum(_held(each) for each in _descended(process.pid)))
            try:
                process.wait(INTERVAL)
            except subprocess.TimeoutExpired:
                continue
            return most


def _descended(process: int) -> Iterator[int]:
    yield process
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text("ascii").split()
    except OSError:  # it has ended
        return
    for child in children:
        yield from _descended(int(child))


def _held(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text("ascii").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
