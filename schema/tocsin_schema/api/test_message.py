"""`POST /integrations/{name}/test`: a test message, and what came of it."""

from typing import Annotated

from pydantic import ConfigDict, Field, model_validator

from tocsin_schema.api.answer import Answer
from tocsin_schema.api.exchanges import StoredRequest, StoredResponse, Timings
from tocsin_schema.api.request import Request
from tocsin_schema.messages.outcomes import OutcomeKind
from tocsin_schema.messages.steps import Then
from tocsin_schema.models import MessageType

Name = Annotated[str, Field(max_length=200)]


class TestRequested(Request):
    """Which message to send; what isn't stated is made up."""

    __test__ = False  # no test case of pytest's

    type: MessageType = "error"
    project: Name | None = None
    alert: Name | None = None
    level: Annotated[int, Field(ge=1, le=4)] | None = None
    attachment: Annotated[int, Field(ge=1, le=1000)] | None = None
    """Which one, where the level attaches the integration several times. Default: the first."""
    monitor: Name | None = None
    sample: Name | None = None
    set: Annotated[dict[str, str], Field(max_length=200)] | None = None

    @model_validator(mode="after")
    def _one_source(self) -> "TestRequested":
        if self.sample is not None and self.set is not None:
            raise ValueError("expected sample or set, not both")
        return self


class StepShown(Answer):
    """One request and its response, secrets masked."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    request: StoredRequest | None
    response: StoredResponse | None
    outcome: OutcomeKind | None = None
    """What came of it; null: the dispatcher is of an older version."""
    hold_seconds: float | None = None
    """How long the receiver asks to be left alone; null: it doesn't say."""
    then: Then | None = None
    """What the steps of the message say after it; null: the dispatcher is of an older version."""
    failures: list[str]
    timings: Timings | None = None
    """How long its phases took; null: nothing was sent, or the dispatcher is of an older version."""


class TestAnswer(Answer):
    """What came of the test."""

    __test__ = False

    delivered: bool
    steps: list[StepShown]
