"""What the files are to hold so that they say what runs on a target. Pure: nothing is read or written here."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import chain, count
from pathlib import PurePosixPath

from pydantic import JsonValue

from tocsin.editing.edited_file import edited
from tocsin.editing.edits import CannotEditError
from tocsin.editing.new_values import block_lines
from tocsin.editing.values import new_document, pulled_value, same
from tocsin.project.discovery import PROJECT_FILE
from tocsin.project.reading import Reading, SourceDocument
from tocsin.pull.overrides import told_apart
from tocsin_schema.models import Project
from tocsin_schema.models.canonical import canonical
from tocsin_schema.plan.plan import Document, Identity
from tocsin_schema.shape.shape import MODELS


@dataclass(frozen=True, slots=True)
class Pulled:
    """New texts by file, `None` for a file that goes; `left` are files that can't be edited, with what they should say.

    `lacking` are files that what runs names under `accepts` and that can't be read here: no dispatcher keeps them.
    """

    texts: Mapping[str, str | None] = field(default_factory=dict)
    left: Mapping[str, tuple[Identity, ...]] = field(default_factory=dict)
    lacking: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a definition stands: the file, and the number of its document there."""

    file: str
    number: int
    written: JsonValue
    canonical: Document


@dataclass
class _File:
    """What is to become of a file's documents, by number."""

    values: dict[int, JsonValue] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    identities: list[Identity] = field(default_factory=list)


def pulled(
    reading: Reading,
    live: Mapping[Identity, Document],
    target: str,
    overrides: Mapping[str, str],
    wanted: frozenset[Identity] | None,
    taken: frozenset[str],
) -> Pulled:
    """Return the files that change; `wanted` are the definitions to pull, None for all. `taken` are names of other files.

    The files must have the shape of definitions, and `live` too.
    """
    here = dict(_places(reading))
    touched: dict[str, _File] = defaultdict(_File)
    new: dict[Identity, Document] = {}
    values: dict[str, str | None] = {}
    for identity in sorted({*here, *live}, key=lambda each: each.sort_key):
        if wanted is not None and identity not in wanted:
            continue
        place, there = here.get(identity), live.get(identity)
        if there is None and identity.kind == "project":
            continue
        if there is None:
            assert place is not None  # noqa: S101  # it is in one of the two
            touched[place.file].gone.add(place.number)
            touched[place.file].identities.append(identity)
            continue
        if identity.kind == "integration":
            told = told_apart(there, place.canonical if place else None, overrides)
            there = told.document
            values.update(told.values)
        if place is None:
            new[identity] = there
        elif not same(dict(place.canonical), dict(there)):
            touched[place.file].values[place.number] = _value(place, there)
            touched[place.file].identities.append(identity)
    _set_targets(reading, touched, target, values, {each for each in here if each not in live}, wanted)
    return _texts(reading, touched, new, here, taken)


def _places(reading: Reading) -> Iterator[tuple[Identity, _Place]]:
    for documents in reading.by_file.values():
        for each in documents:
            if isinstance(each.value, dict):
                meant = _canonical(each, reading)
                yield Identity.of(meant), _Place(each.file, each.number, each.value, meant)


def _canonical(document: SourceDocument, reading: Reading) -> Document:
    assert isinstance(document.value, dict)  # noqa: S101  # checked by the caller
    model = Project if document is reading.project else MODELS[str(document.value["kind"])]
    return canonical(model.model_validate(document.value))


def _value(place: _Place, there: Document) -> JsonValue:
    """Return what a document is to say; proved to mean what is live, else as the target has it."""
    value = pulled_value(place.written, dict(place.canonical), dict(there))
    kind = str(there["kind"])
    if kind == "project":
        return value
    meant = canonical(MODELS[kind].model_validate(value))
    return value if same(meant, dict(there)) else new_document(there)


def _set_targets(
    reading: Reading,
    touched: dict[str, _File],
    target: str,
    values: Mapping[str, str | None],
    gone: Iterable[Identity],
    wanted: frozenset[Identity] | None,
) -> None:
    """Change the project file's `variables` of targets: values that run, and none for integrations that are gone."""
    project = reading.project
    assert project is not None  # noqa: S101  # the project file was read
    assert isinstance(project.value, dict)  # noqa: S101
    before = (
        touched[project.file].values.get(project.number, project.value) if project.file in touched else project.value
    )
    assert isinstance(before, dict)  # noqa: S101
    names = {f"{each.name}." for each in gone if each.kind == "integration" and (wanted is None or each in wanted)}
    targets = before.get("targets")
    if not isinstance(targets, dict) or not (values or names):
        return
    after = {
        name: _target(each, values if name == target else _removed(values), names) for name, each in targets.items()
    }
    if not same(after, targets):
        touched[project.file].values[project.number] = {**before, "targets": after}
        touched[project.file].identities.append(Identity.of(before))


def _removed(values: Mapping[str, str | None]) -> Mapping[str, str | None]:
    return {key: None for key, value in values.items() if value is None}


def _target(target: JsonValue, values: Mapping[str, str | None], gone: set[str]) -> JsonValue:
    variables = target.get("variables") if isinstance(target, dict) else None
    if not isinstance(target, dict) or not isinstance(variables, dict):
        return target
    left: dict[str, JsonValue] = {}
    for key, value in variables.items():
        if key.rpartition(".")[0] + "." not in gone and values.get(key, value) is not None:
            left[key] = values.get(key, value)
    if same(left, variables):
        return target
    kept = {key: left if key == "variables" else value for key, value in target.items()}
    return kept if left else {key: value for key, value in kept.items() if key != "variables"}


def _texts(
    reading: Reading,
    touched: Mapping[str, _File],
    new: Mapping[Identity, Document],
    here: Mapping[Identity, _Place],
    taken: frozenset[str],
) -> Pulled:
    texts: dict[str, str | None] = {}
    left: dict[str, tuple[Identity, ...]] = {}
    for name, file in touched.items():
        documents = reading.by_file[name]
        if len(file.gone) == len(documents):
            texts[name] = None
            continue
        values = [file.values.get(each.number, each.value) for each in documents]
        try:
            texts[name] = edited(reading.texts[name].text, values, frozenset(file.gone))
        except CannotEditError:
            left[name] = tuple(file.identities)
    folders = _folders(here)
    used = {each.lower() for each in (*taken, *reading.texts, *reading.by_file)}
    for identity, document in new.items():
        name = _name(identity, folders.get(identity.kind, f"{identity.kind}s"), used)
        used.add(name.lower())
        texts[name] = "".join(f"{line}\n" for line in block_lines(new_document(document)))
    return Pulled(texts, left)


def _folders(here: Mapping[Identity, _Place]) -> Mapping[str, str]:
    """Return, by kind, the folder where most of it is."""
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for identity, place in here.items():
        counted[identity.kind][str(PurePosixPath(place.file).parent)] += 1
    return {kind: min(each, key=lambda folder: (-each[folder], folder)) for kind, each in counted.items()}


def _name(identity: Identity, folder: str, used: AbstractSet[str]) -> str:
    """Return a file for a new definition, under its own name where that is free."""
    tries = chain(
        (identity.name, f"{identity.name}-{identity.kind}"),
        (f"{identity.name}-{identity.kind}-{number}" for number in count(2)),
    )
    names = (str(PurePosixPath(folder) / f"{each}.yaml") for each in tries if f"{each}.yaml" != PROJECT_FILE)
    return next(each for each in names if each.lower() not in used)
