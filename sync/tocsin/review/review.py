"""A review: what a change does to what is sent. A value, complete before anything is shown."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from tocsin.differences import FieldChange
from tocsin.project.findings import LocatedFinding
from tocsin.project.reading import Reading
from tocsin.review.alert_text import alert_words
from tocsin.review.before_after import Side, Sides, definition_of, side_of
from tocsin.review.message_changes import Action, MessageReview, MessageReviews
from tocsin.review.structural_diff import structural
from tocsin.review.target_changes import TargetReview, target_changes
from tocsin.validation.introduced import introduced_findings, renamed
from tocsin.validation.reported import without_suppressed
from tocsin.workspace import Workspace
from tocsin_schema.models import KINDS, Alert, Integration, Project, Sample
from tocsin_schema.models.document import Kind
from tocsin_schema.plan.changes import Identity

NOT_TOLD = ("kind", "name", "description")
"""Keys that nobody is sent; a new name is told as such."""

BY_MESSAGES = ("variables", "functions", "messages", "title")
"""Keys of an integration that are told by its messages, or not sent."""

ReviewedKind = Literal["project", Kind]


@dataclass(frozen=True, slots=True)
class DefinitionReview:
    """What is told of one definition, or of the project file.

    `was` is its old name where it was renamed. `words` are what it said (before, now), `fields` what differs in it,
    `messages` what is sent otherwise.
    """

    action: Action
    kind: ReviewedKind
    name: str
    title: str | None = None
    was: str | None = None
    words: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    fields: tuple[FieldChange, ...] = ()
    messages: tuple[MessageReview, ...] = ()

    @property
    def is_silent(self) -> bool:
        """Whether nothing that is sent, said or watched changed with it; samples are for tests alone."""
        told = self.words[0] != self.words[1] or self.fields or self.messages or self.was
        return self.kind == "sample" or (self.action == "changed" and not told)

    def occasions(self, action: Action) -> int:
        """How many messages are new, gone or different: types times levels."""
        return sum(len(each.occasions) for each in self.messages if each.action == action)


@dataclass(frozen=True, slots=True)
class Review:
    """All that a change does. `revision` is what was asked for, `commit` what was compared with.

    `files` counts the files that differ, `notes` are what a reader must know to judge the rest, `targets` what is to be
    read first of all.
    """

    project: str
    revision: str
    commit: str
    joined: bool
    target: str | None
    files: int
    notes: tuple[str, ...] = ()
    targets: tuple[TargetReview, ...] = ()
    definitions: tuple[DefinitionReview, ...] = ()
    new: tuple[LocatedFinding, ...] = ()
    fixed: tuple[LocatedFinding, ...] = ()

    @property
    def told(self) -> tuple[DefinitionReview, ...]:
        """The definitions of which there is something to tell."""
        return tuple(each for each in self.definitions if not each.is_silent)

    @property
    def silent(self) -> tuple[DefinitionReview, ...]:
        """Those that changed without a difference in what is sent, said or watched."""
        return tuple(each for each in self.definitions if each.is_silent)

    def messages(self, action: Action) -> int:
        """How many messages are new, gone or different."""
        return sum(each.occasions(action) for each in self.definitions)


@dataclass(frozen=True, slots=True)
class Compared:
    """What was compared with what."""

    revision: str
    commit: str
    joined: bool
    target: str | None = None


def review(
    before: Workspace, now: Workspace, compared: Compared, project: Project, notes: tuple[str, ...], *, today: date
) -> Review:
    """Compare two states of the definitions. `project` is the present project file; `today` decides on suppressions."""
    follow = renamed(before.reading, now.reading)
    files = _changed_files(before.reading, now.reading, follow.files)
    targets: tuple[TargetReview, ...] = ()
    made: tuple[DefinitionReview, ...] = ()
    new: tuple[LocatedFinding, ...] = ()
    fixed: tuple[LocatedFinding, ...] = ()
    if files:
        sides = Sides(
            side_of(before, project, compared.target),
            side_of(now, project, compared.target),
            dict(follow.definitions),
        )
        targets = target_changes(sides.before.project, sides.now.project)
        made = tuple(_definitions(sides))
        findings = without_suppressed(now, today).findings
        old = without_suppressed(before, today).findings if before.reading.files else ()
        new = tuple(introduced_findings(findings, old, follow))
        fixed = tuple(introduced_findings(old, findings, follow.reversed))
    return Review(
        project.name,
        compared.revision,
        compared.commit,
        compared.joined,
        compared.target,
        files,
        notes,
        targets,
        made,
        new,
        fixed,
    )


def differ(before: Reading, now: Reading) -> bool:
    """Whether any file differs, line ends that git converts aside."""
    return _texts(before) != _texts(now)


def _changed_files(before: Reading, now: Reading, renames: Mapping[str, str]) -> int:
    """Return how many files differ; one that has moved (`renames`: new by old names) counts once."""
    old, new = _texts(before), _texts(now)
    added = len(new.keys() - old.keys() - set(renames.values()))
    return added + sum(name in renames or new.get(name) != text for name, text in old.items())


def _texts(reading: Reading) -> dict[str, str]:
    return {name: lines.text.replace("\r\n", "\n") for name, lines in reading.texts.items()}


def _definitions(sides: Sides) -> Iterator[DefinitionReview]:
    """Yield the project file, then the definitions by kind and name."""
    fields = tuple(structural(_project(sides.before), _project(sides.now)))
    if fields and sides.now.project is not None:
        action: Action = "changed" if sides.before.project is not None else "added"
        yield DefinitionReview(action, "project", sides.now.project.name, fields=fields if action == "changed" else ())
    reviews = MessageReviews(sides)
    pairs: list[tuple[Identity | None, Identity | None]] = [(sides.old(each), each) for each in sides.now.documents]
    pairs += [(each, None) for each in sides.before.documents if sides.new(each) is None]
    for old, new in sorted(pairs, key=_order):
        made = _of(sides, reviews, old, new)
        if made is not None:
            yield made


def _order(pair: tuple[Identity | None, Identity | None]) -> tuple[int, str]:
    """Kinds as they are read in a review, then names."""
    identity = pair[1] or pair[0]
    if identity is None:
        raise ValueError("a definition was there before, is there now, or both")
    return KINDS.index(identity.kind), identity.name


def _of(sides: Sides, reviews: MessageReviews, old: Identity | None, new: Identity | None) -> DefinitionReview | None:
    """Return what is to tell of one definition, None where nothing is."""
    before = definition_of(sides.before.definitions, old) if old is not None else None
    now = definition_of(sides.now.definitions, new) if new is not None else None
    present = now if now is not None else before
    if present is None:
        return None
    action: Action = "added" if before is None else "removed" if now is None else "changed"
    same = old == new and old is not None and sides.before.documents[old] == sides.now.documents[old]
    was = old.name if old is not None and new is not None and old != new else None
    words: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    fields: tuple[FieldChange, ...] = ()
    messages: tuple[MessageReview, ...] = ()
    if isinstance(present, Integration):
        messages = reviews.of(_integration(before), _integration(now))
        fields = tuple(_fields(sides, old, new, (*NOT_TOLD, *BY_MESSAGES))) if action == "changed" else ()
    elif isinstance(present, Alert):
        words = _words(sides.before, before, sides.renamed), _words(sides.now, now, {})
    elif action == "changed" and not isinstance(present, Sample):
        fields = tuple(_fields(sides, old, new, NOT_TOLD))
    made = DefinitionReview(action, present.kind, present.name, present.title, was, words, fields, messages)
    return None if same and made.is_silent else made


def _fields(
    sides: Sides, old: Identity | None, new: Identity | None, left_out: tuple[str, ...]
) -> Iterator[FieldChange]:
    if old is None or new is None:
        return
    before, now = sides.before.documents[old], sides.now.documents[new]
    yield from structural(_without(before, left_out), _without(now, left_out))


def _without(document: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key not in keys}


def _integration(definition: object) -> Integration | None:
    return definition if isinstance(definition, Integration) else None


def _words(side: Side, definition: object, renamed: Mapping[Identity, Identity]) -> tuple[str, ...]:
    if not isinstance(definition, Alert):
        return ()
    return tuple(alert_words(side.definitions, definition, renamed))


def _project(side: Side) -> Mapping[str, Any]:
    """Return the project file as far as it matters here; targets are told apart."""
    if side.project is None:
        return {}
    document = side.project.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return _without(document, ("kind", "format", "title", "description", "targets"))
