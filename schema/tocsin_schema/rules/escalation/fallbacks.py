"""Rules of the sixth hundred on whom the dispatcher tells what it can't deliver: fallbacks, and the operators' integration.

Source: `docs/operations.md#when-a-message-cant-be-delivered-who-is-told`.
"""

from collections.abc import Iterator, Mapping, Sequence

from tocsin_schema.findings import Finding, Place, Related
from tocsin_schema.rules.analysis.urls import own_sending
from tocsin_schema.rules.finding import finding, renamed
from tocsin_schema.rules.registry import rule
from tocsin_schema.rules.subject import Subject
from tocsin_schema.template.system_variables import ONLY_UNDELIVERED, SYSTEM_VARIABLES
from tocsin_schema.text.suggest import did_you_mean, listed, nearest

MOST_RELATED = 3
"""Second places that one finding shows: more would bury the first."""
MOST_NAMES = 8
"""Integrations of a circle that its finding names."""

UNDELIVERED = frozenset(name for name, variable in SYSTEM_VARIABLES.items() if variable.when == ONLY_UNDELIVERED)
"""System variables that only messages about undelivered ones have."""


@rule(
    "TOC617",
    "unknown-fallback",
    "error",
    finds="a fallback, or an operators' integration, that does not exist",
    why="Nobody would be told of what can't be delivered.",
    fix="Take the name that the help line suggests, or define the integration.",
    of="each",
    in_broken="always",
)
def unknown_fallback(subject: Subject) -> Iterator[Finding]:
    """A fallback and the operators' integration are integrations that exist."""
    if "integration" in subject.unnamed:
        return
    known = subject.names["integration"]
    for where, name in _named(subject):
        if name not in known:
            otherwise = f"there are {listed(sorted(known))}" if known else "define it under integrations/"
            help = did_you_mean(name, known, otherwise=otherwise)
            yield finding(
                "TOC617",
                f"there is no integration `{name}`",
                where,
                help=help,
                fix=renamed(where, nearest(name, known)),
            )


@rule(
    "TOC618",
    "fallback-circle",
    "error",
    finds="fallbacks that lead back to where they began",
    why="When the one can't deliver the other would be asked, and the other way round: nobody at the end of it is told.",
    fix="Let the last of them have no fallback, or one outside of the circle.",
)
def fallback_circle(subject: Subject) -> Iterator[Finding]:
    """Fallbacks, followed from one to the next, come to an end."""
    for circle in _circles(subject.fallbacks):
        names = [*circle, circle[0]] if len(circle) <= MOST_NAMES else [*circle[:MOST_NAMES], "...", circle[0]]
        yield finding(
            "TOC618",
            f"the fallbacks go in a circle: {' → '.join(names)}",
            subject.fallback_place(circle[0]),
            related=tuple(
                Related(f"`{name}` goes on to `{subject.fallbacks[name]}` here", subject.fallback_place(name))
                for name in circle[1 : MOST_RELATED + 1]
            ),
            help="let the last of them have no fallback, or one outside of the circle",
        )


@rule(
    "TOC619",
    "fallback-lacks-values",
    "error",
    finds="a fallback, or an operators' integration, with variables that levels give",
    why="No level attaches it there, so nobody gives them: its message could not be rendered.",
    fix="Give the variable its value in the integration, or name an integration that has none such.",
    of="integration",
)
def fallback_lacks_values(subject: Subject) -> Iterator[Finding]:
    """An integration that stands in for another gets values from no level."""
    for integration in subject.definitions.integrations.values():
        per_level = [name for name, variable in integration.variables.items() if variable.per_level]
        for where in subject.standing_in.get(integration.name, ()) if per_level else ():
            declared = [subject.place(integration).at("variables", name, key=True) for name in per_level]
            yield finding(
                "TOC619",
                f"`{integration.name}` leaves {listed(per_level)} to the level, and here is none",
                where,
                related=tuple(Related("it is declared here", each) for each in declared[:MOST_RELATED]),
                help="give it a value there, or name another integration",
            )


@rule(
    "TOC620",
    "inactive-fallback",
    "warning",
    finds="a fallback, or an operators' integration, that is inactive",
    why="An inactive integration stays silent: nobody is told of what can't be delivered.",
    fix="Activate the integration, or name another one.",
    of="integration",
)
def inactive_fallback(subject: Subject) -> Iterator[Finding]:
    """An inactive integration stays silent, also where it stands in for another (`docs/domain.md#what-stays-silent`)."""
    for integration in subject.definitions.integrations.values():
        for where in subject.standing_in.get(integration.name, ()) if not integration.active else ():
            yield finding(
                "TOC620",
                f"`{integration.name}` is inactive: nobody is told through it",
                where,
                related=(Related("it is switched off here", subject.place(integration).at("active")),),
                help="activate it, or name another integration",
            )


@rule(
    "TOC621",
    "fallback-to-same-receiver",
    "warning",
    finds="a fallback that sends to the same host as the integration that it stands in for",
    why="What keeps the one from being delivered will keep the other too.",
    fix="Name an integration whose receiver is another: a chat for a pager, a mail gateway for a chat.",
)
def fallback_to_same_receiver(subject: Subject) -> Iterator[Finding]:
    """Something that is to help where a receiver is down is not at that receiver."""
    authorities: dict[str, frozenset[str]] = {}
    for name, fallback in subject.fallbacks.items():
        if fallback == name or fallback not in subject.definitions.integrations:
            continue
        for each in (name, fallback):
            if each not in authorities:
                authorities[each] = _authorities(subject, each)
        shared = authorities[name] & authorities[fallback]
        if shared:
            yield finding(
                "TOC621",
                f"`{fallback}` sends to {listed(sorted(shared), most=2)} as `{name}` does: both fail together",
                subject.fallback_place(name),
                help="name an integration whose receiver is another",
            )


@rule(
    "TOC622",
    "never-a-fallback",
    "warning",
    finds="a variable of undelivered messages in an integration that is nobody's fallback",
    why="It is empty in every message that the integration sends.",
    fix="Name the integration as `fallback` of another, or as `operators_integration`, or remove the reference.",
    of="integration",
)
def never_a_fallback(subject: Subject) -> Iterator[Finding]:
    """`@delivery.` variables have values in messages about undelivered ones alone (`docs/domain.md#system-variables`)."""
    if "integration" in subject.unread:
        return
    for site, reference in subject.references:
        if reference.name in UNDELIVERED and site.integration.name not in subject.standing_in:
            yield finding(
                "TOC622",
                f"`{reference.name}` is always empty: `{site.integration.name}` is nobody's fallback",
                site.where.span(reference.start, reference.end),
                help="name it as `fallback` of another integration, or as `operators_integration`, or remove this",
            )


def _named(subject: Subject) -> Iterator[tuple[Place, str]]:
    """Yield the fallbacks that are named in what is judged, and the operators' integration, each with its place."""
    if subject.of in ("all", "integration"):
        for integration in subject.definitions.integrations.values():
            if integration.fallback is not None:
                yield subject.place(integration).at("fallback"), integration.fallback
    operators = subject.definitions.project.operators_integration
    if subject.of in ("all", "rest") and operators is not None:
        yield Place(None).at("operators_integration"), operators


def _circles(fallbacks: Mapping[str, str]) -> Iterator[Sequence[str]]:
    """Yield every circle once, from the member on that is reached first."""
    done: set[str] = set()
    for begin in fallbacks:
        path: dict[str, int] = {}
        name: str | None = begin
        while name is not None and name not in done and name not in path:
            path[name] = len(path)
            name = fallbacks.get(name)
        done.update(path)
        if name in path:
            yield list(path)[path[name] :]


def _authorities(subject: Subject, name: str) -> frozenset[str]:
    """Return the hosts, with their ports, that an integration sends to with its own values, as far as they are known."""
    integration = subject.definitions.integrations[name]
    own = own_sending(integration, subject.place(integration))
    return frozenset(url.authority for url in own.urls() if url.authority is not None)
