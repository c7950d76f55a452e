"""The process that judges one plan: a request on standard input, its answer on standard output, and nothing else.

The dispatcher ends it by the clock; what it may take of processor and memory it says to the system itself, before it
reads anything.
"""

import json
import os
import sys
from dataclasses import asdict

from tocsin_dispatcher.planning.judgement import judge
from tocsin_dispatcher.planning.limits import MEMORY, PROCESSOR_SECONDS
from tocsin_schema.limited_process import OUT_OF_MEMORY, limit


def main() -> int:
    """Judge one request; returns OUT_OF_MEMORY where it takes more than it may."""
    if hasattr(os, "nice"):
        os.nice(10)  # checks and messages go first
    limit(private_memory=MEMORY, processor_seconds=PROCESSOR_SECONDS)
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


if __name__ == "__main__":
    sys.exit(main())
