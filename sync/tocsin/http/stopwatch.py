"""How long each phase of an exchange takes, as httpx tells of them."""

from collections.abc import Callable
from typing import Literal

from tocsin_schema.api.exchanges import Timings

Phase = Literal["connect", "tls", "first_byte"]

BEGINS: dict[str, Phase] = {
    "connection.connect_tcp.started": "connect",
    "connection.start_tls.started": "tls",
    "http11.send_request_headers.started": "first_byte",
}
"""Events by which a phase begins (https://www.encode.io/httpcore/extensions/#trace). The look-up is part of connecting."""
ENDS: dict[str, Phase] = {
    "connection.connect_tcp.complete": "connect",
    "connection.start_tls.complete": "tls",
    "http11.receive_response_headers.complete": "first_byte",
}


class Stopwatch:
    """Measures an exchange from its making on."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        """Take a clock in seconds."""
        self._now = monotonic
        self.began = monotonic()
        self._spent: dict[Phase, float] = {}
        self._open: dict[Phase, float] = {}

    def trace(self, event: str, info: object) -> None:
        """Take an event of the request (httpx calls this)."""
        if (begun := BEGINS.get(event)) is not None:
            self._open[begun] = self._now()
        elif (ended := ENDS.get(event)) is not None and ended in self._open:
            self._end(ended)

    def read(self) -> Timings:
        """Return what was measured; phases that were broken off end here."""
        for phase in list(self._open):
            self._end(phase)
        spent = {phase: round(seconds * 1000) for phase, seconds in self._spent.items()}
        return Timings(
            lookup=None,
            connect=spent.get("connect"),
            tls=spent.get("tls"),
            first_byte=spent.get("first_byte"),
            total=round((self._now() - self.began) * 1000),
        )

    def _end(self, phase: Phase) -> None:
        """Add to what a phase took: with HTTP Digest there are two requests."""
        self._spent[phase] = self._spent.get(phase, 0.0) + self._now() - self._open.pop(phase)
