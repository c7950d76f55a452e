"""`GET /audit`."""

from datetime import datetime
from typing import Literal

from pydantic import ConfigDict, JsonValue

from tocsin_schema.api.answer import Answer
from tocsin_schema.api.paging import Next

DeedOutcome = Literal["done", "failed"]


class DeedShown(Answer):
    """Something that was done: written down before it was, and completed after it."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    at: datetime
    """When it began."""
    by: str
    """Name of the token, or `command line`."""
    origin: str | None
    """Address that it came from, or `command line`; null for what older versions wrote."""
    action: str
    details: dict[str, JsonValue]
    """What was asked for; secrets are masked."""
    outcome: DeedOutcome | None = None
    """null: it is under way, or was broken off."""
    ended_at: datetime | None = None
    result: dict[str, JsonValue] | None = None
    """What came of it; of a deed without an outcome, what is known to have been done until then."""


class AuditAnswer(Answer):
    """What was done, newest first."""

    entries: list[DeedShown]
    next: Next
