"""Which monitors alert definitions cover, by name and by group: thousands of the one may cover thousands of the other.

A set of monitors is a number with a bit for each: two sets of 100,000 are put together in microseconds, so nothing
costs the product of alert definitions and monitors (`docs/security.md#bounds`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from heapq import nsmallest

from tocsin_schema.models.alert import Alert
from tocsin_schema.models.monitor import Monitor

MOST_INTERVALS = 50
"""Check intervals that the monitors of one alert definition are told apart by, the slowest among them."""

WIDE = 512
"""A label that one in so many monitors bears, or more, has its bits kept: at most 64 bytes for each that bears it."""

AT_ONCE = timedelta(0)


@dataclass(frozen=True)
class Coverage:
    """What alert definitions cover of these monitors."""

    monitors: Mapping[str, Monitor]

    @cached_property
    def groups(self) -> Mapping[str, Sequence[str]]:
        """The names of the monitors of each group, sorted."""
        found: dict[str, list[str]] = {}
        for name in sorted(self.monitors):
            for group in set(self.monitors[name].groups):
                found.setdefault(group, []).append(name)
        return found

    @cached_property
    def by_name(self) -> "MonitorSets":
        """Sets of the monitors, in order of name."""
        return MonitorSets([self.monitors[name] for name in sorted(self.monitors)])

    @cached_property
    def by_interval(self) -> "MonitorSets":
        """Sets of the monitors, those that are checked most often first, in order of name where that is the same."""
        return MonitorSets(sorted(self.monitors.values(), key=lambda each: (each.check_interval or AT_ONCE, each.name)))

    def of(self, alert: Alert) -> list[Monitor]:
        """Return the monitors that an alert definition covers, names sorted."""
        names = {name for name in alert.monitors if name in self.monitors}
        names.update(name for group in alert.groups for name in self.groups.get(group, ()))
        return [self.monitors[name] for name in sorted(names)]

    def first(self, alert: Alert, most: int = 1) -> list[Monitor]:
        """Return the first monitors that an alert definition covers, names sorted."""
        names = {name for name in alert.monitors if name in self.monitors}
        names.update(name for group in alert.groups for name in self.groups.get(group, ())[:most])
        return [self.monitors[name] for name in nsmallest(most, names)]

    def is_silent(self, alert: Alert) -> bool:
        """Whether the alert definition covers monitors, and none of them generates alerts."""
        covered = self.by_name.covered(alert)
        return bool(covered) and not covered & self.by_name.alerting

    def alerting(self, alert: Alert) -> list[Monitor]:
        """Return those that generate alerts, one for each check interval: the levels treat the others alike.

        Names sorted. Of very many intervals the shortest, and the longest.
        """
        sets = self.by_interval
        bits = sets.covered(alert) & sets.alerting
        found: list[Monitor] = []
        while bits:
            if len(found) == MOST_INTERVALS - 1:
                bits = _without(bits, self._starts[_interval(sets.monitors[bits.bit_length() - 1])])
            (monitor,) = sets.first(bits)
            found.append(monitor)
            bits = _without(bits, self._ends[_interval(monitor)])
        return sorted(found, key=lambda each: each.name)

    @cached_property
    def _ends(self) -> Mapping[timedelta, int]:
        """Where the monitors of each check interval end, in their order."""
        return {_interval(each): number for number, each in enumerate(self.by_interval.monitors, start=1)}

    @cached_property
    def _starts(self) -> Mapping[timedelta, int]:
        monitors = self.by_interval.monitors
        return {_interval(monitors[number]): number for number in reversed(range(len(monitors)))}


class MonitorSets:
    """Sets of monitors as bits of a number; the first of `monitors` is the lowest bit."""

    def __init__(self, monitors: Sequence[Monitor]) -> None:
        """Take all the monitors that sets can hold, in the order that they are wanted in."""
        self.monitors = monitors
        self._numbers = {each.name: number for number, each in enumerate(monitors)}

    def covered(self, alert: Alert) -> int:
        """Return those that an alert definition covers, by name and by group."""
        named = (self._numbers[name] for name in alert.monitors if name in self._numbers)
        return self._groups.borne(alert.groups, named)

    def of_type(self, type: str) -> int:
        """Return those of a type."""
        return self._types.borne((type,))

    def with_field(self, name: str) -> int:
        """Return those that have a custom field."""
        return self._fields.borne((name,))

    @cached_property
    def alerting(self) -> int:
        """Those that generate alerts."""
        return _bits((number for number, each in enumerate(self.monitors) if each.generate_alerts), len(self.monitors))

    def first(self, bits: int, most: int = 1) -> list[Monitor]:
        """Return the first monitors of a set, in order."""
        found: list[Monitor] = []
        while bits and len(found) < most:
            found.append(self.monitors[(bits & -bits).bit_length() - 1])
            bits &= bits - 1
        return found

    @cached_property
    def _groups(self) -> "_Labels":
        return _Labels(self.monitors, lambda each: each.groups)

    @cached_property
    def _types(self) -> "_Labels":
        return _Labels(self.monitors, lambda each: (each.type,))

    @cached_property
    def _fields(self) -> "_Labels":
        return _Labels(self.monitors, lambda each: each.custom_fields)


class _Labels:
    """Which monitors bear which labels: groups, types, custom fields."""

    def __init__(self, monitors: Sequence[Monitor], labels: Callable[[Monitor], Iterable[str]]) -> None:
        self._size = len(monitors)
        self._bearers: dict[str, list[int]] = {}
        for number, each in enumerate(monitors):
            for label in set(labels(each)):
                self._bearers.setdefault(label, []).append(number)
        self._wide: dict[str, int] = {}

    def borne(self, labels: Iterable[str], further: Iterable[int] = ()) -> int:
        """Return the monitors that bear any of the labels, and some further ones."""
        found, single = 0, [*further]
        for label in set(labels):
            bearers = self._bearers.get(label, ())
            if len(bearers) * WIDE < self._size:
                single.extend(bearers)
            else:
                if label not in self._wide:
                    self._wide[label] = _bits(bearers, self._size)
                found |= self._wide[label]
        return found | _bits(single, self._size) if single else found


def _bits(numbers: Iterable[int], size: int) -> int:
    held = bytearray(size // 8 + 1)
    for number in numbers:
        held[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(held, "little")


def _without(bits: int, first: int) -> int:
    """Return a set without the first monitors of all, so many of them."""
    return bits >> first << first


def _interval(monitor: Monitor) -> timedelta:
    return monitor.check_interval or AT_ONCE
