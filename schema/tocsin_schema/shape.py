"""From plain values to models, with every mistake of shape as a finding at its place."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TypeVar

from pydantic import BaseModel, JsonValue, ValidationError

from tocsin_schema.findings import Finding, Path, Place, Related
from tocsin_schema.models import KINDS, Alert, Integration, Monitor, Project, Sample
from tocsin_schema.remains import remains
from tocsin_schema.rules.registry import finding, renamed
from tocsin_schema.shape_errors import described, shape_findings
from tocsin_schema.suggest import cut, did_you_mean, listed, nearest

Model = TypeVar("Model", bound=BaseModel)

MODELS: Mapping[str, type[Integration] | type[Alert] | type[Monitor] | type[Sample]] = {
    "integration": Integration,
    "alert": Alert,
    "monitor": Monitor,
    "sample": Sample,
}

MAX_DEPTH = 100
"""How deep mappings and lists may lie in one another (`design.md`, section 3)."""


@dataclass(frozen=True)
class Shaped:
    """The documents that could be read, by their number, and what is wrong with the others."""

    project: Project | None
    documents: Mapping[int, Integration | Alert | Monitor | Sample]
    findings: tuple[Finding, ...]
    broken: Mapping[int, Integration | Alert]
    """What is left of the integrations and alert definitions with mistakes, and those whose name is taken."""


def shape(project: JsonValue, documents: Sequence[JsonValue]) -> Shaped:
    """Read the project file and the documents; never raises."""
    findings: list[Finding] = []
    shaped_project = _read(Project, project, Place(None), findings)
    shaped: dict[int, Integration | Alert | Monitor | Sample] = {}
    broken: dict[int, Integration | Alert] = {}
    first: dict[tuple[str, str], int] = {}
    for number, document in enumerate(documents):
        if document is None:  # nothing between two `---`, or comments alone
            continue
        place = Place(number)
        kind = _kind(document, place, findings)
        if kind is None:
            continue
        known = len(findings)
        model = _read(MODELS[kind], document, place, findings)
        identity = identity_of(document)
        if identity is not None and first.setdefault(identity, number) != number:
            findings.append(_duplicate(identity, place, Place(first[identity])))
        elif model is not None:
            shaped[number] = model
        left = _left(model, document, findings[known:])
        if left is not None:
            broken[number] = left
    return Shaped(shaped_project, shaped, tuple(findings), broken)


def _left(
    model: Integration | Alert | Monitor | Sample | None, document: JsonValue, found: Sequence[Finding]
) -> Integration | Alert | None:
    """Give what can still be judged of a document in which something was found."""
    kind = document.get("kind") if isinstance(document, dict) else None
    if not found or any(each.code.startswith("TOC1") for each in found):
        return None
    if model is not None:
        return model if isinstance(model, Integration | Alert) else None
    paths = [each.where.path for each in found if each.code != "TOC206"]
    if kind == "integration":
        return remains(Integration, document, paths)
    return remains(Alert, document, paths) if kind == "alert" else None


def identity_of(document: JsonValue) -> tuple[str, str] | None:
    """Give the kind and name that a document claims, whatever else is wrong with it."""
    if isinstance(document, dict):
        kind, name = document.get("kind"), document.get("name")
        if isinstance(kind, str) and isinstance(name, str):
            return kind, name
    return None


def _kind(document: JsonValue, place: Place, findings: list[Finding]) -> str | None:
    """Give the kind of a document; None, and a finding, where there is none that we know."""
    kinds = f"kinds are {listed(KINDS)}"
    if not isinstance(document, dict):
        message = "the document is empty" if document is None else "a document is a mapping with `kind` and `name`"
        findings.append(finding("TOC205", message, place, help=kinds))
        return None
    kind = document.get("kind")
    if isinstance(kind, str) and kind in MODELS:
        return kind
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


def _duplicate(identity: tuple[str, str], where: Place, first: Place) -> Finding:
    return finding(
        "TOC206",
        f"there is a second {identity[0]} named `{cut(identity[1])}`",
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
