"""An alert definition: which monitors, which escalation levels, who is told."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from tocsin_schema.models.bounds import ATTACHMENTS, GROUPS, VARIABLES
from tocsin_schema.models.document import Document, Guid, Identifier, Name, Strict
from tocsin_schema.models.duration import Duration
from tocsin_schema.models.items import Items


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
    """How long after the alert, and after each reminder, the next one comes."""

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.max and not self.every:
            raise ValueError("every must be longer than 0s")
        return self


class Attachment(Strict):
    """An integration attached to a level, with the values of its per-level variables."""

    use: Name
    """Name of the integration."""
    variables: Annotated[dict[Identifier, str], Field(max_length=VARIABLES)] = {}
    """Values of the variables that the integration leaves to the level, by name; templates."""


class Level(Strict):
    """An escalation level."""

    when: When
    """When the level fires: `{errors: 2}` or `{error_for: 30m}`."""
    active: bool = True
    """`false` keeps the level and silences it."""
    message: str = ""
    """Custom text: `{{@escalationLevel.message}}`."""
    reminders: Reminders | None = None
    """Without it the level reminds nobody."""
    integrations: Annotated[tuple[Attachment, ...], Items(most=ATTACHMENTS)] = ()
    """Who is told: `{use: NAME}` for each integration."""
    operators: Annotated[tuple[str, ...], Items(most=ATTACHMENTS)] = ()
    """Kept for targets that know operators; a dispatcher tells integrations only."""
    operator_groups: Annotated[tuple[str, ...], Items(most=ATTACHMENTS)] = ()
    """Kept for targets that know operator groups."""
    trace_route: bool = False
    """Kept for targets that can make a trace route when the level fires."""


class Alert(Document):
    """An alert definition."""

    kind: Literal["alert"]
    """`alert`: who is told of the errors of which monitors, and when."""
    guid: Guid | None = None
    """Default: a UUIDv5 of project, kind and name."""
    active: bool = True
    """`false` keeps the alert definition and silences it."""
    monitors: Annotated[tuple[Name, ...], Items()] = ()
    """Names of the monitors that it covers."""
    groups: Annotated[tuple[Name, ...], Items(most=GROUPS)] = ()
    """Monitor groups: every monitor that lists one of them."""
    levels: Annotated[tuple[Level, ...], Items(least=1, most=4)]
    """Level 1 first; at most four."""

    @property
    def uses(self) -> tuple[str, ...]:
        """The names of the integrations that its levels attach, one for each attachment, level 1 first."""
        return tuple(attachment.use for level in self.levels for attachment in level.integrations)
