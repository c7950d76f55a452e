"""Rules of the fourth hundred on references that are empty: for this message type, or for these monitors.

Source: `docs/domain.md#system-variables`, the column *when*.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import cached_property, lru_cache, reduce
from operator import or_
from typing import get_args

from tocsin_schema.findings import Finding, Path, Place
from tocsin_schema.models import Alert, Integration, MessageType
from tocsin_schema.models.coverage import MonitorSets
from tocsin_schema.models.integration import MESSAGE_TYPES
from tocsin_schema.models.monitor import MonitorType
from tocsin_schema.rules.analysis.sites import Site, integration_templates
from tocsin_schema.rules.finding import finding
from tocsin_schema.rules.registry import rule
from tocsin_schema.rules.subject import Subject
from tocsin_schema.template.parser import parse
from tocsin_schema.template.syntax import Reference
from tocsin_schema.template.system_variables import ONLY_CERTIFICATE, ONLY_OK, ONLY_TRANSACTION, SYSTEM_VARIABLES
from tocsin_schema.text.suggest import cut, listed

OF_TYPES: Mapping[str, AbstractSet[MessageType]] = {
    name: frozenset({"ok"}) for name, variable in SYSTEM_VARIABLES.items() if variable.when == ONLY_OK
}
"""System variables that only messages of these types have."""

MONITOR_TYPES: Mapping[str | None, MonitorType] = {ONLY_TRANSACTION: "Transaction", ONLY_CERTIFICATE: "Certificate"}
OF_MONITORS: Mapping[str, MonitorType] = {
    name: MONITOR_TYPES[variable.when] for name, variable in SYSTEM_VARIABLES.items() if variable.when in MONITOR_TYPES
}
"""System variables that only monitors of this type have."""

MOST_NAMED = 4
"""Monitors that a finding names."""

MOST_KEPT = 256
"""Alert definitions whose monitors are kept at a time: of 100,000 monitors they are 3 MB."""


@rule(
    "TOC415",
    "empty-in-message",
    "warning",
    finds="a system variable that is empty in every message of its set",
    why="The receiver gets nothing in its place.",
    fix="Use it in the set of the message type that has it, or remove it.",
    of="integration",
)
def empty_in_message(subject: Subject) -> Iterator[Finding]:
    """A variable that no message of its set has is a mistake."""
    for site, reference, having, types in _of_types(subject):
        if types and not having & types:
            message = f"`{reference.name}` is empty for {_listed(types)}: only {_listed(having)} has it"
            where = site.where.span(reference.start, reference.end)
            yield finding("TOC415", message, where, help=f"use it in a set for {_listed(having)} alone, or remove it")


@rule(
    "TOC416",
    "empty-for-some-types",
    "info",
    finds="a system variable that is empty for some message types of its set",
    why="Those messages have nothing in its place.",
    fix="Part the set by message type, if the receiver minds.",
    of="integration",
)
def empty_for_some_types(subject: Subject) -> Iterator[Finding]:
    """A variable that only some messages of its set have may be meant so."""
    for site, reference, having, types in _of_types(subject):
        if having & types and types - having:
            message = f"`{reference.name}` is empty for {_listed(types - having)}: only {_listed(having)} has it"
            where = site.where.span(reference.start, reference.end)
            yield finding("TOC416", message, where, help=f"give {_listed(having)} a set of its own if that matters")


@rule(
    "TOC417",
    "empty-for-monitors",
    "warning",
    finds="a system variable or custom field that is empty for every monitor that reaches the integration",
    why="The receiver gets nothing in its place.",
    fix="Attach the integration to an alert definition of such monitors, or remove the reference.",
    of="integration",
)
def empty_for_monitors(subject: Subject) -> Iterator[Finding]:
    """A variable or custom field that no monitor has whose alerts come here is a mistake."""
    sets = subject.definitions.coverage.by_name
    for site, reference, monitors in _reached(subject):
        where = site.where.span(reference.start, reference.end)
        wanted, field = OF_MONITORS.get(reference.name), reference.custom_field
        if wanted is not None and not monitors & sets.of_type(wanted):
            message = f"`{reference.name}` is always empty: no {wanted} monitor reaches `{site.integration.name}`"
            help = f"those that do are {_types(sets, monitors)}: remove it, or attach it to a {wanted} monitor's alerts"
            yield finding("TOC417", message, where, help=help)
        elif field and (having := sets.with_field(field)) and not monitors & having:
            message = f"`{cut(field)}` is always empty: no monitor that reaches `{site.integration.name}` has it"
            yield finding("TOC417", message, where, help=f"add it to {_names(sets, monitors)}, or remove it")


@rule(
    "TOC418",
    "field-of-some-monitors",
    "info",
    finds="a custom field that some monitors which reach the integration lack",
    why="Messages about those monitors have nothing in its place.",
    fix="Add the field to the monitors that the finding names.",
    of="integration",
)
def field_of_some_monitors(subject: Subject) -> Iterator[Finding]:
    """A custom field that some monitors lack whose alerts come here may be meant so."""
    sets = subject.definitions.coverage.by_name
    for site, reference, monitors in _reached(subject):
        field = reference.custom_field
        lacking = monitors & ~sets.with_field(field) if field else 0
        if field and lacking and lacking != monitors:
            message = f"`{cut(field)}` is empty for {_names(sets, lacking)}"
            where = site.where.span(reference.start, reference.end)
            help = f"add it to {'its' if lacking.bit_count() == 1 else 'their'} `custom_fields` if that matters"
            yield finding("TOC418", message, where, help=help)


def _of_types(
    subject: Subject,
) -> Iterator[tuple[Site, Reference, AbstractSet[MessageType], AbstractSet[MessageType]]]:
    """Yield every reference that only some message types have, those types, and the types that it is sent for."""
    for site, reference in subject.references:
        having = OF_TYPES.get(reference.name)
        if having is not None:
            yield site, reference, having, _types_of(site, subject)


def _types_of(site: Site, subject: Subject) -> AbstractSet[MessageType]:
    """Return the types of the messages that a template is rendered for; none where it is used nowhere."""
    integration, path = site.integration, site.where.path
    if site.where.document == subject.place(integration).document and path[0] == "messages":
        return frozenset(integration.messages[int(path[1])].types)
    name = _variable_of(path)
    if name is None:
        return frozenset()
    return subject.once(_types_by_variable).get(integration.name, {}).get(name, frozenset())


def _variable_of(path: Path) -> str | None:
    """Return the variable whose value stands at a path: in the integration, in a level or in a target."""
    match path:
        case ("variables", str(name), "value"):
            return name
        case ("levels", _, "integrations", _, "variables", str(name)):
            return name
        case ("targets", _, "variables", str(key)):
            return key.rpartition(".")[2]
    return None


def _types_by_variable(subject: Subject) -> Mapping[str, Mapping[str, AbstractSet[MessageType]]]:
    """Return, by integration and variable, the types of the messages that it stands in, perhaps by way of others."""
    return {each.name: _types_using(each) for each in subject.definitions.integrations.values()}


def _types_using(integration: Integration) -> Mapping[str, AbstractSet[MessageType]]:
    types: dict[str, set[MessageType]] = defaultdict(set)
    used_by = {name: _used(each.value or "") for name, each in integration.variables.items()}
    for where, text in integration_templates(integration, Place(None)):
        if where.path[0] == "messages":
            for name in _used(text):
                types[name].update(integration.messages[int(where.path[1])].types)
    waiting = list(types)
    while waiting:  # a variable comes again where it is used for more types: for each of the three at the most
        name = waiting.pop()
        for used in used_by.get(name, ()):
            if not types[name] <= types[used]:
                types[used] |= types[name]
                waiting.append(used)
    return types


def _used(text: str) -> AbstractSet[str]:
    """Return the names that a template refers to without brackets."""
    return {each.name for each in parse(text).references() if each.argument is None}


def _reached(subject: Subject) -> Iterator[tuple[Site, Reference, int]]:
    """Yield every reference that depends on the monitor, with the set of monitors whose alerts come to its integration."""
    if not subject.unread.isdisjoint(("monitor", "alert")):
        return
    reach = _Reach(subject)
    for site, reference in subject.references:
        if site.integration.name in subject.standing_in:
            continue  # the monitors of those that it stands in for reach it too
        if reference.name in OF_MONITORS or reference.custom_field:
            monitors = reach.monitors(site)
            if monitors:
                yield site, reference, monitors


class _Reach:
    """Which monitors' alerts come to which integration; worked out once for each integration and alert definition."""

    def __init__(self, subject: Subject) -> None:
        self._sets = subject.definitions.coverage.by_name
        self._by_document = {subject.place(each).document: each for each in subject.definitions.alerts.values()}
        self._alerts: dict[str, dict[str, Alert]] = defaultdict(dict)
        for alert in subject.definitions.alerts.values():
            for used in alert.uses:
                self._alerts[used][alert.name] = alert
        self._found: dict[str, int] = {}
        self._of_document = lru_cache(maxsize=MOST_KEPT)(self._alerting)

    def monitors(self, site: Site) -> int:
        """Return the set of monitors that a template may be rendered for: for a level's value its alert's."""
        if site.where.path[:1] == ("levels",):
            return self._of_document(site.where.document)
        name = site.integration.name
        if name not in self._found:
            documents = [self._documents[each] for each in self._alerts.get(name, ())]
            self._found[name] = reduce(or_, map(self._of_document, documents), 0)
        return self._found[name]

    @cached_property
    def _documents(self) -> Mapping[str, int | None]:
        return {alert.name: document for document, alert in self._by_document.items()}

    def _alerting(self, document: int | None) -> int:
        return self._sets.covered(self._by_document[document]) & self._sets.alerting


def _names(sets: MonitorSets, monitors: int) -> str:
    return listed((each.name for each in sets.first(monitors, MOST_NAMED)), most=MOST_NAMED, of=monitors.bit_count())


def _types(sets: MonitorSets, monitors: int) -> str:
    return listed([each for each in sorted(get_args(MonitorType)) if monitors & sets.of_type(each)], most=4)


def _listed(types: AbstractSet[MessageType]) -> str:
    return listed([each for each in MESSAGE_TYPES if each in types])
