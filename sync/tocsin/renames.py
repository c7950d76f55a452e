"""Which definitions and files of before are those of now under another name.

What is gone and what is new are compared, as git compares files: two are one where three fifths of them are alike. Of
several the most alike are paired first, those that stayed in their file before others, then in the order of names.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import TypeVar

from tocsin.reading.files import Reading
from tocsin.reading.nodes import JsonValue

Identity = tuple[str, str]
Name = TypeVar("Name", str, Identity)
Value = TypeVar("Value")
Contents = Counter[Hashable]

ALIKE = 0.6
"""What two names of one thing have in common at least, as a share of both; small definitions share half by nature."""

MOST_PAIRS = 20_000
"""Comparing all with all takes minutes where thousands are gone and new: then only those in one file are compared."""


def renamed_files(before: Reading, now: Reading) -> dict[str, str]:
    """Give the files that were renamed or moved, new names by old ones; their lines are compared."""
    old, new = ({file: lines.text for file, lines in each.texts.items()} for each in (before, now))
    gone, added = _only_in(old, new), _only_in(new, old)
    return _paired(
        {file: Counter[Hashable](text.splitlines()) for file, text in gone.items()},
        {file: Counter[Hashable](text.splitlines()) for file, text in added.items()},
        lambda file, other: file.rpartition("/")[2] == other.rpartition("/")[2],
    )


def renamed_definitions(before: Reading, now: Reading, files: Mapping[str, str]) -> dict[Identity, Identity]:
    """Give the definitions that were renamed, new identities by old ones; `files` are those that were renamed.

    Values are compared at their keys, texts line by line; name and title don't count.
    """
    old, new = _definitions(before), _definitions(now)
    gone, added = _only_in(old, new), _only_in(new, old)

    def in_place(identity: Identity, other: Identity) -> bool:
        file = gone[identity][0]
        return files.get(file, file) == added[other][0]

    pairs: dict[Identity, Identity] = {}
    for kind in sorted({kind for kind, _ in gone}):
        pairs |= _paired(
            {each: Counter(_parts(value)) for each, (_, value) in gone.items() if each[0] == kind},
            {each: Counter(_parts(value)) for each, (_, value) in added.items() if each[0] == kind},
            in_place,
        )
    return pairs


def _only_in(these: Mapping[Name, Value], those: Mapping[Name, Value]) -> dict[Name, Value]:
    return {name: value for name, value in these.items() if name not in those}


def _definitions(reading: Reading) -> dict[Identity, tuple[str, JsonValue]]:
    """Give the definitions of each identity, with their files."""
    return {
        (str(each.value.get("kind")), str(each.value.get("name"))): (each.file, each.value)
        for each in reading.documents
        if isinstance(each.value, dict)
    }


def _parts(value: JsonValue) -> Iterator[Hashable]:
    """Give what a definition says, each with the keys above it; places in lists don't count."""
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


def _paired(
    gone: Mapping[Name, Contents], added: Mapping[Name, Contents], near: Callable[[Name, Name], bool]
) -> dict[Name, Name]:
    few = len(gone) * len(added) <= MOST_PAIRS
    candidates = []
    for old, contents in gone.items():
        for new, others in added.items():
            in_place = near(old, new)
            if (few or in_place) and (alike := _alike(contents, others)) >= ALIKE:
                candidates.append((-alike, not in_place, old, new))
    pairs: dict[Name, Name] = {}
    taken: set[Name] = set()
    for _, _, old, new in sorted(candidates):
        if old not in pairs and new not in taken:
            pairs[old] = new
            taken.add(new)
    return pairs


def _alike(these: Contents, those: Contents) -> float:
    """Give the share of both that is in both, 1 where they are equal."""
    total = these.total() + those.total()
    return 2 * (these & those).total() / total if total else 1.0
