"""Did you mean: the known name nearest to a misspelt one."""

from collections.abc import Iterable
from difflib import get_close_matches

MOST_SHOWN = 60
"""Characters of a user's own text that a message shows."""

MOST_COMPARED = 200
"""Longer texts are no misspelt names; comparing takes the square of the length."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Give the known name most like `name`, letter case aside, or None where none is alike."""
    if len(name) > MOST_COMPARED:
        return None
    by_folded: dict[str, str] = {}
    for each in known:
        by_folded.setdefault(each.casefold(), each)
    matches = get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[matches[0]] if matches else None


def did_you_mean(name: str, known: Iterable[str], *, otherwise: str | None = None) -> str | None:
    """Give the help line of a misspelt name, or `otherwise` where nothing is alike."""
    match = nearest(name, known)
    return f"did you mean `{match}`?" if match is not None else otherwise


def listed(names: Iterable[str], *, most: int = 12, last: str = "and") -> str:
    """Give names as a sentence lists them: `a`, `b` and `c`, cut after `most`."""
    quoted = [f"`{name}`" for name in names]
    if len(quoted) > most:
        return ", ".join(quoted[:most]) + f" and {len(quoted) - most} more"
    if len(quoted) < 2:
        return "".join(quoted)
    return ", ".join(quoted[:-1]) + f" {last} " + quoted[-1]


def cut(text: str, most: int = MOST_SHOWN) -> str:
    """Give `text` as a message quotes it: on one line, printable, at most `most` characters."""
    shown = "".join(each if each.isprintable() else f"\\u{ord(each):04x}" for each in text[: most + 1])
    return shown if len(shown) <= most else shown[: most - 1] + "…"
