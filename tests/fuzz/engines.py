"""Two ways to look for inputs that break a law: hypothesis makes them of sound ones, atheris follows the code's branches."""

import importlib.util
import os
import subprocess
import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from time import monotonic

from hypothesis import HealthCheck, given, settings
from tests.fuzz.mutations import inputs
from tests.fuzz.target import LONGEST, Target

KEPT = Path(".fuzz")
"""Where inputs are kept: a folder of each target for atheris to go on with, and `found` for those that break a law."""

MEGABYTES = 1500
HANGS = 20
"""Seconds after which atheris takes an input for one that hangs."""

INSTRUMENTED = ("tocsin", "tocsin_schema", "tocsin_dispatcher", "yaml", "jsonpath", "jsonschema")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of looking: how many inputs were tried, and the file of one that breaks a law."""

    inputs: int
    found: Path | None = None
    why: str = ""


def by_hypothesis(target: Target, seconds: float) -> Outcome:
    """Try changed sound inputs for so long; what breaks a law is made as small as hypothesis can."""
    end, tried, last = monotonic() + seconds, 0, b""

    @settings(max_examples=500, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(inputs(target))
    def judge(data: bytes) -> None:
        nonlocal tried, last
        if monotonic() > end:
            return
        tried, last = tried + 1, data
        target.judge(data)

    while monotonic() < end:
        try:
            judge()
        except Exception as error:  # whatever it is, it is what we look for
            return Outcome(tried, _kept(target, last), f"{type(error).__name__}: {error}".partition("\n")[0])
    return Outcome(tried)


def has_atheris() -> bool:
    """Whether atheris is installed; there are wheels for Linux on x86-64 alone."""
    return importlib.util.find_spec("atheris") is not None


def by_atheris(target: Target, seconds: float) -> Outcome:
    """Let atheris look for so long, in a process of its own."""
    corpus, found = KEPT / target.name, KEPT / "found"
    for folder in (corpus, found):
        folder.mkdir(parents=True, exist_ok=True)
    for seed in target.seeds():
        (corpus / sha256(seed).hexdigest()[:16]).write_bytes(seed)
    words = KEPT / f"{target.name}.dict"
    words.write_text("".join(_in_dictionary(each) for each in target.words), "ascii")
    log = KEPT / f"{target.name}.log"
    before = set(found.iterdir())
    options = {
        "dict": words,
        "artifact_prefix": f"{found}/{target.name}-",
        "max_total_time": max(int(seconds), 1),
        "max_len": LONGEST,
        "timeout": HANGS,
        "rss_limit_mb": MEGABYTES,
        "print_final_stats": 1,
    }
    command = [sys.executable, "-m", "tests.fuzz.by_branches", target.name]
    command += [*(f"-{name}={value}" for name, value in options.items()), str(corpus)]
    with log.open("wb") as opened:
        done = subprocess.run(command, stdout=opened, stderr=subprocess.STDOUT, check=False)
    told = log.read_text("utf-8", "replace")
    tried = next((line.split()[-1] for line in told.splitlines() if "stat::number_of_executed_units" in line), "0")
    new = sorted(set(found.iterdir()) - before)
    if done.returncode == 0 and not new:
        return Outcome(int(tried))
    reasons = [line for line in told.splitlines() if "Error" in line or "ERROR" in line]
    return Outcome(int(tried), new[0] if new else log, (reasons or ["atheris failed"])[0].strip())


def by_schemathesis(seconds: float) -> Outcome:
    """Have schemathesis ask a running dispatcher what its OpenAPI document allows, and what it doesn't."""
    examples = max(int(seconds), 10)
    command = [sys.executable, "-m", "pytest", "-q", "-k", "sqlite", "tests/e2e/test_api_document.py"]
    KEPT.mkdir(exist_ok=True)
    log = KEPT / "api.log"
    with log.open("wb") as opened:
        env = {**os.environ, "TOCSIN_FUZZ_API": str(examples)}
        done = subprocess.run(command, env=env, stdout=opened, stderr=subprocess.STDOUT, check=False)
    return Outcome(examples, None if done.returncode == 0 else log, "" if done.returncode == 0 else "see the log")


def _in_dictionary(word: bytes) -> str:
    """Return a line of libFuzzer's dictionaries."""
    return '"' + "".join(rf"\x{each:02x}" for each in word) + '"\n'


def _kept(target: Target, data: bytes) -> Path:
    file = KEPT / "found" / f"{target.name}-{sha256(data).hexdigest()[:16]}"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    return file
