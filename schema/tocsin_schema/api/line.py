"""A line of text that says something."""

import re
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

LONGEST = 500
"""Characters at the most."""
PATTERN = r"[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*"


def _line(value: str) -> str:
    if len(value) > LONGEST or not re.fullmatch(PATTERN, value):
        raise ValueError(f"expected a line of text, with 1 to {LONGEST} characters")
    return value


Line = Annotated[
    str,
    AfterValidator(_line),
    WithJsonSchema({"type": "string", "maxLength": LONGEST, "pattern": f"^{PATTERN}$"}),
]
"""A line of text that says something."""
