"""What a path finds, and what says where it leads."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from tocsin_schema.errors import ContractError

if TYPE_CHECKING:
    from pydantic import JsonValue

SHOWN = 120
"""Characters of what a parser says that a text shows."""


class PathInto(NamedTuple):
    """A path into a body."""

    source: Literal["json", "xml"]
    path: str
    """JSONPath for `json`, XPath for `xml`."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a path finds in a body."""

    values: "tuple[JsonValue, ...]" = ()
    """The first that it finds, of XML the text or number of it; empty where it finds nothing."""
    unreadable: str | None = None
    """Why the path could not be followed to its end, None where it was."""


class UnreadableError(ContractError):
    """The body is not what the path leads into, or the path can't be followed in it. The text says why."""


def first_line(error: Exception) -> str:
    """Return the first line of what a parser says, as much as is shown, without what nothing can store."""
    said = next(iter(str(error).splitlines()), "").encode("utf-8", "replace").decode("utf-8")
    return said if len(said) <= SHOWN else said[:SHOWN] + "…"
