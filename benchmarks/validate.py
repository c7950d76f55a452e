"""`tocsin validate` beside `check-jsonschema`, and with more and more files.

    python -m benchmarks.validate [--files 1000] [--runs 5] [--sizes 1000,3000,10000]

Every run is a cold process. check-jsonschema only checks each file against the JSON Schema: Tocsin's every rule must
take no longer. The two run in turns on the same files; times are medians, the ratio is Tocsin's by check-jsonschema's.
"""

import shutil
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.accounts import write_integrations, write_monitors, write_one_file
from benchmarks.measuring import Timing, peak_memory, timed

SCHEMA = Path(__file__).parent.parent / "schema" / "integration.schema.json"
MIB = 2**20


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    parser = ArgumentParser(prog="python -m benchmarks.validate", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--files", type=int, default=1000, help="so many for the comparison (1000)")
    parser.add_argument("--runs", type=int, default=5, help="so often each (5)")
    parser.add_argument(
        "--sizes", default="1000,3000,10000", help="so many files to see time and memory grow; '' for none"
    )
    options = parser.parse_args(arguments)
    _compare(options.files, options.runs)
    sizes = [int(each) for each in options.sizes.split(",") if each]
    if sizes:
        _grow(sizes)
        _other_kinds()


def _validate(folder: Path) -> list[str]:
    return [sys.executable, "-m", "tocsin", "--project", str(folder), "validate"]


def _compare(files: int, runs: int) -> None:
    other = _check_jsonschema()
    if other is None:
        print("check-jsonschema is not installed (`pip install check-jsonschema`): Tocsin is measured alone\n")
    with TemporaryDirectory() as name:
        paths = write_integrations(Path(name), files)
        commands = {"tocsin": _validate(Path(name))}
        if other is not None:
            commands["check-jsonschema"] = [other, "--schemafile", str(SCHEMA), *map(str, paths)]
        measured: dict[str, list[Timing]] = {tool: [] for tool in commands}
        for _ in range(runs):
            for tool, command in commands.items():
                measured[tool].append(timed(command))
    print(f"{files:,} files, median of {runs} cold runs, in turns")
    medians = {tool: Timing.median(each) for tool, each in measured.items()}
    for tool, median in medians.items():
        print(f"  {tool:18} {median.wall:7.2f} s wall {median.processor:7.2f} s processor")
    if len(medians) > 1:
        ours, theirs = medians.values()
        print(
            f"  {'ratio':18} {ours.wall / theirs.wall:7.2f}   wall {ours.processor / theirs.processor:7.2f}   processor"
        )


def _check_jsonschema() -> str | None:
    beside = Path(sys.executable).parent / "check-jsonschema"
    return str(beside) if beside.exists() else shutil.which("check-jsonschema")


def _grow(sizes: Sequence[int]) -> None:
    print("\ntocsin with more files; memory is that of all its processes together")
    held = [_measure(f"{size:,} integrations", partial(write_integrations, count=size)) for size in sizes]
    first, last = held[0], held[-1]
    if len(sizes) > 1 and first is not None and last is not None:
        print(f"  {'each further file':38} {(last - first) / (sizes[-1] - sizes[0]) / 1000:24.0f} kB")


def _other_kinds() -> None:
    print("\ntocsin with other kinds")
    _measure("5,000 monitors, 1,000 alerts", lambda folder: write_monitors(folder, 5000, 1000))
    _measure("one file of 9,000 monitors", lambda folder: write_one_file(folder, 9000))


def _measure(what: str, write: Callable[[Path], object]) -> int | None:
    """Measure one account, print it and return the bytes that it took."""
    with TemporaryDirectory() as name:
        write(Path(name))
        timing, held = timed(_validate(Path(name))), peak_memory(_validate(Path(name)))
    memory = f"{held / MIB:8.0f} MiB" if held is not None else ""
    print(f"  {what:30} {timing.wall:7.2f} s wall {timing.processor:7.2f} s processor {memory}")
    return held


if __name__ == "__main__":
    main(sys.argv[1:])
