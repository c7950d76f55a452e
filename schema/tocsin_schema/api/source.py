"""Where a push comes from."""

from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field

from tocsin_schema.api.answer import Answer
from tocsin_schema.text.credentials import without_credentials

TEXT_LIMIT = 200
LOCATION_LIMIT = 500
"""Characters at the most."""

Text = Annotated[str, Field(max_length=TEXT_LIMIT)]
Location = Annotated[str, Field(max_length=LOCATION_LIMIT), AfterValidator(without_credentials)]
"""An address, kept without what gives access to it."""


class RevisionSource(Answer):
    """Where a push came from, as far as it was recorded."""

    commit: Text | None = None
    branch: Text | None = None
    dirty: bool | None = None
    repository: Location | None = None
    """The remote that the repository was cloned from, without credentials."""
    job: Location | None = None
    """The CI job, without credentials."""
    user: Text | None = None
    tool_version: Text | None = None
    origin: Text | None = None
    """What was pushed where it was not the files of a repository: `rollback to 41`."""


class PushSource(RevisionSource):
    """Where a push comes from."""

    model_config = ConfigDict(extra="forbid", defer_build=False)
