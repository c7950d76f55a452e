"""Processes that limit themselves."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping

import pytest

from tocsin_schema.limited_process import OUT_OF_MEMORY, command_of, environment_of

MIB = 1024 * 1024


def ended(code: str, own: Mapping[str, str] = os.environ) -> "subprocess.CompletedProcess[str]":
    """Return how a process ended that ran this code, with the functions at hand."""
    program = f"from tocsin_schema.limited_process import count_down, limit\n{code}"
    return subprocess.run(
        [sys.executable, "-c", program], env=environment_of(own), capture_output=True, text=True, check=False
    )


def test_it_runs_a_module_that_is_none_of_its_folder() -> None:
    assert command_of("some.module", "1") == [sys.executable, "-P", "-B", "-m", "some.module", "1"]


def test_it_gets_no_secret_of_the_environment() -> None:
    own = {"PATH": "/bin", "TOCSIN_TOKEN": "s", "HTTPS_PROXY": "http://a:b@c", "PYTHONPATH": "x"}
    assert environment_of(own) == {"PATH": "/bin", "PYTHONPATH": "x"}


@pytest.mark.parametrize("kind", ["address_space", "private_memory"])
def test_memory_has_an_end(kind: str) -> None:
    assert ended(f"limit({kind}={200 * MIB}); bytearray({20 * MIB}); print('room')").stdout == "room\n"
    assert "MemoryError" in ended(f"limit({kind}={200 * MIB}); bytearray({300 * MIB})").stderr


def test_files_have_an_end() -> None:
    code = (
        "import tempfile; limit(file_size=10); file = tempfile.TemporaryFile(buffering=0); print(file.write(b'x' * 20))"
    )
    assert ended(code).stdout == "10\n"


def test_processor_time_counts_from_the_start() -> None:
    assert ended("limit(processor_seconds=1)\nwhile True: pass").returncode in (-signal.SIGXCPU, -signal.SIGKILL)


def test_processor_time_counts_from_now_and_no_more() -> None:
    assert ended("count_down(0.05)\nwhile True: pass").returncode == -signal.SIGPROF
    went_on = "import time; count_down(0.05); count_down(0)\nwhile time.process_time() < 0.3: pass"
    assert ended(went_on).returncode == 0


def test_a_lower_limit_of_the_system_stays() -> None:
    code = f"import resource; resource.setrlimit(resource.RLIMIT_AS, ({200 * MIB}, {200 * MIB})); limit(address_space={900 * MIB}); print(resource.getrlimit(resource.RLIMIT_AS))"
    assert ended(code).stdout == f"({200 * MIB}, {200 * MIB})\n"


def test_the_exit_code_for_want_of_memory_is_no_other_ones() -> None:
    assert OUT_OF_MEMORY not in (0, 1, 2, 126, 127)
