"""What can be wrong with a file before anything is said of its meaning."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class YamlProblem:
    """A mistake from `start` up to `end`, offsets in the file's text; `first` is a second place that it speaks of."""

    code: str
    message: str
    start: int
    end: int
    help: str | None = None
    first: tuple[str, int, int] | None = None
    instead: str | None = None
    """What to write from `start` up to `end`, where only that can have been meant."""
    subject: str = ""
    """Kind, name and path of what it is about, where that is a document."""


class UnreadableError(Exception):
    """A document that can't be read any further, and why."""

    def __init__(self, problem: YamlProblem) -> None:
        super().__init__(problem.message)
        self.problem = problem
