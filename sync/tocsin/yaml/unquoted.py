"""Values that hold `{{...}}` without quotes: YAML reads the braces as mappings in one another."""

import re

from tocsin.yaml.problems import YamlProblem

MOST_COMPARED = 200
"""Characters behind a `#` in which the end of a reference is looked for."""

VALUE_START = re.compile(r"(?<![^\s:,\[\]{}?-])\{\{")
"""Two braces that no word stands before."""


class UnquotedReferenceError(Exception):
    """The reader has come upon such a value, at this offset."""

    def __init__(self, start: int) -> None:
        super().__init__(start)
        self.start = start


def unquoted_before(text: str, offset: int, known_until: int) -> int | None:
    """Return where the value with unquoted braces starts that explains a syntax error at `offset`, None where none does.

    `known_until` is where the last scalar that was read ends: braces before it did no harm.
    """
    line_start = max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1
    for found in VALUE_START.finditer(text, max(line_start, known_until), min(offset + 2, len(text))):
        before = text[max(line_start, known_until) : found.start()]
        if not ('"' in before or "'" in before or "#" in before):
            return found.start()
    return None


def start_of_value(text: str, braces: int) -> int:
    """Return where the text starts, inside brackets and on its line, that leads to unquoted braces."""
    start = braces
    while start > 0 and text[start - 1] not in "[{,\r\n" and text[start - 2 : start] not in (": ", "? ", "- "):
        start -= 1
    return start + len(text[start:braces]) - len(text[start:braces].lstrip(" \t"))


def end_of_value(text: str, start: int, *, flow: bool) -> int:
    """Return where a person would say that the unquoted value ends, on its line.

    That is before a comment or `: `; inside brackets (`flow`) also before the `,`, `]` or `}` that belongs to them.
    """
    depth, at = 0, start
    while at < len(text):
        character, following = text[at], text[at + 1 : at + 2]
        if character in "\r\n" or (character == "#" and text[at - 1] in " \t" and not _goes_on(text, at, depth)):
            break
        if depth == 0 and ((flow and character in ",[]}") or (character == ":" and following in ("", *" \t\r\n"))):
            break
        depth = max(0, depth + (character == "{") - (character == "}"))
        at += 1
    return start + len(text[start:at].rstrip(" \t"))


def _goes_on(text: str, at: int, depth: int) -> bool:
    """Whether the `#` at `at` stands inside open braces that are closed later on its line: then it is no comment."""
    line = text[at : at + MOST_COMPARED].splitlines()[0]
    return depth >= 2 and "}}" in line


def unquoted_reference(text: str, start: int, end: int) -> YamlProblem:
    """Return the problem of such a value."""
    value = text[start:end]
    quoted = f'"{value}"' if '"' not in value and "\\" not in value else "'" + value.replace("'", "''") + "'"
    does = "starts with" if value.startswith("{{") else "holds"
    advice = f"put it in quotes: {quoted}" if len(quoted) <= 80 else "put it in quotes"
    message = f"a value that {does} `{{{{` must be in quotes"
    return YamlProblem("TOC106", message, start, end, advice, instead=quoted)
