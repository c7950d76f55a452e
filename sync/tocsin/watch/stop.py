"""Real time, which SIGTERM and SIGINT end."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class RealTime:
    """The machine's time. A wait ends at once when the watch is to stop."""

    def __init__(self) -> None:
        """Begin; nobody has said stop."""
        self._stop = Event()

    def now(self) -> float:
        """Return the moment, in seconds from any beginning."""
        return time.monotonic()

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until the watch is to stop; whether it is."""
        return self._stop.wait(seconds)

    def stop(self) -> None:
        """Let no wait go on."""
        self._stop.set()


@contextmanager
def until_stopped() -> Iterator[RealTime]:
    """Yield a time that the first SIGTERM or SIGINT ends; what is under way goes on. A second one ends the process."""
    moment = RealTime()

    def stop(_number: int, _frame: FrameType | None) -> None:
        moment.stop()
        for number, handler in before.items():
            signal.signal(number, handler)

    before = {number: signal.signal(number, stop) for number in SIGNALS}
    try:
        yield moment
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
