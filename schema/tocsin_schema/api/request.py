"""What all requests have."""

from pydantic import BaseModel, ConfigDict


class Request(BaseModel):
    """A part of a request. The dispatcher judges it, and refuses what it does not know.

    A client that passes on what a person wrote uses `model_construct`: the dispatcher says what is wrong with it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    def to_json(self) -> str:
        """Return it as JSON, without what is not stated: an older dispatcher does not know all that may be."""
        return self.model_dump_json(exclude_unset=True)
