"""Did you mean: the known name nearest to a misspelt one."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache

MOST_SHOWN = 60
"""Characters of a user's own text that a message shows."""

MOST_COMPARED = 200
"""Longer texts are no misspelt names; comparing takes the square of the length."""


MANY = 200
"""Of more names only those are compared that begin or end most alike: comparing all with all takes minutes."""

NEIGHBOURS = 10


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name most like `name`, letter case aside, or None where none is alike."""
    if len(name) > MOST_COMPARED:
        return None
    folded, names = name.casefold(), known if isinstance(known, frozenset) else tuple(known)
    if len(names) > MANY:
        known_names = _sorted_names(frozenset(names))
        by_folded, compared = known_names.by_folded, known_names.near(folded)
    else:
        by_folded = _by_folded(names)
        compared = list(by_folded)
    matches = get_close_matches(folded, compared, n=1, cutoff=0.6)
    return by_folded[matches[0]] if matches else None


def _by_folded(names: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in sorted(names) if isinstance(names, frozenset) else names:
        found.setdefault(each.casefold(), each)
    return found


@dataclass(frozen=True, slots=True)
class _SortedNames:
    """Many names in lower case: as they are written by each, sorted, and sorted from their ends."""

    by_folded: Mapping[str, str]
    from_start: Sequence[str]
    from_end: Sequence[str]

    def near(self, folded: str) -> list[str]:
        """Return the names that stand next to a name."""
        backwards = (each[::-1] for each in _around(self.from_end, folded[::-1]))
        return list({*_around(self.from_start, folded), *backwards})


@lru_cache(maxsize=8)
def _sorted_names(names: frozenset[str]) -> _SortedNames:
    by_folded = _by_folded(names)
    return _SortedNames(by_folded, sorted(by_folded), sorted(each[::-1] for each in by_folded))


def _around(names: Sequence[str], name: str) -> Sequence[str]:
    at = bisect_left(names, name)
    return names[max(at - NEIGHBOURS, 0) : at + NEIGHBOURS]


def did_you_mean(name: str, known: Iterable[str], *, otherwise: str | None = None) -> str | None:
    """Return the help line of a misspelt name, or `otherwise` where nothing is alike."""
    match = nearest(name, known)
    return f"did you mean `{match}`?" if match is not None else otherwise


def listed(names: Iterable[str], *, most: int = 12, last: str = "and", of: int | None = None) -> str:
    """Return names as a sentence lists them: `a`, `b` and `c`, cut after `most`; of so many, where the last are not given."""
    quoted = [f"`{name}`" for name in names]
    total = len(quoted) if of is None else of
    if total > most:
        return ", ".join(quoted[:most]) + f" and {total - most} more"
    if len(quoted) < 2:
        return "".join(quoted)
    return ", ".join(quoted[:-1]) + f" {last} " + quoted[-1]


def cut(text: str, most: int = MOST_SHOWN) -> str:
    """Return `text` as a message quotes it: on one line, printable, at most `most` characters."""
    shown = "".join(each if each.isprintable() else f"\\u{ord(each):04x}" for each in text[: most + 1])
    return shown if len(shown) <= most else shown[: most - 1] + "…"
