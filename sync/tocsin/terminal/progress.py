"""A line on stderr while something takes more than a second: a terminal counts, a pipe is told once."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from tocsin.terminal.style import harmless

QUIET_SECONDS = 1.0
CLEAR = "\r\x1b[K"


class Progress:
    """What is being done. `tell` says something beside it, without mixing the two up."""

    def __init__(self, what: str, stream: TextIO) -> None:
        """Speak of `what` on `stream`."""
        self._what = what
        self._stream = stream
        self._terminal = stream.isatty()
        self._done = threading.Event()
        self._lock = threading.Lock()

    def tell(self, text: str) -> None:
        """Write a line of its own."""
        with self._lock:
            self._write((CLEAR if self._terminal else "") + harmless(text) + "\n")

    def show(self, quiet: float, every: float = 1.0) -> None:
        """Show the line once `quiet` seconds have passed, and count until it is done."""
        if self._done.wait(quiet):
            return
        if not self._terminal:
            self.tell(f"{self._what} ...")
            return
        seconds = quiet
        while True:
            with self._lock:
                self._write(f"{CLEAR}{harmless(self._what)} ... {seconds:.0f} s")
            if self._done.wait(every):
                break
            seconds += every
        with self._lock:
            self._write(CLEAR)

    def end(self) -> None:
        """Say that it is done."""
        self._done.set()

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):  # nobody reads any more: no reason to stop the work
            self._done.set()


@contextmanager
def progress(what: str) -> Iterator[Progress]:
    """Show that `what` is being done where it takes longer than `QUIET_SECONDS`."""
    shown = Progress(what, sys.stderr)
    thread = threading.Thread(target=shown.show, args=(QUIET_SECONDS,), daemon=True)
    thread.start()
    try:
        yield shown
    finally:
        shown.end()
        thread.join()
