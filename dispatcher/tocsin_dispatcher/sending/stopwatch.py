"""How long each phase of an exchange takes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

from tocsin_schema.api.exchanges import Timings

Phase = Literal["lookup", "connect", "tls", "first_byte"]


class Stopwatch:
    """Measures an exchange from its making on."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        """Take a clock in seconds."""
        self.now = monotonic
        self.phase: Phase | None = None
        """The latest that was begun."""
        self._began = monotonic()
        self._spent: dict[Phase, float] = {}

    @contextmanager
    def measure(self, phase: Phase) -> Iterator[None]:
        """Measure a phase, also where it is broken off."""
        began = self.begin(phase)
        try:
            yield
        finally:
            self.end(phase, began)

    def begin(self, phase: Phase) -> float:
        """Begin a phase, and return the moment."""
        self.phase = phase
        return self.now()

    def end(self, phase: Phase, began: float, ended: float | None = None) -> None:
        """Add to what a phase took, up to now unless it ended before: an exchange may ask twice, as with HTTP Digest."""
        seconds = (self.now() if ended is None else ended) - began
        self._spent[phase] = self._spent.get(phase, 0.0) + seconds

    def read(self) -> Timings:
        """Return what was measured so far."""
        spent = {phase: milliseconds(seconds) for phase, seconds in self._spent.items()}
        return Timings(
            lookup=spent.get("lookup"),
            connect=spent.get("connect"),
            tls=spent.get("tls"),
            first_byte=spent.get("first_byte"),
            total=milliseconds(self.now() - self._began),
        )


def milliseconds(seconds: float) -> int:
    """Return seconds in whole milliseconds."""
    return round(seconds * 1000)
