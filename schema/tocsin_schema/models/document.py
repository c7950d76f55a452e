"""What every document has: kind, name, title, description."""

import uuid
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Kind = Literal["integration", "alert", "monitor", "sample"]
KINDS: tuple[Kind, ...] = ("integration", "alert", "monitor", "sample")
"""The kinds that a file may hold any number of. The fifth, `project`, describes the repository itself."""

NAME_PATTERN = r"^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$"
IDENTIFIER_PATTERN = r"^[A-Za-z_][A-Za-z0-9_-]{0,99}$"

Name = Annotated[
    str,
    StringConstraints(pattern=NAME_PATTERN),
    Field(description="Lower-case letters, digits, `-` and `.`, at most 63 characters."),
]
Identifier = Annotated[str, StringConstraints(pattern=IDENTIFIER_PATTERN)]
"""The name of a variable or function, as it stands between `{{` and `}}`."""

Guid = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"),
]

NAMESPACE = uuid.UUID("8f0a1d0e-5f0b-5c55-9b0c-2d6a3f0a7c11")
"""Namespace of the UUIDv5 ids given to definitions that state no `guid`."""


class Strict(BaseModel):
    """A part of a document: immutable, no unknown keys, no silent conversions.

    The docstrings of its fields are what editors show: `json_schema` reads them. pydantic could read them too, but
    does so at every start.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


class Document(Strict):
    """What every document has. The pair (kind, name) is its identity."""

    kind: str
    """What the document defines."""
    name: Name
    """What others refer to it by: lower-case letters, digits, `-` and `.`, at most 63 characters."""
    title: Annotated[str, Field(max_length=200)] | None = None
    """Display name, as messages print it. Default: the name."""
    description: str | None = None
    """What this is for, for the people who read it."""
    protect: bool = False
    """No sync and no rollback may delete it. To delete it, sync `protect: false` first."""

    @property
    def display_name(self) -> str:
        """The title, or the name where there is none."""
        return self.title if self.title is not None else self.name


@lru_cache(maxsize=100_000)
def default_guid(project: str, kind: str, name: str) -> str:
    """Return the stable id of a definition that states none: a UUIDv5 of project, kind and name."""
    return str(uuid.uuid5(NAMESPACE, f"{project}/{kind}/{name}"))
