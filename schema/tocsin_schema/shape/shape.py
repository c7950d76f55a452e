"""From plain values to models, with every mistake of shape as a finding at its place."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from math import isfinite
from typing import TypeVar

from pydantic import BaseModel, JsonValue, ValidationError

from tocsin_schema.findings import Finding, Path, Place, Related
from tocsin_schema.models import KINDS, Alert, Integration, Kind, Monitor, Project, Sample
from tocsin_schema.models.definitions import Definitions, Made
from tocsin_schema.rules.finding import finding, renamed
from tocsin_schema.shape.errors import described, shape_findings
from tocsin_schema.shape.partial import partial_document
from tocsin_schema.text.suggest import cut, did_you_mean, listed, nearest

Model = TypeVar("Model", bound=BaseModel)

MODELS: Mapping[str, type[Integration] | type[Alert] | type[Monitor] | type[Sample]] = {
    "integration": Integration,
    "alert": Alert,
    "monitor": Monitor,
    "sample": Sample,
}

MAX_DEPTH = 100
"""How deep mappings and lists may lie in one another (`docs/validating.md#limits`)."""


Names = Mapping[Kind, Mapping[str, int]]
"""By kind, the number of the document that has each name."""


@dataclass(frozen=True)
class Shaped:
    """Which documents can be read, and what is wrong with the others."""

    project: Project | None
    documents: Sequence[JsonValue]
    claimed: Names
    """Every name that a document claims, whatever else is wrong with it."""
    sound: Names
    """The names of the documents that can be read."""
    unnamed: frozenset[Kind]
    """The kinds of which documents may be missing in `claimed`, since some document has no name or no kind."""
    unread: frozenset[Kind]
    """The kinds of which documents may be missing in `sound`."""
    findings: tuple[Finding, ...]
    _wrong: Mapping[int, Sequence[Finding]]
    """What was found in each document in which something was."""

    def definitions(self, project: Project) -> Definitions:
        """Return what can be read. Integrations and alert definitions are made when they are asked for."""
        return Definitions(
            project,
            integrations=self._made(Integration, "integration"),
            alerts=self._made(Alert, "alert"),
            monitors=dict(self._made(Monitor, "monitor")),
            samples=dict(self._made(Sample, "sample")),
        )

    @property
    def fallbacks(self) -> Mapping[str, str]:
        """The name that each integration with a fallback gives, by its own; no integration is made for it."""
        documents = {name: self.documents[number] for name, number in self.sound["integration"].items()}
        given = {name: each.get("fallback") for name, each in documents.items() if isinstance(each, dict)}
        return {name: fallback for name, fallback in given.items() if isinstance(fallback, str)}

    def _made(self, model: type[Model], kind: Kind) -> Made[int, Model]:
        return Made(self.sound[kind], lambda number: model.model_validate(self.documents[number]))

    def broken(self) -> Iterator[tuple[int, Integration | Alert]]:
        """Yield what is left of the integrations and alert definitions with mistakes, and those whose name is taken."""
        for number, found in self._wrong.items():
            left = _left(self.documents[number], found)
            if left is not None:
                yield number, left


def shape(project: JsonValue, documents: Sequence[JsonValue]) -> Shaped:
    """Read the project file and the documents; never raises."""
    findings: list[Finding] = []
    shaped_project = _read(Project, project, Place(None), findings)
    wrong: dict[int, Sequence[Finding]] = {}
    claimed: dict[Kind, dict[str, int]] = {kind: {} for kind in KINDS}
    unnamed, unread, unsound = set[Kind](), set[Kind](), set[int]()
    for number, document in enumerate(documents):
        if document is None:  # nothing between two `---`, or comments alone
            continue
        place, identity = Place(number), identity_of(document)
        kind = _kind(document, place, findings)
        if kind is None:
            unread.update(KINDS)
            unnamed.update(KINDS if identity is None else ())
            continue
        known = len(findings)
        model = _read(MODELS[kind], document, place, findings)
        first = number
        if identity is not None:
            first = claimed[kind].setdefault(identity[1], number)
            if first != number:
                findings.append(_duplicate(kind, identity[1], place, Place(first)))
        if len(findings) > known:
            wrong[number] = findings[known:]
        if model is None or first != number:
            unsound.add(number)
            unread.add(kind)
            unnamed.update([kind] if identity is None else ())
    sound = {kind: _without(numbers, unsound) for kind, numbers in claimed.items()}
    return Shaped(
        shaped_project, documents, claimed, sound, frozenset(unnamed), frozenset(unread), tuple(findings), wrong
    )


def _without(numbers: Mapping[str, int], unsound: AbstractSet[int]) -> Mapping[str, int]:
    if unsound.isdisjoint(numbers.values()):
        return numbers
    return {name: number for name, number in numbers.items() if number not in unsound}


def _left(document: JsonValue, found: Sequence[Finding]) -> Integration | Alert | None:
    """Return what can still be judged of a document in which something was found."""
    if any(each.code.startswith("TOC1") for each in found):
        return None
    kind = document.get("kind") if isinstance(document, dict) else None
    paths = [each.where.path for each in found if each.code != "TOC206"]
    if kind == "integration":
        return partial_document(Integration, document, paths)
    return partial_document(Alert, document, paths) if kind == "alert" else None


def identity_of(document: JsonValue) -> tuple[str, str] | None:
    """Return the kind and name that a document claims, whatever else is wrong with it."""
    if isinstance(document, dict):
        kind, name = document.get("kind"), document.get("name")
        if isinstance(kind, str) and isinstance(name, str):
            return kind, name
    return None


def _kind(document: JsonValue, place: Place, findings: list[Finding]) -> Kind | None:
    """Return the kind of a document; None, and a finding, where there is none that we know."""
    kinds = f"kinds are {listed(KINDS)}"
    if not isinstance(document, dict):
        message = "the document is empty" if document is None else "a document is a mapping with `kind` and `name`"
        findings.append(finding("TOC205", message, place, help=kinds))
        return None
    kind = document.get("kind")
    known = next((each for each in KINDS if each == kind), None)
    if known is not None:
        return known
    if kind == "project":
        message = "there is one project document, at the start of tocsin.yaml"
        findings.append(finding("TOC205", message, place.at("kind"), help=f"remove this one; other {kinds}"))
    elif kind is None:
        misspelt = nearest("kind", document.keys() - {"kind"})
        where = place.at("kind") if "kind" in document else place
        if misspelt is not None and "kind" not in document:
            where, kinds = place.at(misspelt, key=True), "did you mean `kind`?"
        fix = renamed(where, "kind") if where.key else None
        findings.append(finding("TOC205", "the document says no `kind`", where, help=kinds, fix=fix))
    elif isinstance(kind, str):
        meant = did_you_mean(kind, KINDS, otherwise=kinds)
        fix = renamed(place.at("kind"), nearest(kind, KINDS))
        findings.append(finding("TOC205", f"there is no kind `{cut(kind)}`", place.at("kind"), help=meant, fix=fix))
    else:
        message = f"`kind` takes a name, not {described(kind)}"
        findings.append(finding("TOC205", message, place.at("kind"), help=kinds))
    return None


def _duplicate(kind: Kind, name: str, where: Place, first: Place) -> Finding:
    return finding(
        "TOC206",
        f"there is a second {kind} named `{cut(name)}`",
        where.at("name"),
        related=(Related("the first one is here", first.at("name")),),
        help="give one of them another name, or remove it",
    )


def _read(model_type: type[Model], document: JsonValue, place: Place, findings: list[Finding]) -> Model | None:
    if not _is_holdable(document):
        findings.append(next(_unholdable(document, place)))
        return None
    try:
        return model_type.model_validate(document)
    except ValidationError as error:
        findings.extend(shape_findings(error, model_type, document, place))
    return None


def _is_holdable(document: JsonValue) -> bool:
    """Whether `_unholdable` finds nothing; quicker, since it follows no paths."""
    level = [document]
    for _ in range(MAX_DEPTH):
        inside: list[JsonValue] = []
        for value in level:
            if isinstance(value, dict):
                inside.extend(value.values())
            elif isinstance(value, list):
                inside.extend(value)
            elif isinstance(value, float) and not isfinite(value):
                return False
        if not inside:
            return True
        level = inside
    return not any(
        isinstance(value, dict | list) or (isinstance(value, float) and not isfinite(value)) for value in level
    )


def _unholdable(document: JsonValue, place: Place) -> Iterator[Finding]:
    """Find what no definition can hold; the reader of files finds it too, but the dispatcher reads JSON."""
    waiting: list[tuple[Path, JsonValue]] = [((), document)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, dict | list) and len(path) >= MAX_DEPTH:
            yield finding(
                "TOC103",
                f"mappings and lists lie more than {MAX_DEPTH} deep in one another",
                place.at(*path),
                help="no definition needs that: is a bracket missing?",
            )
            return
        if isinstance(value, float) and not isfinite(value):
            yield finding("TOC105", "JSON has no such number", place.at(*path), help="put it in quotes")
        elif isinstance(value, dict):
            waiting += [((*path, key), item) for key, item in value.items()]
        elif isinstance(value, list):
            waiting += [((*path, number), item) for number, item in enumerate(value)]
