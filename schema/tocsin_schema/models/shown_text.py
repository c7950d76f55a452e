"""Text that nothing depends on: it is read for people alone."""

from typing import Annotated

from pydantic import BeforeValidator

ShownText = Annotated[str, BeforeValidator(str)]
"""Whatever stands there is taken for text."""
