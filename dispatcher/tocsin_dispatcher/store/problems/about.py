"""What problems there are, and what the messages say that tell them."""

from collections.abc import Mapping
from typing import NotRequired, TypedDict

from tocsin_schema.api.problems import ProblemKind

OF_MESSAGES: tuple[ProblemKind, ...] = ("given_up", "unclear")
OF_RECEIVERS: tuple[ProblemKind, ...] = ("down", "locked_out", "busy")


class About(TypedDict):
    """What a message is about that is sent since another can't be delivered."""

    problem: str
    integration: str
    reason: str
    values: NotRequired[Mapping[str, str]]
    """System variables that are others than those of the message it is about."""
    ends: NotRequired[bool]
    """Present in an Ok that ends what another message about it began: it is sent only if that one arrived."""
