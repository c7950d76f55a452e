"""The comments of a YAML text, as the scanner sees them: what looks like one inside a text is none."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml

from tocsin.yaml.limits import NESTING

SCANNER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
OPENING = (yaml.FlowSequenceStartToken, yaml.FlowMappingStartToken)
CLOSING = (yaml.FlowSequenceEndToken, yaml.FlowMappingEndToken)
HASH = re.compile(r"(?:\A|(?<=[ \t\r\n\ufeff]))#[^\r\n]*")
DOCUMENT = re.compile(r"(?:\A|(?<=[\r\n]))---(?=[ \t\r\n]|\Z)")
HEADER_END = re.compile(r"[\r\n]|\Z")
NO_BREAKS = str.maketrans(dict.fromkeys("\x85\u2028\u2029", "x"))
"""Line breaks to libyaml alone: to everyone else characters like others."""

STRETCHES = 20
"""How often scanning begins again after a mistake in one file."""


class Comment(NamedTuple):
    """A comment with its `#`, from `start` up to `end`; `alone` where nothing else stands on its line."""

    start: int
    end: int
    text: str
    alone: bool


def comments(text: str, containing: str = "") -> list[Comment]:
    """Return the comments that hold `containing`, in order. Never raises.

    Scanning costs time, so texts without such a word are not scanned at all. After a mistake it goes on at the next
    `---`.
    """
    found = [each for each in HASH.finditer(text) if containing in each[0]] if containing in text else []
    if not found:
        return []
    scalars = sorted(_texts(text.translate(NO_BREAKS)))
    starts = [start for start, _ in scalars]
    kept: list[Comment] = []
    for each in found:
        before = bisect_right(starts, each.start()) - 1
        if before >= 0 and each.start() < scalars[before][1]:
            continue
        line_start = max(text.rfind("\n", 0, each.start()), text.rfind("\r", 0, each.start())) + 1
        words = each[0].rstrip()
        alone = not text[line_start : each.start()].strip("\ufeff \t")
        kept.append(Comment(each.start(), each.start() + len(words), words, alone))
    return kept


def _texts(text: str) -> Iterator[tuple[int, int]]:
    """Yield where texts stand that may hold a `#`: those in quotes, and blocks below their header."""
    base = 0
    for _ in range(STRETCHES):
        reached, depth = base, 0
        try:
            scanner = SCANNER(text[base:])
            while (token := scanner.get_token()) is not None:
                reached = base + token.end_mark.index
                if isinstance(token, yaml.ScalarToken) and token.style in ("|", ">"):
                    header = HEADER_END.search(text, base + token.start_mark.index)
                    yield header.end() if header else reached, reached
                elif isinstance(token, yaml.ScalarToken):
                    yield base + token.start_mark.index, reached
                elif isinstance(token, OPENING):
                    depth += 1
                elif isinstance(token, CLOSING):
                    depth -= 1
                if depth > NESTING:  # the scanner takes time that grows with the square of the brackets
                    break
            else:
                return
        except (yaml.YAMLError, ValueError, OverflowError):
            reached = max(reached, base + 1)
        following = DOCUMENT.search(text, reached)
        if following is None:
            return
        base = following.start()
