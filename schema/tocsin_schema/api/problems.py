"""`/problems`: what could not be delivered, and receivers that take nothing; who was told."""

from datetime import datetime
from typing import Literal

from pydantic import ConfigDict

from tocsin_schema.api.answer import Answer
from tocsin_schema.api.paging import Next

ProblemKind = Literal["given_up", "unclear", "down", "locked_out", "busy"]
PROBLEM_KINDS: tuple[ProblemKind, ...] = ("given_up", "unclear", "down", "locked_out", "busy")
ProblemState = Literal["open", "resolved"]


class ProblemShown(Answer):
    """Something that keeps people from being told in time."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    number: int
    """Its place in the order of creation."""
    id: str
    kind: ProblemKind
    """`given_up` and `unclear`: a message was; the others: an integration's receiver is, while messages wait."""
    state: ProblemState
    project: str
    integration: str
    reason: str
    """What is wrong, in words."""
    since: datetime
    """Since when: the first failure in a row, or when the message was given up."""
    at: datetime
    """When it was found, and told."""
    told: list[str]
    """Integrations through which it was told; none where nobody is named, or the message was itself about another."""
    monitor: str
    """That of the message; of a receiver, that of the message which has waited longest."""
    incident: str
    alert_guid: str
    delivery: str
    """The message that was given up; of a receiver, the one that has waited longest."""
    resolved_at: datetime | None
    resolved_by: str | None
    """Name of the token; null where it is over by itself."""


class ProblemsAnswer(Answer):
    """Problems, newest first."""

    problems: list[ProblemShown]
    next: Next
