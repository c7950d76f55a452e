"""What all answers have."""

from pydantic import BaseModel, ConfigDict


class Answer(BaseModel):
    """A part of an answer. What this version does not know is left out: a newer dispatcher may say more."""

    model_config = ConfigDict(frozen=True, defer_build=True)
