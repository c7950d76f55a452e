"""`GET /audit`."""

from datetime import datetime

from pydantic import JsonValue

from tocsin_schema.api.answer import Answer
from tocsin_schema.api.paging import Next


class DeedShown(Answer):
    """Something that was done."""

    at: datetime
    by: str
    """Name of the token, or `command line`."""
    origin: str | None
    """Address that it came from, or `command line`; null for what older versions wrote."""
    action: str
    details: dict[str, JsonValue]


class AuditAnswer(Answer):
    """What was done, newest first."""

    entries: list[DeedShown]
    next: Next
