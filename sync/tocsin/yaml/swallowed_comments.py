"""Comments that were perhaps meant as part of the value before them: ` #` ends a value without quotes."""

import re

from tocsin.yaml.nodes import Scalar
from tocsin.yaml.problems import YamlProblem
from tocsin_schema.text.suggest import cut

TAIL = re.compile(r":?[ \t]+(#[^\r\n]*)")
QUOTABLE = re.compile(r"[^\"\\\r\n]{1,78}")


def swallowed(text: str, value: Scalar) -> YamlProblem | None:
    """Return what is wrong with the comment behind a plain value, None where it is one, or where there is none."""
    found = TAIL.match(text, value.end)
    if found is None:
        return None
    kept, comment = text[value.start : value.end], found[1].rstrip()
    start = value.start + max(kept.rfind("\n"), kept.rfind("\r")) + 1
    start += len(text[start : value.end]) - len(text[start : value.end].lstrip())
    end = found.start(1) + len(comment)
    whole = text[value.start : end]
    advice = f'put all of it in quotes: "{whole}"' if QUOTABLE.fullmatch(whole) else "put all of it in quotes"
    if kept.rfind("{{") > kept.rfind("}}") and "}}" in comment:
        message = f"YAML takes what follows ` #` for a comment, and keeps `{cut(kept)}`"
        instead = f'"{whole}"' if QUOTABLE.fullmatch(whole) else None
        return YamlProblem("TOC107", message, start, end, advice, instead=instead)
    if comment[1:2].isspace() or comment[1:2] in ("", "#", "!") or not ("{{" in whole or not kept):
        return None
    keeps = f"keeps `{cut(kept)}`" if kept else "keeps nothing"
    message = f"YAML takes `{cut(comment)}` for a comment, and {keeps}"
    if not kept:
        start = found.start(1)
        advice = f'put it in quotes: "{comment}"' if QUOTABLE.fullmatch(comment) else "put it in quotes"
    return YamlProblem("TOC108", message, start, end, f"{advice}; behind the `#` of a comment write a space")
