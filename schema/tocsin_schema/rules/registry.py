"""Where a rule's function meets its code, and what a rule is given."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, TypeVar

from tocsin_schema.definitions import Definition, Definitions
from tocsin_schema.findings import Edit, Finding, Fix, Place, Related
from tocsin_schema.models import Kind
from tocsin_schema.receivers import Receivers
from tocsin_schema.rules.catalogue import RULES
from tocsin_schema.rules.rendered import RenderedStep, rendered_steps
from tocsin_schema.rules.sites import Site, sites
from tocsin_schema.rules.slips import Slip, slips
from tocsin_schema.rules.urls import Sending, Url, sendings
from tocsin_schema.template.syntax import Reference

Result = TypeVar("Result")


@dataclass(frozen=True)
class Subject:
    """What rules judge: the definitions that could be read, and where each came from.

    `names` holds every name that a document claims, also one whose shape is broken, so that one mistake
    does not make its neighbours look wrong. `unnamed` are the kinds of which documents may be missing in `names`,
    since some document could not be read at all; `unread` those of which documents are missing in `definitions`.
    """

    definitions: Definitions
    places: Mapping[tuple[str, str], Place]
    names: Mapping[Kind, frozenset[str]]
    unnamed: frozenset[Kind] = frozenset()
    unread: frozenset[Kind] = frozenset()
    receivers: Receivers | None = None
    """The schemas that steps name under `accepts`; None where nobody has the files, as on a dispatcher."""
    leading: bool = True
    """False for a part that is not the first: what belongs to no integration is judged with the first."""

    def part(self, names: Collection[str], *, leading: bool) -> "Subject":
        """Give what is to be known of some integrations to judge them: these alone, and the alerts that attach them."""
        known = self.definitions
        attaching = {alert.name for name in names for alert, *_ in known.attachments.get(name, ())}
        in_order = sorted(attaching, key=lambda name: self.places["alert", name].document or 0)
        integrations = {name: known.integrations[name] for name in names}
        alerts = {name: known.alerts[name] for name in in_order}
        return replace(self, definitions=replace(known, integrations=integrations, alerts=alerts), leading=leading)

    @property
    def documents(self) -> frozenset[int | None]:
        """The numbers of the documents of its integrations and alert definitions."""
        own: list[Definition] = [*self.definitions.integrations.values(), *self.definitions.alerts.values()]
        return frozenset(self.place(each).document for each in own)

    def place(self, definition: Definition) -> Place:
        """Give the place of a definition's document."""
        return self.places[definition.kind, definition.name]

    def once(self, work: Callable[["Subject"], Result]) -> Result:
        """Give what a function makes of this subject; several rules need it, and it is worked out once."""
        if work not in self._done:
            self._done[work] = work(self)
        done: Result = self._done[work]
        return done

    @cached_property
    def _done(self) -> dict[Callable[["Subject"], Any], Any]:
        return {}

    @cached_property
    def sites(self) -> tuple[Site, ...]:
        """Every template, with its place."""
        return tuple(sites(self.definitions, self.place))

    @cached_property
    def references(self) -> tuple[tuple[Site, Reference], ...]:
        """Every reference, nested ones too, with the template it stands in."""
        return tuple((site, reference) for site in self.sites for reference in site.template.references())

    @cached_property
    def sendings(self) -> tuple[Sending, ...]:
        """Every integration with its own values, and with those of each level and each target."""
        return tuple(sendings(self.definitions, self.place))

    @cached_property
    def urls(self) -> tuple[tuple[Sending, Url], ...]:
        """The URL of every request, as far as it is known before anything is sent."""
        return tuple((each, url) for each in self.sendings for url in each.urls())

    @cached_property
    def requests(self) -> tuple[RenderedStep, ...]:
        """Every request of every message, rendered as it would be sent."""
        return tuple(rendered_steps(self.definitions, self.place))

    @cached_property
    def slips(self) -> tuple[Slip, ...]:
        """Every reference that stands where what it holds does not fit."""
        return tuple(slips(self.definitions, self.place))


Judge = Callable[[Subject], Iterator[Finding]]
JUDGES: dict[str, Judge] = {}
ALONE: set[str] = set()
"""The rules that judge each integration by itself, with the alert definitions that attach it."""


def rule(code: str, *, alone: bool = False) -> Callable[[Judge], Judge]:
    """Register the function that finds what the rule of this code is about.

    `alone` says that of several integrations it finds what it would find of one after the other: it is then given a
    part of them at a time (`Subject.part`). Names, monitors, samples and the project are always all there.
    """
    if code not in RULES or code in JUDGES:
        raise ValueError(f"{code} is not in the table of rules, or has a function already")

    def register(judge: Judge) -> Judge:
        JUDGES[code] = judge
        if alone:
            ALONE.add(code)
        return judge

    return register


def finding(
    code: str,
    message: str,
    where: Place,
    *,
    help: str | None = None,
    related: tuple[Related, ...] = (),
    fix: Fix | None = None,
) -> Finding:
    """Give a finding with the severity that the table states."""
    return Finding(code, RULES[code].severity, message, where, related, help, fix)


def renamed(where: Place, name: str | None) -> Fix | None:
    """Give the fix of a misspelt name, None where nothing is alike; unsafe, since only a person knows what was meant."""
    if name is None:
        return None
    return Fix("unsafe", (Edit(where, name),), f"write `{name}`")


def rewritten(where: Place, text: str | float) -> Fix:
    """Give the safe fix that puts `text` where something stands that can't mean anything else."""
    shown = text if isinstance(text, str) else json.dumps(text)
    return Fix("safe", (Edit(where, text),), f"write `{shown}`")


def wrapped(where: Place, source: str, function: str) -> Fix:
    """Give the safe fix that encodes a reference: `source`, which stands at `where`, in the brackets of `function`."""
    whole = f"{{{{{function}({source})}}}}"
    return Fix("safe", (Edit(where, whole),), f"write `{whole}`")


def with_severities(
    findings: list[Finding], severities: Mapping[str, Literal["off", "info", "warning", "error"]]
) -> list[Finding]:
    """Give the findings as the project wants them: rules that are off left out, severities changed."""
    kept = []
    for each in findings:
        severity = severities.get(each.code, each.severity if RULES[each.code].on else "off")
        if severity != "off":
            kept.append(replace(each, severity=severity))
    return kept
