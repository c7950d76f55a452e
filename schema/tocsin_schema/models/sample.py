"""A sample: a made-up alert to render messages with."""

from typing import Annotated, Literal

from pydantic import Field

from tocsin_schema.models.bounds import VARIABLES
from tocsin_schema.models.document import Document


class Sample(Document):
    """Values that replace the made-up ones when messages are rendered for a test."""

    kind: Literal["sample"]
    """`sample`: a made-up alert to render messages with."""
    set: Annotated[dict[str, str], Field(max_length=VARIABLES, examples=[{"@monitor.notes": 'a "quote"'}])] = {}
    """Values by variable, without braces: `@group.name` or `@CustomField(Name)`."""
