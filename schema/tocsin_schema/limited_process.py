"""Processes for work whose cost somebody else decides: how one is started, and the limits that it sets itself.

A library can't be interrupted everywhere, a process can: the system ends it at its limits, whatever it is doing.
"""

import signal
import sys
from collections.abc import Mapping
from contextlib import suppress

NEEDED = ("LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "PATH", "PYTHONHOME", "PYTHONPATH", "SYSTEMROOT")
"""Variables of the environment without which Python or its libraries may not start."""

OUT_OF_MEMORY = 3
"""The exit code by which such a process says that it got no more memory."""


def command_of(module: str, *arguments: str) -> list[str]:
    """Return the command that runs a module: nothing is imported from the folder it runs in, no byte code is written."""
    return [sys.executable, "-P", "-B", "-m", module, *arguments]


def environment_of(own: Mapping[str, str]) -> dict[str, str]:
    """Return what of one's own environment such a process gets: where Python and its libraries are, and no secret."""
    return {name: own[name] for name in NEEDED if name in own}


def limit(
    *,
    address_space: int | None = None,
    private_memory: int | None = None,
    processor_seconds: int | None = None,
    file_size: int | None = None,
) -> None:
    """Bound what this process may take, in bytes and seconds, as far as the system can; it leaves no core file.

    Processor time counts from its start (getrlimit(2)). `private_memory` is RLIMIT_DATA, which counts all of it since Linux 4.7.
    """
    try:
        import resource  # noqa: PLC0415  # POSIX alone has it
    except ImportError:
        return
    wanted = {
        resource.RLIMIT_AS: address_space,
        resource.RLIMIT_DATA: private_memory,
        resource.RLIMIT_CPU: processor_seconds,
        resource.RLIMIT_FSIZE: file_size,
        resource.RLIMIT_CORE: 0,
    }
    for kind, most in wanted.items():
        if most is not None:
            hard = resource.getrlimit(kind)[1]
            bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
            with suppress(OSError, ValueError):  # macOS refuses some
                resource.setrlimit(kind, (bound, bound))


def count_down(seconds: float) -> None:
    """Have the system end this process after so many seconds of processor time from now, where it can; 0: no more."""
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, seconds)
