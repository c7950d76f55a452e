"""Validation: the same reading and the same rules for validate, plan, sync, pull and the dispatcher."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from pydantic import JsonValue

from tocsin_schema.findings import Finding, Place
from tocsin_schema.models import KINDS, Project
from tocsin_schema.models.definitions import Definitions
from tocsin_schema.receiver_schemas import Receivers
from tocsin_schema.rules.runner import Spread, findings_in_broken, findings_of_rules, one_by_one
from tocsin_schema.rules.subject import Subject
from tocsin_schema.shape.partial import names_given
from tocsin_schema.shape.shape import Shaped, shape


@dataclass(frozen=True)
class Checked:
    """What came of a validation.

    `project` is None where the project file can't be used.
    """

    project: Project | None
    findings: tuple[Finding, ...]
    _fit: Definitions | None = field(repr=False, compare=False)

    @cached_property
    def definitions(self) -> Definitions | None:
        """All definitions; None where any error makes them unfit."""
        return self._fit.kept() if self._fit is not None else None

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that make the definitions unfit."""
        return tuple(each for each in self.findings if each.severity == "error")


def check(
    project: JsonValue,
    documents: Sequence[JsonValue],
    *,
    complete: bool = True,
    receivers: Receivers | None = None,
    spread: Spread = one_by_one,
) -> Checked:
    """Check the project file's value and the documents' values. Never raises; findings are in document order.

    `complete` is false where some documents could not be read at all: then nothing is said of names that
    those may define. `receivers` are the schemas that steps name under `accepts`; without them nothing is judged by
    what receivers take. `spread` may judge parts of the definitions at the same time; it changes nothing else.
    """
    shaped = shape(project, documents)
    findings = list(shaped.findings)
    definitions = None
    if shaped.project is not None:
        subject = _subject(shaped, complete, receivers)
        definitions = subject.definitions
        findings += [*_in_broken(subject, shaped), *findings_of_rules(subject, findings, spread)]
    settled = [_settled(each, documents) for each in findings]
    settled.sort(key=lambda each: -1 if each.where.document is None else each.where.document)
    fit = definitions is not None and not any(each.severity == "error" for each in settled)
    return Checked(shaped.project, tuple(settled), definitions if fit else None)


def _subject(shaped: Shaped, complete: bool, receivers: Receivers | None = None) -> Subject:
    assert shaped.project is not None  # noqa: S101  # checked by the caller
    names = {kind: claimed.keys() for kind, claimed in shaped.claimed.items()}
    all_kinds = frozenset(KINDS)
    unnamed, unread = (shaped.unnamed, shaped.unread) if complete else (all_kinds, all_kinds)
    definitions = shaped.definitions(shaped.project)
    return Subject(definitions, shaped.sound, names, unnamed, unread, receivers, fallbacks=shaped.fallbacks)


def _in_broken(subject: Subject, shaped: Shaped) -> Iterator[Finding]:
    """Find what is surely wrong in documents that are broken elsewhere, each for itself."""
    for number, left in shaped.broken():
        kept: JsonValue = left.model_dump(mode="json", by_alias=True, exclude_unset=True)
        whole = names_given(shaped.documents[number]) == names_given(kept)
        yield from findings_in_broken(subject.of_one(left, number), left.kind, whole=whole)


def _settled(each: Finding, documents: Sequence[JsonValue]) -> Finding:
    related = tuple(replace(other, where=_written(other.where, documents)) for other in each.related)
    fix = each.fix
    if fix is not None:
        fix = replace(fix, edits=tuple(replace(edit, where=_written(edit.where, documents)) for edit in fix.edits))
    return replace(each, where=_written(each.where, documents), related=related, fix=fix)


def _written(place: Place, documents: Sequence[JsonValue]) -> Place:
    """Return the place as the document writes it: `Name: value` is short for `Name: {value: value}`."""
    match place.path:
        case ("variables", str(name), "value") if place.document is not None:
            document = documents[place.document]
        case _:
            return place
    variables = document.get("variables") if isinstance(document, dict) else None
    in_short = isinstance(variables, dict) and isinstance(variables.get(name), str)
    return replace(place, path=place.path[:-1]) if in_short else place
