"""The process that judges one plan: a request on standard input, its answer on standard output, and nothing else.

The dispatcher ends it by the clock; what it may take of processor and memory it says to the system itself, before it
reads anything.
"""

import json
import os
import sys
from contextlib import suppress
from dataclasses import asdict

from tocsin_dispatcher.planning.judgement import judge
from tocsin_dispatcher.planning.limits import MEMORY, OUT_OF_MEMORY, PROCESSOR_SECONDS


def main() -> int:
    """Judge one request; returns OUT_OF_MEMORY where it takes more than it may."""
    _limit()
    try:
        size = int(sys.stdin.buffer.readline())
        judged = asdict(judge(sys.stdin.buffer.read(size), sys.stdin.buffer.read()))
        body = judged.pop("body")
        answer = json.dumps(judged).encode() + b"\n" + body.encode()
    except MemoryError:
        return OUT_OF_MEMORY
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()
    return 0


def _limit() -> None:
    if hasattr(os, "nice"):
        os.nice(10)  # checks and messages go first
    try:
        import resource  # noqa: PLC0415  # not on every system
    except ImportError:  # there is none for Windows
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS + 1))
    with suppress(OSError, ValueError):  # macOS has no such limit
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))


if __name__ == "__main__":
    sys.exit(main())
