"""Standard error that never fails and never waits for long: a full disk behind it must not stop what it is told of."""

import io
import os
import select
from collections.abc import Callable
from contextlib import suppress
from typing import TextIO

PATIENCE_MS = 1000
"""How long, in milliseconds, a line waits for whoever reads a pipe; then lines are lost until he reads again."""


class LastingStderr(io.TextIOBase):
    """What is written goes to another text stream; what can't be written is lost, and counted.

    Once lines can be written again, one says how many are missing.
    """

    def __init__(self, stream: TextIO, told: Callable[[int], str]) -> None:
        """Write to `stream`: past its buffers where it has a descriptor, since those keep what could not be written.

        `told` gives the line that says how many are missing.
        """
        self._stream = stream
        self._told = told
        self._descriptor = _descriptor(stream)
        self._poll = select.poll()
        if self._descriptor is not None:
            self._poll.register(self._descriptor, select.POLLOUT)
        self._lost = 0
        self._torn = False
        self._stuck = False
        self._pending = ""

    @property
    def lost(self) -> int:
        """How many lines have been lost since one could be written."""
        return self._lost

    def write(self, text: str) -> int:
        """Take some text; whole lines are written at once. Never raises."""
        *lines, self._pending = (self._pending + text).split("\n")
        for line in lines:
            self._write_line(f"{line}\n")
        return len(text)

    def flush(self) -> None:
        """Write what is no whole line yet."""
        pending, self._pending = self._pending, ""
        if pending:
            self._write_line(pending)

    def isatty(self) -> bool:
        """Tell whether a person reads it."""
        return self._stream.isatty()

    def fileno(self) -> int:
        """Return the other stream's descriptor; raises as it does."""
        return self._stream.fileno()

    def writable(self) -> bool:
        """Tell that it can be written."""
        return True

    def _write_line(self, line: str) -> None:
        before = "\n" if self._torn else ""
        if self._lost:
            before += f"{self._told(self._lost)}\n"
        if self._written(before + line):
            self._lost, self._torn = 0, False
        else:
            self._lost += 1

    def _written(self, text: str) -> bool:
        try:
            if self._descriptor is None:
                self._stream.write(text)
                self._stream.flush()
                return True
            left = memoryview(text.encode("utf-8", "backslashreplace"))
            while left:
                if not self._takes_more():
                    return False
                left = left[os.write(self._descriptor, left[: select.PIPE_BUF]) :]
                self._torn = bool(left)
        except (OSError, ValueError):  # full, or closed
            return False
        return True

    def _takes_more(self) -> bool:
        """Tell whether the descriptor takes some bytes; one that has shown that it doesn't is not waited for again."""
        ready = bool(self._poll.poll(0)) or (not self._stuck and bool(self._poll.poll(PATIENCE_MS)))
        self._stuck = not ready
        return ready


def _descriptor(stream: TextIO) -> int | None:
    with suppress(OSError, ValueError):
        stream.flush()
        return stream.fileno()
    return None
