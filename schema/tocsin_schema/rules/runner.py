"""Every rule, run over all definitions: over some of them at a time where a rule judges each by itself.

The parts bound what is held in memory at a time, and can be judged at the same time. They depend on the definitions
alone, so that findings and their order are the same however many parts are judged at once.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import Literal, Protocol, TypeVar

from tocsin_schema.findings import Finding, Place
from tocsin_schema.models import Kind
from tocsin_schema.models.definitions import Definition
from tocsin_schema.rules.finding import finding, with_severities
from tocsin_schema.rules.rule import InBroken, Renders, Rule
from tocsin_schema.rules.subject import Scope, Subject
from tocsin_schema.rules.table import RULES
from tocsin_schema.rules.variables.given_values import sets_known_values

PART = 100
"""So many integrations or alert definitions, and attachments of theirs, are judged at a time."""

FAILED = "TOC900"

RENDERED_ALL_THE_SAME = ("TOC5", "TOC7", "TOC8")
"""Errors of these families keep no message from being rendered."""

Severities = Mapping[str, Literal["off", "info", "warning", "error"]]
Unsound = AbstractSet[int | None]
"""The documents with errors that keep their messages from being rendered; None is the project file."""

Item = TypeVar("Item")
Result = TypeVar("Result")


class Spread(Protocol):
    """Applies a function to every item and gives the results in the items' order, as `map` does.

    It may do so in other processes: results can be pickled. The function may be one that can't be.
    """

    def __call__(self, function: Callable[[Item], Result], items: Sequence[Item], /) -> Sequence[Result]:
        """Return the results."""


def one_by_one(function: Callable[[Item], Result], items: Sequence[Item], /) -> Sequence[Result]:
    """Apply a function to every item, here and in turn."""
    return [function(item) for item in items]


@dataclass(frozen=True, slots=True)
class _Judged:
    """What a part gives. `rendered` is what the rules that render found, should no documents but `unsound` be so."""

    found: Sequence[Finding]
    rendered: Sequence[Finding]
    documents: Unsound
    unsound: Unsound


def findings_of_rules(subject: Subject, shape: Sequence[Finding], spread: Spread = one_by_one) -> list[Finding]:
    """Return what every rule finds, with the severities that the project wants, in order of code. Never raises.

    `shape` are the findings that there are already: what has errors is not rendered.
    """
    severities = _severities(subject)
    alerts = _parts(subject.attached)
    of_alerts = spread(lambda number: _found(_rules("alert"), subject.of_alerts(alerts[number])), range(len(alerts)))
    together = [*_found(_rules("all"), subject), *_found(_rules("rest"), subject.of_rest()), *chain(*of_alerts)]
    known = _unsound([*shape, *with_severities(together, severities)])
    integrations = _parts({name: subject.attaching.get(name, ()) for name in subject.definitions.integrations})

    def judged(number: int) -> _Judged:
        part = subject.of_integrations(integrations[number])
        found = _found(_rules("integration"), part)
        unsound = (known | _unsound(with_severities(found, severities))) & (part.documents | {None})
        return _Judged(found, _rendered(part, unsound), part.documents | {None}, unsound)

    def rendered_again(number: int) -> Sequence[Finding]:
        part = subject.of_integrations(integrations[number])
        return _rendered(part, unsound & (part.documents | {None}))

    all_judged = spread(judged, range(len(integrations)))
    found = with_severities([*together, *(each for part in all_judged for each in part.found)], severities)
    unsound = _unsound([*shape, *found])
    # A part can't know of the errors that another one finds in an alert definition that both are attached by.
    mistaken = [number for number, each in enumerate(all_judged) if unsound & each.documents != each.unsound]
    again = dict(zip(mistaken, spread(rendered_again, mistaken), strict=True))
    rendered = [each for number, part in enumerate(all_judged) for each in again.get(number, part.rendered)]
    return _in_order([*found, *with_severities(rendered, severities)])


def findings_in_broken(subject: Subject, kind: Kind, *, whole: bool) -> list[Finding]:
    """Return what is surely wrong in what is left of a broken document; `whole` says that it has all its names."""
    right: tuple[InBroken, ...] = ("always", "with_all_names") if whole and kind == "integration" else ("always",)
    rules = [each for each in RULES.values() if kind in each.scopes and each.in_broken in right]
    return with_severities(_found(rules, subject), _severities(subject))


def _severities(subject: Subject) -> Severities:
    rules = subject.definitions.project.rules
    return {code: each for code, each in rules.items() if code in RULES and not RULES[code].fixed}


def _rules(scope: Scope, renders: Renders = "nothing") -> Sequence[Rule]:
    return [each for each in RULES.values() if scope in each.scopes and each.renders == renders]


def _parts(attached: Mapping[str, Collection[str]]) -> Sequence[Sequence[str]]:
    """Divide names by how many there are, and by how much each is attached to."""
    parts: list[list[str]] = []
    size = PART
    for name, several in attached.items():
        size += 1 + len(several)
        if size > PART:
            parts.append([])
            size = 1 + len(several)
        parts[-1].append(name)
    return parts


def _in_order(findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings in order of code; of a rule that failed in several parts, that it failed once."""
    failed = dict.fromkeys(each for each in findings if each.code == FAILED)
    return sorted([*(each for each in findings if each.code != FAILED), *failed], key=lambda each: each.code)


def _found(rules: Collection[Rule], subject: Subject) -> list[Finding]:
    return [each for rule in rules for each in _of_rule(rule, subject)]


def _of_rule(rule: Rule, subject: Subject) -> Iterator[Finding]:
    """Run one rule; one that raises is a mistake of ours, reported while the others go on."""
    try:
        yield from rule.judge(subject) if rule.judge is not None else ()
    except Exception as error:
        message = f"the rule {rule.code} failed: {type(error).__name__}: {error}"
        help = "this is a mistake in Tocsin: please report it, with the definitions that caused it"
        yield finding(FAILED, message, Place(None), help=help)


def _rendered(part: Subject, unsound: Unsound) -> list[Finding]:
    """Judge all that can be rendered; that something can't be is news only where no other error explains it."""
    if None in unsound:
        return []
    # Nothing but `map` holds what is judged: what it rendered is let go before more is rendered.
    return [*chain.from_iterable(map(partial(_of_rendered, unsound), _with_known_samples(part).as_rendered()))]


def _of_rendered(unsound: Unsound, part: Subject) -> list[Finding]:
    of_sound = map(partial(_found, _rules("integration", "sound")), _sound(part, unsound).as_rendered())
    return [*_found(_rules("integration", "all"), part), *chain.from_iterable(of_sound)]


def _unsound(findings: Sequence[Finding]) -> Unsound:
    return frozenset(
        each.where.document
        for each in findings
        if each.severity == "error" and not each.code.startswith(RENDERED_ALL_THE_SAME)
    )


def _with_known_samples(subject: Subject) -> Subject:
    """Return the subject without the samples that set what there is not."""
    samples = subject.definitions.samples
    if all(sets_known_values(each) for each in samples.values()):
        return subject  # with all that is known of it
    known = {name: each for name, each in samples.items() if sets_known_values(each)}
    return subject.narrowed(replace(subject.definitions, samples=known))


def _sound(subject: Subject, unsound: Unsound) -> Subject:
    """Return the subject without the documents that have errors, and without what can't be rendered for them."""
    known = _with_known_samples(subject)
    if not unsound:
        return known

    def sound(definition: Definition) -> bool:
        return subject.place(definition).document not in unsound

    definitions = known.definitions
    integrations = {name: each for name, each in definitions.integrations.items() if sound(each)}
    alerts = {name: each for name, each in definitions.alerts.items() if sound(each)}
    return known.narrowed(definitions.part(integrations, alerts))
