"""What rules judge: the definitions, and what is to be known of them."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import Any, Literal, TypeVar

from tocsin_schema.findings import Place
from tocsin_schema.models import Alert, Integration, Kind
from tocsin_schema.models.definitions import Definition, Definitions, Made
from tocsin_schema.receiver_schemas import Receivers
from tocsin_schema.rules.analysis.misplaced import Followed, MisplacedReference, followed
from tocsin_schema.rules.analysis.rendered import Rendered, RenderedStep, rendered
from tocsin_schema.rules.analysis.sites import Site, sites
from tocsin_schema.rules.analysis.urls import Sending, Sendings, Url, sendings
from tocsin_schema.template.syntax import Reference

Result = TypeVar("Result")


Scope = Literal["all", "integration", "alert", "rest"]


@dataclass(frozen=True)
class Subject:
    """What rules judge: the definitions that could be read, and where each came from.

    `numbers` are those of their documents, by kind and name. `names` holds every name that a document claims, also one whose shape is broken, so that one mistake
    does not make its neighbours look wrong. `unnamed` are the kinds of which documents may be missing in `names`,
    since some document could not be read at all; `unread` those of which documents are missing in `definitions`.
    """

    definitions: Definitions
    numbers: Mapping[Kind, Mapping[str, int]]
    names: Mapping[Kind, AbstractSet[str]]
    unnamed: frozenset[Kind] = frozenset()
    unread: frozenset[Kind] = frozenset()
    receivers: Receivers | None = None
    """The schemas that steps name under `accepts`; None where nobody has the files, as on a dispatcher."""
    of: Scope = "all"
    """What of it is judged: everything, or a part, with what is to be known of it."""
    fallbacks: Mapping[str, str] = field(default_factory=dict)
    """The name that each integration with a fallback gives, by its own: of all of them, in every part."""

    def of_integrations(self, names: Collection[str]) -> "Subject":
        """Return what is to be known of some integrations to judge them: these, and the alerts that attach them."""
        known = self.definitions
        integrations = {name: known.integrations[name] for name in names}
        attaching = {alert for name in names for alert in self.attaching.get(name, ())}
        alerts = {name: known.alerts[name] for name in sorted(attaching, key=self.numbers["alert"].__getitem__)}
        return self.narrowed(known.part(integrations, alerts), of="integration")

    def of_alerts(self, names: Collection[str]) -> "Subject":
        """Return what is to be known of some alert definitions to judge them: these, and the integrations they attach."""
        known = self.definitions
        attached = {used: used for name in names for used in self.attached[name] if used in known.integrations}
        integrations = Made(attached, cache(known.integrations.__getitem__))  # few rules look at any
        alerts = {name: known.alerts[name] for name in names}
        return self.narrowed(known.part(integrations, alerts), of="alert")

    def narrowed(self, definitions: Definitions, of: Scope | None = None) -> "Subject":
        """Return the subject with some of its definitions alone."""
        part = replace(self, definitions=definitions, of=of or self.of)
        vars(part)["standing_in"] = self.standing_in  # of all integrations, in every part: worked out once
        return part

    def of_rest(self) -> "Subject":
        """Return what is neither an integration nor an alert definition: the project, its monitors and samples."""
        return replace(self, definitions=self.definitions.part({}, {}), of="rest")

    def of_one(self, definition: Integration | Alert, document: int) -> "Subject":
        """Return what is to be known of what is left of a document, to judge it as if it were one of these."""
        known = self.definitions
        if isinstance(definition, Integration):
            alerts = {name: known.alerts[name] for name in self.attaching.get(definition.name, ())}
            part = known.part({definition.name: definition}, alerts)
        else:
            part = known.part(known.integrations, {definition.name: definition})
        numbers = {**self.numbers, definition.kind: {definition.name: document}}
        return replace(self, definitions=part, numbers=numbers, of=definition.kind)

    @cached_property
    def attached(self) -> Mapping[str, Sequence[str]]:
        """The names of the integrations that each alert definition attaches, one for each attachment."""
        return {name: alert.uses for name, alert in self.definitions.alerts.items()}

    @cached_property
    def attaching(self) -> Mapping[str, Sequence[str]]:
        """The names of the alert definitions that attach each integration, one for each attachment."""
        found: dict[str, list[str]] = {}
        for name, attached in self.attached.items():
            for used in attached:
                found.setdefault(used, []).append(name)
        return found

    @cached_property
    def standing_in(self) -> Mapping[str, Sequence[Place]]:
        """Where each integration is named that is told what others can't deliver, as a fallback or as the operators'."""
        found: dict[str, list[Place]] = {}
        for name, fallback in self.fallbacks.items():
            found.setdefault(fallback, []).append(self.fallback_place(name))
        operators = self.definitions.project.operators_integration
        if operators is not None:
            found.setdefault(operators, []).append(Place(None).at("operators_integration"))
        return found

    def fallback_place(self, name: str) -> Place:
        """Return where an integration names its fallback."""
        return Place(self.numbers["integration"][name]).at("fallback")

    @property
    def own(self) -> Iterator[Definition]:
        """What is judged, without what is there to be known beside it."""
        definitions = self.definitions
        if self.of in ("all", "rest"):
            yield from definitions.monitors.values()
            yield from definitions.samples.values()
        if self.of in ("all", "integration"):
            yield from definitions.integrations.values()
        if self.of in ("all", "alert"):
            yield from definitions.alerts.values()

    @property
    def documents(self) -> frozenset[int | None]:
        """The numbers of the documents of its integrations and alert definitions."""
        own: list[Definition] = [*self.definitions.integrations.values(), *self.definitions.alerts.values()]
        return frozenset(self.place(each).document for each in own)

    def place(self, definition: Definition) -> Place:
        """Return the place of a definition's document."""
        known = self._places.get((definition.kind, definition.name))
        if known is None:
            known = Place(self.numbers[definition.kind][definition.name])
            self._places[definition.kind, definition.name] = known
        return known

    @cached_property
    def _places(self) -> dict[tuple[Kind, str], Place]:
        return {}

    def once(self, work: Callable[["Subject"], Result]) -> Result:
        """Return what a function makes of this subject; several rules need it, and it is worked out once."""
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
    def sent(self) -> Sendings:
        """Every integration with each set of its values, and what is left out."""
        return sendings(self.definitions, self.place)

    @property
    def sendings(self) -> Sequence[Sending]:
        """Every integration with its own values, and with those of each level and each target."""
        return self.sent.taken

    @cached_property
    def urls(self) -> tuple[tuple[Sending, Url], ...]:
        """The URL of every request, as far as it is known before anything is sent."""
        return tuple((each, url) for each in self.sendings for url in each.urls())

    @cached_property
    def rendered(self) -> Rendered:
        """The requests of every message, rendered as they would be sent, and what is left out."""
        return rendered(self.definitions, self.place)

    def as_rendered(self) -> Iterator["Subject"]:
        """Yield this subject, or parts of it where what all of it renders would take too much memory at a time."""
        part = self
        while part.rendered.waiting:
            rendered = vars(part).pop("rendered")
            known, waiting = part.definitions, frozenset(rendered.waiting)
            first = {name: each for name, each in known.integrations.items() if name not in waiting}
            others = {name: known.integrations[name] for name in rendered.waiting}
            part = part.narrowed(known.part(others, known.alerts))
            yield self._with_rendered(known.part(first, known.alerts), rendered)
            del rendered  # before more is rendered
        yield part

    def _with_rendered(self, definitions: Definitions, rendered: Rendered) -> "Subject":
        part = self.narrowed(definitions)
        vars(part)["rendered"] = replace(rendered, waiting=())
        return part

    @property
    def requests(self) -> Sequence[RenderedStep]:
        """Every request of every message, rendered as it would be sent."""
        return self.rendered.steps

    @cached_property
    def followed(self) -> Followed:
        """What is found by following every template without rendering it, and what is left out."""
        return followed(self.definitions, self.place)

    @property
    def misplaced(self) -> Sequence[MisplacedReference]:
        """Every reference that stands where what it holds does not fit."""
        return self.followed.misplaced
