"""Which monitors an alert definition speaks of, as far as its levels can tell them apart."""

from dataclasses import dataclass
from datetime import timedelta

from tocsin_schema.models import Alert, Monitor
from tocsin_schema.models.definitions import Definitions


@dataclass(frozen=True)
class Coverage:
    """The monitors of alert definitions, by name and by group."""

    definitions: Definitions

    def monitors(self, alert: Alert) -> list[Monitor]:
        """Return the monitors that an alert definition covers, names sorted."""
        return self.definitions.monitors_of(alert)

    def alerting(self, alert: Alert) -> list[Monitor]:
        """Return those that generate alerts, one for each check interval: the levels treat the others alike."""
        by_interval: dict[timedelta | None, Monitor] = {}
        for monitor in self.monitors(alert):
            if monitor.generate_alerts:
                by_interval.setdefault(monitor.check_interval or None, monitor)
        return list(by_interval.values())
