"""`POST /checks`."""

from typing import Annotated

from pydantic import Field

from tocsin_schema.api.answer import Answer
from tocsin_schema.api.request import Request
from tocsin_schema.models import Check

BATCH_LIMIT = 1000
"""Checks in one request at the most."""


class Checks(Request):
    """A batch of checks. All of it is taken or nothing."""

    checks: Annotated[list[Check], Field(min_length=1, max_length=BATCH_LIMIT)]


class Accepted(Answer):
    """What became of the batch; it is durable."""

    accepted: int
    duplicates: int
    """Checks whose id was known: they changed nothing."""
