"""Time for a watch: it moves only where the watch waits, and things happen at their moments."""

from collections.abc import Callable

Step = Callable[[], object]


class FakeTime:
    """Seconds from 0. What `at` notes happens once a wait comes to it; at `end` the watch is told to stop."""

    def __init__(self, end: float) -> None:
        self._now, self._end = 0.0, end
        self._steps: list[tuple[float, Step]] = []

    def at(self, moment: float, step: Step) -> None:
        """Let something happen at a moment."""
        self._steps.append((moment, step))
        self._steps.sort(key=lambda each: each[0])

    def now(self) -> float:
        """Return the moment."""
        return self._now

    def wait(self, seconds: float) -> bool:
        """Move on by so much."""
        self._now += seconds
        while self._steps and self._steps[0][0] <= self._now:
            self._steps.pop(0)[1]()
        return self._now >= self._end


class Middle:
    """A random that is none: always the middle."""

    def uniform(self, low: float, high: float) -> float:
        """Return the middle."""
        return (low + high) / 2
