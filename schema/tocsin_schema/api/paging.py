"""Where the next page of a list begins."""

from typing import Annotated

from pydantic import Field

Next = Annotated[int | None, Field(description="Give it as `before` for the page after this one; null on the last.")]
