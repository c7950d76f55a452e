"""Where a watch takes definitions from, and how it sees that they changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from pydantic import JsonValue

from tocsin.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Candidate:
    """Definitions that were read and judged, and might be synced.

    `mark` differs whenever they might; `recorded` is what a revision tells of where they come from.
    """

    mark: str
    workspace: Workspace
    recorded: Mapping[str, JsonValue]


class Source(Protocol):
    """Files, or a branch."""

    @property
    def look_every(self) -> float:
        """Seconds between two looks for changes."""

    @property
    def settling(self) -> float:
        """Seconds without a change after which one is taken for complete; 0 where changes come whole."""

    @property
    def far(self) -> bool:
        """Whether looking asks another machine, which one spares while things fail."""

    def look(self) -> str:
        """Give the mark of what is there now; raises TocsinError where nobody tells."""

    def candidate(self) -> Candidate:
        """Read what is there now; raises TocsinError where that can't be done or it is not to be trusted."""
