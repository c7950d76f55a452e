"""`tocsin validate` beside `check-jsonschema`: the same 1,000 files, in turns, on the same machine.

    python -m benchmarks.validate [FILES] [RUNS]

Every run is a cold process. Medians of wall and of processor time (user and system, of all its processes); the ratio is Tocsin's
by check-jsonschema's. check-jsonschema only checks each file against the JSON Schema: Tocsin's every rule must take no longer.
"""

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from benchmarks.integrations import write_account

ROOT = Path(__file__).parent.parent
SCHEMA = ROOT / "schema" / "integration.schema.json"


@dataclass(frozen=True)
class Timing:
    """Medians in seconds."""

    wall: float
    processor: float

    @classmethod
    def of(cls, runs: Sequence[tuple[float, float]]) -> "Timing":
        """Give the medians of wall and processor times."""
        return cls(statistics.median(wall for wall, _ in runs), statistics.median(used for _, used in runs))


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    files, runs = (int(arguments[number]) if len(arguments) > number else (1000, 5)[number] for number in (0, 1))
    other = _check_jsonschema()
    if other is None:
        print(
            "check-jsonschema is not installed: `pip install check-jsonschema` to compare; Tocsin is measured alone\n"
        )
    with tempfile.TemporaryDirectory() as folder:
        paths = write_account(Path(folder), files)
        ours = [sys.executable, "-m", "tocsin", "--project", folder, "validate"]
        theirs = [other, "--schemafile", str(SCHEMA), *map(str, paths)] if other is not None else None
        measured: dict[str, list[tuple[float, float]]] = {"tocsin": [], "check-jsonschema": []}
        for _ in range(runs):
            measured["tocsin"].append(_timed(ours))
            if theirs is not None:
                measured["check-jsonschema"].append(_timed(theirs))
    timings = {name: Timing.of(each) for name, each in measured.items() if each}
    print(f"{files} files, median of {runs} cold runs, in turns\n")
    for name, timing in timings.items():
        print(f"{name:18} {timing.wall:7.2f} s wall {timing.processor:7.2f} s processor")
    if len(timings) > 1:
        tocsin, compared = timings["tocsin"], timings["check-jsonschema"]
        print(
            f"\nratio {tocsin.wall / compared.wall:18.2f} wall {tocsin.processor / compared.processor:9.2f} processor"
        )
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(f"\nlargest process: {most // 1024} MiB")


def _check_jsonschema() -> str | None:
    beside = Path(sys.executable).parent / "check-jsonschema"
    return str(beside) if beside.exists() else shutil.which("check-jsonschema")


def _timed(command: Sequence[str]) -> tuple[float, float]:
    """Give the wall and the processor time of a command; raises CalledProcessError where it finds anything."""
    before, start = os.times(), perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
    wall, after = perf_counter() - start, os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return wall, used


if __name__ == "__main__":
    main(sys.argv[1:])
