"""`Definitions`: everything one project defines, whether read from files or from a server."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Generic, TypeVar

from tocsin_schema.models import Alert, Integration, Monitor, Project, Sample
from tocsin_schema.models.coverage import Coverage
from tocsin_schema.models.document import default_guid

Definition = Integration | Alert | Monitor | Sample
Key = TypeVar("Key")
Model = TypeVar("Model")


class Made(Mapping[str, Model], Generic[Key, Model]):
    """Definitions of one kind by name, each made when it is asked for.

    A definition is twenty times as large as its document: thousands are made and let go, a few at a time.
    """

    def __init__(self, keys: Mapping[str, Key], make: Callable[[Key], Model]) -> None:
        """`make` makes the definition that has a key, such as the number of its document."""
        self._keys = keys
        self._make = make

    def __getitem__(self, name: str) -> Model:
        """Make one; raises KeyError where there is none of the name."""
        return self._make(self._keys[name])

    def __iter__(self) -> Iterator[str]:
        """Return the names, in the order of the documents."""
        return iter(self._keys)

    def __len__(self) -> int:
        """Count them."""
        return len(self._keys)

    def __contains__(self, name: object) -> bool:
        """Whether there is one of the name; none is made."""
        return name in self._keys


@dataclass(frozen=True)
class Definitions:
    """The project and its documents by name."""

    project: Project
    integrations: Mapping[str, Integration] = field(default_factory=dict)
    alerts: Mapping[str, Alert] = field(default_factory=dict)
    monitors: Mapping[str, Monitor] = field(default_factory=dict)
    samples: Mapping[str, Sample] = field(default_factory=dict)

    def kept(self) -> "Definitions":
        """Return the same with every definition made, once for all."""
        return replace(self, integrations=dict(self.integrations), alerts=dict(self.alerts))

    def __iter__(self) -> Iterator[Definition]:
        """Yield every definition, kinds in dependency order, names sorted."""
        for kind in (self.monitors, self.integrations, self.alerts, self.samples):
            yield from (kind[name] for name in sorted(kind))

    @cached_property
    def attachments(self) -> Mapping[str, Sequence[tuple[Alert, int, Mapping[str, str]]]]:
        """Return, by integration, the alert definition, level (from 1) and values of every attachment, alerts by name."""
        found: dict[str, list[tuple[Alert, int, Mapping[str, str]]]] = {}
        for _, alert in sorted(self.alerts.items()):
            for number, level in enumerate(alert.levels, start=1):
                for attachment in level.integrations:
                    found.setdefault(attachment.use, []).append((alert, number, attachment.variables))
        return found

    def guid(self, definition: Alert | Monitor) -> str:
        """Return the guid that is stated, or the UUIDv5 of project, kind and name."""
        return definition.guid or default_guid(self.project.name, definition.kind, definition.name)

    def monitors_of(self, alert: Alert) -> list[Monitor]:
        """Return the monitors that an alert definition covers, by name and by group, names sorted."""
        return self.coverage.of(alert)

    def part(self, integrations: Mapping[str, Integration], alerts: Mapping[str, Alert]) -> "Definitions":
        """Return these definitions with some integrations and alert definitions alone."""
        part = replace(self, integrations=integrations, alerts=alerts)
        vars(part)["coverage"] = self.coverage  # of all monitors, as they are in every part: worked out once
        return part

    @cached_property
    def coverage(self) -> Coverage:
        """What alert definitions cover of the monitors."""
        return Coverage(self.monitors)

    @property
    def groups(self) -> Mapping[str, Sequence[str]]:
        """The names of the monitors of each group, sorted."""
        return self.coverage.groups

    def with_values(self, values: Mapping[str, str]) -> "Definitions":
        """Return these definitions with a target's own variable values (`integration.Variable` to value).

        Names that no integration defines are left out: a rule reports them.
        """
        integrations = dict(self.integrations)
        for key, value in values.items():
            name, _, variable = key.rpartition(".")
            integration = integrations.get(name)
            if integration is not None and variable in integration.variables:
                changed = integration.variables[variable].model_copy(update={"value": value, "per_level": False})
                variables = {**integration.variables, variable: changed}
                integrations[name] = integration.model_copy(update={"variables": variables})
        return replace(self, integrations=integrations)


def covers(alert: Alert, monitor: Monitor) -> bool:
    """Whether an alert definition speaks of a monitor, by name or by group."""
    return monitor.name in alert.monitors or not set(alert.groups).isdisjoint(monitor.groups)
