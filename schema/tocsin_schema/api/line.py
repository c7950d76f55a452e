"""A line of text that says something."""

import re
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

LONGEST = 500
"""Characters at the most."""
UNSEEN = r"\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
"""Characters that no line has: controls, line separators, and what turns the direction of writing (Unicode's UAX 9)."""
HALF = re.compile(r"[\ud800-\udfff]")
"""Half a character, which JSON can spell and UTF-8 can't. Not part of the pattern, for not every library reads that."""
PATTERN = rf"[^{UNSEEN}]*[^ {UNSEEN}][^{UNSEEN}]*"


def _line(value: str) -> str:
    if len(value) > LONGEST or not re.fullmatch(PATTERN, value) or HALF.search(value):
        raise ValueError(
            f"expected a line of text, with 1 to {LONGEST} characters,"
            " none of which breaks the line or turns the direction of writing"
        )
    return value


Line = Annotated[
    str,
    AfterValidator(_line),
    WithJsonSchema({"type": "string", "maxLength": LONGEST, "pattern": f"^{PATTERN}$"}),
]
"""A line of text that says something."""
