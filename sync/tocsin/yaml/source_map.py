"""Where each character of a scalar's value stands in its file."""

from bisect import bisect_right


class Runs:
    """A value in runs: stretches that stand in the file as they are, and single characters that are written otherwise.

    A run is where it begins in the value, and where it begins and ends in the file.
    """

    __slots__ = ("_parts", "end", "length", "matches", "sources", "values")

    def __init__(self, start: int) -> None:
        """Begin with nothing; an empty value stands at `start`."""
        self.values: list[int] = []
        self.sources: list[tuple[int, int]] = []
        self.length = 0
        self.end = start
        self.matches = True
        """Whether the runs give the value that the parser gave."""
        self._parts: list[str] = []

    def add(self, part: str, start: int, end: int) -> None:
        """Add characters that stand from `start` to `end`: one for one, or a single one for all of it."""
        if part:
            self.values.append(self.length)
            self.sources.append((start, end))
            self._parts.append(part)
            self.length += len(part)
            self.end = end

    @property
    def value(self) -> str:
        """The decoded value, until it is compared."""
        return "".join(self._parts)

    def compare(self, value: str) -> None:
        """Note whether this is the value, once all runs are added."""
        self.matches = self.value == value
        self._parts.clear()

    def character(self, offset: int) -> tuple[int, int]:
        """Return where a character stands in the file; at the end of the value, the place behind its last one."""
        if not 0 <= offset < self.length:
            return self.end, self.end
        run = bisect_right(self.values, offset) - 1
        start, end = self.sources[run]
        length = (self.values[run + 1] if run + 1 < len(self.values) else self.length) - self.values[run]
        if end - start != length:
            return start, end
        within = start + offset - self.values[run]
        return within, within + 1
