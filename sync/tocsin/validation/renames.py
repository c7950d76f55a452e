"""Which definitions and files of before are those of now under another name.

What is gone and what is new are compared, as git compares files: two are one where three fifths of them are alike. Of
several those that are equal are paired first, then the most alike, those in their place before others, then in the
order of names.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from tocsin.project.reading import Reading
from tocsin.yaml.nodes import JsonValue
from tocsin_schema.plan.changes import Identity

Name = TypeVar("Name", str, Identity)
Value = TypeVar("Value")
Contents = Counter[Hashable]

ALIKE = 0.6
"""What two names of one thing have in common at least, as a share of both; small definitions share half by nature."""

MOST_PAIRS = 20_000
"""Comparing all with all takes minutes where thousands are gone and new: then only those of one place are compared."""


@dataclass(frozen=True, slots=True)
class _Thing:
    """A file or definition; `place` is what it most likely kept: a file its last name, a definition its file."""

    place: str
    contents: Contents


def renamed_files(before: Reading, now: Reading) -> dict[str, str]:
    """Return the files that were renamed or moved, new names by old ones; their lines are compared."""
    old, new = ({file: lines.text for file, lines in each.texts.items()} for each in (before, now))
    return _paired(
        {file: _Thing(_base(file), Counter(text.splitlines())) for file, text in _only_in(old, new).items()},
        {file: _Thing(_base(file), Counter(text.splitlines())) for file, text in _only_in(new, old).items()},
    )


def renamed_definitions(before: Reading, now: Reading, files: Mapping[str, str]) -> dict[Identity, Identity]:
    """Return the definitions that were renamed, new identities by old ones; `files` are those that were renamed.

    Values are compared at their keys, texts line by line; name and title don't count.
    """
    old, new = _definitions(before), _definitions(now)
    gone = {
        identity: _Thing(files.get(file, file), Counter(_parts(value)))
        for identity, (file, value) in _only_in(old, new).items()
    }
    added = {identity: _Thing(file, Counter(_parts(value))) for identity, (file, value) in _only_in(new, old).items()}
    pairs: dict[Identity, Identity] = {}
    for kind in sorted({each.kind for each in gone}):
        of_kind = ({each: thing for each, thing in things.items() if each.kind == kind} for things in (gone, added))
        pairs |= _paired(*of_kind)
    return pairs


def _base(file: str) -> str:
    return file.rpartition("/")[2]


def _only_in(these: Mapping[Name, Value], those: Mapping[Name, Value]) -> dict[Name, Value]:
    return {name: value for name, value in these.items() if name not in those}


def _definitions(reading: Reading) -> dict[Identity, tuple[str, JsonValue]]:
    """Return the definitions of each identity, with their files."""
    return {
        Identity.of(each.value): (each.file, each.value) for each in reading.documents if isinstance(each.value, dict)
    }


def _parts(value: JsonValue) -> Iterator[Hashable]:
    """Yield what a definition says, each with the keys above it; places in lists don't count."""
    if isinstance(value, dict):
        yield from _parts_below((), {key: each for key, each in value.items() if key not in ("kind", "name", "title")})


def _parts_below(path: tuple[str, ...], value: JsonValue) -> Iterator[Hashable]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _parts_below((*path, key), each)
    elif isinstance(value, list):
        for each in value:
            yield from _parts_below(path, each)
    elif isinstance(value, str):
        yield from ((path, line) for line in value.splitlines() or [""])
    else:
        yield path, repr(value)


def _paired(gone: Mapping[Name, _Thing], added: Mapping[Name, _Thing]) -> dict[Name, Name]:
    """Pair what is equal, then what is alike."""
    pairs: dict[Name, Name] = {}
    for likeness in (_equal_in_place, _equal):
        free: dict[Hashable, list[Name]] = defaultdict(list)
        for new in sorted(added.keys() - pairs.values(), reverse=True):
            free[likeness(added[new])].append(new)
        for old in sorted(gone.keys() - pairs.keys()):
            if same := free[likeness(gone[old])]:
                pairs[old] = same.pop()
    left = {old: gone[old] for old in gone if old not in pairs}
    taken = set(pairs.values())
    for _, _, old, new in sorted(_candidates(left, {new: added[new] for new in added if new not in taken})):
        if old not in pairs and new not in taken:
            pairs[old] = new
            taken.add(new)
    return pairs


def _candidates(gone: Mapping[Name, _Thing], added: Mapping[Name, _Thing]) -> Iterator[tuple[float, bool, Name, Name]]:
    """Yield all pairs that are alike, with what to sort them by."""
    by_place: dict[str, list[Name]] = defaultdict(list)
    for new, thing in added.items():
        by_place[thing.place].append(new)
    few = len(gone) * len(added) <= MOST_PAIRS
    left = MOST_PAIRS
    for old, thing in sorted(gone.items()):
        compared = list(added) if few else by_place[thing.place]
        left -= len(compared)
        if left < 0:
            return
        for new in compared:
            other = added[new]
            if (alike := _alike(thing.contents, other.contents)) >= ALIKE:
                yield -alike, thing.place != other.place, old, new


def _equal_in_place(thing: _Thing) -> Hashable:
    return thing.place, frozenset(thing.contents.items())


def _equal(thing: _Thing) -> Hashable:
    return frozenset(thing.contents.items())


def _alike(these: Contents, those: Contents) -> float:
    """Return the share of both that is in both."""
    total = these.total() + those.total()
    return 2 * (these & those).total() / total if total else 1.0
