"""`Definitions`: everything one project defines, whether read from files or from a server."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from tocsin_schema.models import Alert, Integration, Monitor, Project, Sample
from tocsin_schema.models.document import default_guid

Definition = Integration | Alert | Monitor | Sample


@dataclass(frozen=True)
class Definitions:
    """The project and its documents by name."""

    project: Project
    integrations: Mapping[str, Integration] = field(default_factory=dict)
    alerts: Mapping[str, Alert] = field(default_factory=dict)
    monitors: Mapping[str, Monitor] = field(default_factory=dict)
    samples: Mapping[str, Sample] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Definition]:
        """Give every definition, kinds in dependency order, names sorted."""
        for kind in (self.monitors, self.integrations, self.alerts, self.samples):
            yield from (kind[name] for name in sorted(kind))

    def guid(self, definition: Alert | Monitor) -> str:
        """Give the guid that is stated, or the UUIDv5 of project, kind and name."""
        return definition.guid or default_guid(self.project.name, definition.kind, definition.name)

    def monitors_of(self, alert: Alert) -> list[Monitor]:
        """Give the monitors that an alert definition covers, by name and by group, names sorted."""
        return [monitor for name, monitor in sorted(self.monitors.items()) if covers(alert, monitor)]

    def with_values(self, values: Mapping[str, str]) -> "Definitions":
        """Give these definitions with a target's own variable values (`integration.Variable` to value).

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
