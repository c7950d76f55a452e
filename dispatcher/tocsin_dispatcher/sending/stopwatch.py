"""How long each phase of an exchange takes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

from tocsin_dispatcher.sending.wire import Arrival
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
        self.phase, began = phase, self.now()
        try:
            yield
        finally:
            self.add(phase, self.now() - began)

    @contextmanager
    def measure_first_byte(self, arrival: Arrival) -> Iterator[None]:
        """Measure the time to the first byte of what arrives, also where none comes."""
        self.phase, began = "first_byte", self.now()
        try:
            yield
        finally:
            heard = arrival.heard_at
            self.add("first_byte", (self.now() if heard is None else heard) - began)

    def add(self, phase: Phase, seconds: float) -> None:
        """Add to what a phase took: an exchange may ask twice, as with HTTP Digest."""
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
