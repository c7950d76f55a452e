"""The messages of one side, made up with the same alerts as those of the other."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from tocsin.review.step_changes import SentStep, sent
from tocsin_schema.messages.attachments import attachments_of, made_up_message
from tocsin_schema.messages.made_up import with_sample
from tocsin_schema.messages.message import Message
from tocsin_schema.models import Alert, Integration, MessageType, Monitor, Sample
from tocsin_schema.models.definitions import Definitions

Place = tuple[str, int, int]
"""Where an integration is attached: alert definition (as it is called now), level, and the how manieth time there."""

NOWHERE: Place = ("", 1, 0)


@dataclass(frozen=True)
class Attached:
    """An attachment with the level's values; no alert definition where there is none."""

    alert: Alert | None
    level: int
    variables: Mapping[str, str]


class Rendering:
    """Renders messages of one side; what an alert holds is made up once, whatever integration it goes to."""

    def __init__(self, definitions: Definitions, alert_names: Mapping[str, str]) -> None:
        """Render these definitions; `alert_names` gives the present names of renamed alert definitions."""
        self._definitions = definitions
        self._alert_names = alert_names
        self._made_up: dict[tuple[str, int, str, MessageType], Message | str] = {}

    def attachments(self, integration: Integration) -> dict[Place, Attached]:
        """Return the attachments of an integration by place; one that is attached nowhere has the place NOWHERE."""
        found: dict[Place, Attached] = {}
        for each in attachments_of(self._definitions, integration):
            name = self._alert_names.get(each.alert.name, each.alert.name) if each.alert is not None else ""
            times = sum(place[:2] == (name, each.level) for place in found)
            found[name, each.level, times] = Attached(each.alert, each.level, each.variables)
        return found

    def message(
        self, integration: Integration, message_type: MessageType, attached: Attached, monitor: Monitor | None
    ) -> "Made":
        """Return the message with made-up values."""
        key = (
            attached.alert.name if attached.alert else "",
            attached.level,
            monitor.name if monitor else "",
            message_type,
        )
        if key not in self._made_up:
            self._made_up[key] = self._made(integration, message_type, attached, monitor)
        made = self._made_up[key]
        if isinstance(made, str):
            return Made(None, made)
        return Made(replace(made, integration=integration, level_variables=attached.variables))

    def _made(
        self, integration: Integration, message_type: MessageType, attached: Attached, monitor: Monitor | None
    ) -> Message | str:
        try:
            return made_up_message(
                self._definitions,
                integration,
                message_type,
                alert=attached.alert,
                level=attached.level,
                variables=attached.variables,
                monitor=monitor,
            )
        except (ValueError, KeyError) as error:  # a culture or time zone that there is not
            return f"can't be made up: {error}"


@dataclass(frozen=True)
class Made:
    """A message to render, or the reason why there is none."""

    message: Message | None
    problem: str = ""

    @cached_property
    def plain(self) -> tuple[SentStep, ...]:
        """What is sent with made-up values."""
        if self.message is None:
            return (SentStep({"problem": self.problem}),)
        return sent(self.message)

    def with_sample(self, sample: Sample) -> tuple[SentStep, ...]:
        """Return what is sent with a sample; the plain message where the sample can't be used, which is a finding."""
        if self.message is None:
            return self.plain
        try:
            values = with_sample(self.message.values, sample)
        except ValueError:
            return self.plain
        return sent(replace(self.message, values=values))

    def equals(self, other: "Made") -> bool:
        """Whether both come out the same with every sample: then nothing needs to be rendered."""
        mine, others = self.message, other.message
        if mine is None or others is None:
            return mine is others and self.problem == other.problem
        return (
            mine.level_variables == others.level_variables
            and mine.culture == others.culture
            and mine.values == others.values
            and _sends(mine.integration) == _sends(others.integration)
        )


def _sends(integration: Integration) -> tuple[object, ...]:
    """Return what decides on the messages of an integration: its name does not."""
    return (integration.variables, integration.functions, integration.messages)
