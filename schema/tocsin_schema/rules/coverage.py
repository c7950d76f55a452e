"""Which monitors an alert definition speaks of, found without comparing each with each."""

from dataclasses import dataclass, field
from datetime import timedelta

from tocsin_schema.definitions import Definitions
from tocsin_schema.models import Alert, Monitor


@dataclass
class Coverage:
    """The monitors of alert definitions, by name and by group."""

    definitions: Definitions
    _of_group: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """List the monitors of each group."""
        for name, monitor in sorted(self.definitions.monitors.items()):
            for group in monitor.groups:
                self._of_group.setdefault(group, []).append(name)

    def monitors(self, alert: Alert) -> list[Monitor]:
        """Give the monitors that an alert definition covers, names sorted."""
        known = self.definitions.monitors
        names = {name for name in alert.monitors if name in known}
        names.update(name for group in alert.groups for name in self._of_group.get(group, ()))
        return [known[name] for name in sorted(names)]

    def alerting(self, alert: Alert) -> list[Monitor]:
        """Give those that generate alerts, one for each check interval: the levels treat the others alike."""
        by_interval: dict[timedelta | None, Monitor] = {}
        for monitor in self.monitors(alert):
            if monitor.generate_alerts:
                by_interval.setdefault(monitor.check_interval or None, monitor)
        return list(by_interval.values())
