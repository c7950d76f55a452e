"""What is wrong, and where: a finding of a rule, in terms of documents.

A place is a document, a path into it and offsets inside the text found there. `tocsin` turns it into
file, line and column; the dispatcher into a JSON pointer.
"""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a document.

    `document` counts the documents given to the check, from 0; None is the project file. `start` and `end` are
    offsets in code points inside the text value at `path`, None for all of it. `key` means the
    mapping key at `path` rather than its value.
    """

    document: int | None
    path: Path = ()
    start: int | None = None
    end: int | None = None
    key: bool = False

    def at(self, *path: str | int, key: bool = False) -> "Place":
        """Return the place further down."""
        return Place(self.document, (*self.path, *path), key=key)

    def span(self, start: int, end: int) -> "Place":
        """Return a part of the text at this place."""
        return Place(self.document, self.path, start, end)


@dataclass(frozen=True, slots=True)
class Related:
    """A second place that a finding speaks of."""

    message: str
    where: Place


@dataclass(frozen=True, slots=True)
class Edit:
    """Put `text` in place of what `where` spans: part of a text value, a whole scalar value, or a key.

    `text` is what the document shall say, not how its file writes it. A number, true or false is written as such,
    where text that looks like one is put in quotes.
    """

    where: Place
    text: str | int | float


@dataclass(frozen=True, slots=True)
class Fix:
    """How to mend a finding: all of `edits` or none; `title` says what that does.

    A safe one can't change what was meant; an unsafe one is a good guess that a person should look at.
    """

    safety: Literal["safe", "unsafe"]
    edits: tuple[Edit, ...]
    title: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake: `code` names the rule, `message` says what is wrong, `help` what to do."""

    code: str
    severity: Severity
    message: str
    where: Place
    related: tuple[Related, ...] = ()
    help: str | None = None
    fix: Fix | None = None


def json_pointer(place: Place) -> str:
    """Return the place as a JSON pointer (RFC 6901) into `{"project": ..., "documents": [...]}`."""
    head: Path = ("project",) if place.document is None else ("documents", place.document)
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in (*head, *place.path))
