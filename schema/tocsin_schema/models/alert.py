"""An alert definition: which monitors, which escalation levels, who is told."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from tocsin_schema.models.document import Document, Guid, Identifier, Name, Strict
from tocsin_schema.models.duration import Duration
from tocsin_schema.models.integration import sequence


class When(Strict):
    """The condition of a level: one of `errors` (AlertOnErrorCount) and `error_for` (AlertOnErrorDuration)."""

    errors: Annotated[int, Field(ge=1)] | None = None
    """Fires at this many confirmed errors in a row."""
    error_for: Duration | None = None
    """Fires once confirmed errors have lasted this long."""

    @model_validator(mode="after")
    def _one_condition(self) -> Self:
        if (self.errors is None) == (self.error_for is None):
            raise ValueError("expected exactly one of errors and error_for")
        return self


class Reminders(Strict):
    """Reminder alerts while the error lasts."""

    max: Annotated[int, Field(ge=0, le=1000)]
    """How many at the most; 0 means none."""
    every: Duration

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.max and not self.every:
            raise ValueError("every must be longer than 0s")
        return self


class Attachment(Strict):
    """An integration attached to a level, with the values of its per-level variables."""

    use: Name
    """Name of the integration."""
    variables: dict[Identifier, str] = {}


class Level(Strict):
    """An escalation level."""

    when: When
    active: bool = True
    message: str = ""
    """Custom text: `{{@escalationLevel.message}}`."""
    reminders: Reminders | None = None
    integrations: Annotated[tuple[Attachment, ...], BeforeValidator(sequence)] = ()
    operators: Annotated[tuple[str, ...], BeforeValidator(sequence)] = ()
    """Kept for targets that know operators; a dispatcher tells integrations only."""
    operator_groups: Annotated[tuple[str, ...], BeforeValidator(sequence)] = ()
    trace_route: bool = False


class Alert(Document):
    """An alert definition."""

    kind: Literal["alert"]
    guid: Guid | None = None
    active: bool = True
    monitors: Annotated[tuple[Name, ...], BeforeValidator(sequence)] = ()
    groups: Annotated[tuple[Name, ...], BeforeValidator(sequence)] = ()
    """Monitor groups: every monitor that lists one of them."""
    levels: Annotated[tuple[Level, ...], BeforeValidator(sequence), Field(min_length=1, max_length=4)]
    """Level 1 first; at most four."""
