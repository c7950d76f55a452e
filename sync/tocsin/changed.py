"""Which findings a change caused: those of now, less those of before, wherever the lines and files have gone.

Findings are compared by what they are about, kind and name and key, not by file, line or place in a list. A definition
that was renamed, and nothing else, is followed.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from tocsin.reading.files import Reading
from tocsin.reading.findings import LocatedFinding
from tocsin.reading.nodes import JsonValue

Identity = tuple[str, str]
Likeness = tuple[str, str, str]


def caused(
    now: Sequence[LocatedFinding], before: Sequence[LocatedFinding], renamed: Mapping[Identity, Identity] | None = None
) -> list[LocatedFinding]:
    """Give the findings of `now` that `before` does not explain, each explaining one.

    `renamed` gives the new identities (kind and name) of definitions by their old ones.
    """
    names = renamed or {}
    explained: dict[Likeness, Counter[tuple[str, str]]] = defaultdict(Counter)
    for each in before:
        like, exact = _likeness(each, names), (each.file, _subject(each, names))
        explained[like][exact] += 1
    left = []
    for each in now:
        known = explained[_likeness(each, {})]
        exact = (each.file, each.subject)
        if known[exact]:
            known[exact] -= 1
        else:
            left.append(each)
    return [each for each in left if not _taken(explained[_likeness(each, {})])]


def _taken(known: Counter[tuple[str, str]]) -> bool:
    """Take any one that is left."""
    for exact, count in known.items():
        if count:
            known[exact] -= 1
            return True
    return False


def _likeness(finding: LocatedFinding, renamed: Mapping[Identity, Identity]) -> Likeness:
    """Give what stays of a finding wherever it moves: list positions, `messages/0/types`, are left out."""
    message = finding.message
    identity = _identity(finding.subject)
    if identity in renamed:
        message = message.replace(f"`{identity[1]}`", f"`{renamed[identity][1]}`")
    parts = [part for part in _subject(finding, renamed).split("/") if not part.isdecimal()]
    return finding.code, "/".join(parts), message


def _subject(finding: LocatedFinding, renamed: Mapping[Identity, Identity]) -> str:
    identity = _identity(finding.subject)
    if identity not in renamed:
        return finding.subject
    return "/".join((*renamed[identity], *finding.subject.split("/")[2:]))


def _identity(subject: str) -> Identity:
    kind, _, rest = subject.partition("/")
    return kind, rest.partition("/")[0]


def renames(before: Reading, now: Reading) -> dict[Identity, Identity]:
    """Give the definitions that were renamed: gone by one name, there by another, and equal but for it."""
    old, new = _definitions(before), _definitions(now)
    gone = {each: value for each, value in old.items() if each not in new}
    added = {each: value for each, value in new.items() if each not in old}
    pairs: dict[Identity, Identity] = {}
    for identity, value in gone.items():
        same = [each for each, other in added.items() if each[0] == identity[0] and other == value]
        if len(same) == 1 and same[0] not in pairs.values():
            pairs[identity] = same[0]
    return pairs


def _definitions(reading: Reading) -> dict[Identity, JsonValue]:
    found: dict[Identity, JsonValue] = {}
    values: Iterable[JsonValue] = (each.value for each in reading.documents)
    for value in values:
        if isinstance(value, dict):
            identity = (str(value.get("kind")), str(value.get("name")))
            found[identity] = {key: part for key, part in value.items() if key not in ("name", "title")}
    return found
