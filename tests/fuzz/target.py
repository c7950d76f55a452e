"""What is fuzzed: something that takes bytes from outside, and the law that it keeps whatever they are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import process_time

SECONDS = 5.0
"""Processor time that one input may take: far more than any does, far less than a hang."""

LONGEST = 4096
"""Bytes of an input: longer ones find little more, and cost time."""


class TooSlowError(AssertionError):
    """An input took longer than any may."""


@dataclass(frozen=True, slots=True)
class Target:
    """A way into the product. `take` is given bytes and raises where a law is broken.

    `seeds` returns sound inputs, of which others are made; `words` mean something in them.
    """

    name: str
    take: Callable[[bytes], None]
    seeds: Callable[[], Sequence[bytes]]
    words: tuple[bytes, ...] = ()

    def judge(self, data: bytes) -> None:
        """Raise whatever `take` raises, and TooSlowError where it takes too long."""
        started = process_time()
        self.take(data)
        if (took := process_time() - started) > SECONDS:
            raise TooSlowError(f"{self.name} took {took:.1f} s of processor time for {len(data)} bytes")
