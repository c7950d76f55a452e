"""The pages of a list that is given newest first: what they are asked for with, and where the next one begins."""

from typing import Annotated

from fastapi import Query

HIGHEST = 2**63 - 1

Limit = Annotated[int, Query(ge=1, le=1000)]
Before = Annotated[int | None, Query(ge=1, le=HIGHEST, description="Numbers below this one: `next` of a page.")]


def next_page(numbers: list[int], limit: int) -> int | None:
    """Return where the next page begins, for numbers of one more than the page holds."""
    return numbers[limit - 1] if len(numbers) > limit else None
