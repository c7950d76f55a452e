"""Every rule, run over all definitions: over some integrations at a time where a rule judges each by itself.

The parts bound what is held in memory at a time, and can be judged at the same time. They depend on the definitions
alone, so that findings and their order are the same however many parts are judged at once.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Literal, Protocol, TypeVar

from tocsin_schema.definitions import Definition, Definitions
from tocsin_schema.findings import Finding, Place
from tocsin_schema.rules.documents import ALWAYS_ON
from tocsin_schema.rules.given_values import sets_known_values
from tocsin_schema.rules.registry import ALONE, JUDGES, Subject, finding, with_severities

PART = 100
"""So many integrations, and attachments of theirs, are judged at a time."""

RENDERING = frozenset({"TOC501", "TOC503", "TOC510", "TOC516", "TOC518"})
"""These rules render messages; they judge only what can be rendered."""

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
        """Give the results."""


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
    """Give what every rule finds, with the severities that the project wants, rule by rule. Never raises.

    `shape` are the findings that there are already: what has errors is not rendered.
    """
    rules = subject.definitions.project.rules
    severities: Severities = {code: each for code, each in rules.items() if not code.startswith(ALWAYS_ON)}
    together = _found([code for code in JUDGES if code not in ALONE], subject)
    known = _unsound([*shape, *with_severities(together, severities)])
    parts = _parts(subject.definitions)

    def judged(number: int) -> _Judged:
        part = subject.part(parts[number], leading=number == 0)
        found = _found([code for code in JUDGES if code in ALONE and code not in RENDERING], part)
        unsound = (known | _unsound(with_severities(found, severities))) & (part.documents | {None})
        return _Judged(found, _rendered(part, unsound), part.documents | {None}, unsound)

    def rendered_again(number: int) -> Sequence[Finding]:
        part = subject.part(parts[number], leading=number == 0)
        return _rendered(part, unsound & (part.documents | {None}))

    all_judged = spread(judged, range(len(parts)))
    found = with_severities([*together, *(each for part in all_judged for each in part.found)], severities)
    unsound = _unsound([*shape, *found])
    # A part can't know of the errors that another one finds in an alert definition that both are attached by.
    mistaken = [number for number, each in enumerate(all_judged) if unsound & each.documents != each.unsound]
    again = dict(zip(mistaken, spread(rendered_again, mistaken), strict=True))
    rendered = [each for number, part in enumerate(all_judged) for each in again.get(number, part.rendered)]
    return _in_order([*found, *with_severities(rendered, severities)])


def _parts(definitions: Definitions) -> Sequence[Sequence[str]]:
    """Give the names of the integrations of each part, at least one part."""
    parts: list[list[str]] = [[]]
    size = 0
    for name in definitions.integrations:
        size += 1 + len(definitions.attachments.get(name, ()))
        if size > PART and parts[-1]:
            parts.append([])
            size = 1 + len(definitions.attachments.get(name, ()))
        parts[-1].append(name)
    return parts


def _in_order(findings: Sequence[Finding]) -> list[Finding]:
    """Give the findings rule by rule; of a rule that failed in several parts, that it failed once."""
    position = {code: (code in RENDERING, number) for number, code in enumerate(JUDGES)}
    last = (True, len(JUDGES))
    failed = dict.fromkeys(each for each in findings if each.code not in JUDGES)
    return sorted(
        [*(each for each in findings if each.code in JUDGES), *failed], key=lambda each: position.get(each.code, last)
    )


def _found(codes: Collection[str], subject: Subject) -> list[Finding]:
    return [each for code in codes for each in _of_rule(code, subject)]


def _of_rule(code: str, subject: Subject) -> Iterator[Finding]:
    """Run one rule; one that raises is a mistake of ours, reported while the others go on."""
    try:
        yield from JUDGES[code](subject)
    except Exception as error:
        message = f"the rule {code} failed: {type(error).__name__}: {error}"
        help = "this is a mistake in Tocsin: please report it, with the definitions that caused it"
        yield finding("TOC900", message, Place(None), help=help)


def _rendered(part: Subject, unsound: Unsound) -> list[Finding]:
    return _found([code for code in JUDGES if code in RENDERING], _sound(part, unsound))


def _unsound(findings: Sequence[Finding]) -> Unsound:
    return frozenset(
        each.where.document
        for each in findings
        if each.severity == "error" and not each.code.startswith(RENDERED_ALL_THE_SAME)
    )


def _sound(subject: Subject, unsound: Unsound) -> Subject:
    """Give the subject without the documents that have errors, and without what can't be rendered for them."""
    definitions = subject.definitions
    if None in unsound:
        return replace(subject, definitions=Definitions(definitions.project))
    if not unsound and all(sets_known_values(each) for each in definitions.samples.values()):
        return subject  # with all that is known of it

    def sound(definition: Definition) -> bool:
        return subject.place(definition).document not in unsound

    return replace(
        subject,
        definitions=Definitions(
            project=definitions.project,
            integrations={name: each for name, each in definitions.integrations.items() if sound(each)},
            alerts={name: each for name, each in definitions.alerts.items() if sound(each)},
            monitors=definitions.monitors,
            samples={name: each for name, each in definitions.samples.items() if sets_known_values(each)},
        ),
    )
