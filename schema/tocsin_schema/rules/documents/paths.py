"""Where in a JSONPath or XPath the mistake is, and what it is in plain words."""

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from tocsin_schema.models import Source
from tocsin_schema.paths.json_paths import descents_in, expression_problem, json_path, patterns_in
from tocsin_schema.rules.documents.expressions import Flaw
from tocsin_schema.text.suggest import cut, did_you_mean

if TYPE_CHECKING:
    from jsonpath import JSONPathError
    from lxml.etree import XPathSyntaxError

SIMPLE_PATH = re.compile(r"\$(\.[A-Za-z_][A-Za-z0-9_]{0,60}|\[(0|[1-9][0-9]{0,5})\]){0,20}")
"""JSONPaths that are sound for sure: most are, and the library takes a tenth of a second to load."""

PLAINLY = {
    "unexpected end of expression": "the condition ends where a value should follow",
    "decode error": "it holds an escape that JSON does not have",
}
"""What the library's words mean, by how they begin."""

CLOSING = {"(": ")", "[": "]"}
QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
CALLED = re.compile(r"(?<![\w.$:-])([A-Za-z_][\w.-]*)\s*\(|(?<!\w)\$[\w.:-]+")
JSON_FUNCTIONS = ("count", "length", "match", "search", "value")
"""Of RFC 9535, section 2.4."""

NODE_TYPES = ("comment", "node", "processing-instruction", "text")
XPATH_FUNCTIONS = (
    *("boolean", "ceiling", "concat", "contains", "count", "false", "floor", "id", "lang", "last", "local-name"),
    *("name", "namespace-uri", "normalize-space", "not", "number", "position", "round", "starts-with", "string"),
    *("string-length", "substring", "substring-after", "substring-before", "sum", "translate", "true"),
)
"""Of XPath 1.0, section 4."""


MOST_CHARACTERS = 1000
"""Of a path. The longest that anybody needs is a tenth of it."""
MOST_NESTED = 5
"""Conditions of an XPath one in the other: it is tried here, and each could have it look at all there is once more."""
WIDE = re.compile(r"//|(?<![\w-])(?:ancestor|descendant|following|preceding)(?:-or-self|-sibling)?\s*::")
"""Steps of an XPath that lead to more than children."""


def path_flaw(source: Source, path: str) -> Flaw | None:
    """Return what is wrong with a path (JSONPath for `json`, XPath for `xml`), None where it can be followed."""
    if len(path) > MOST_CHARACTERS:
        return Flaw(
            MOST_CHARACTERS, len(path), f"it has {len(path):,} characters, and {MOST_CHARACTERS:,} are the most"
        )
    if source == "json":
        return None if SIMPLE_PATH.fullmatch(path) else _json_flaw(path)
    return _xpath_flaw(path) if source == "xml" else None


def _json_flaw(path: str) -> Flaw | None:
    from jsonpath import JSONPathError  # noqa: PLC0415  # slow to load, and seldom needed

    try:
        parsed = json_path(path)
        return next(_unusable_patterns(path, patterns_in(parsed)), None)
    except JSONPathError as error:
        return _told_by_jsonpath(path, error)
    except (RecursionError, ValueError):
        return Flaw(0, len(path), "it is nested too deeply")


def _unusable_patterns(path: str, patterns: Iterable[str]) -> Iterator[Flaw]:
    """Yield the expressions of `match` and `search` that RE2 does not take: they match nothing (RFC 9535, 2.4.6)."""
    for pattern in patterns:
        reason = expression_problem(pattern)
        if reason is not None:
            at = path.find(pattern)
            start, end = (at, at + len(pattern)) if at >= 0 else (0, len(path))
            yield Flaw(start, end, f"the expression `{cut(pattern)}` does not compile: {reason}")


def wide_steps(source: Source, path: str) -> int:
    """Return how many steps of a sound path lead to all that lies below, above or beside, those in conditions included."""
    if source == "xml":
        return len(WIDE.findall(QUOTED.sub("", path)))
    return 0 if ".." not in path else descents_in(json_path(path))


def _told_by_jsonpath(path: str, error: "JSONPathError") -> Flaw:
    token, said = error.token, str(error.args[0]) if error.args else "it does not parse"
    if token is None:
        return Flaw(0, len(path), said)
    start, value = (token.index, token.value) if token.kind != "TOKEN_EOF" else (len(path), "")
    if "is not defined" in said:
        return _unknown_function(value, start, JSON_FUNCTIONS)
    if (unclosed := _unclosed(path)) is not None and (not value or value in "'\"()" or said.startswith("unbalanced")):
        return unclosed
    if not value:
        return _ends_early(path, "a name, `*` or `[...]`")
    if said.startswith(("expected TOKEN", "unexpected token", "expected a shorthand")):
        quote = f"put a name with such characters in brackets and quotes: `['{value}']`"
        return Flaw(
            start, start + len(value), _not_expected(value), quote if not re.match(r"[\w\]\[(),:'\"]", value) else None
        )
    plain = next((plain for beginning, plain in PLAINLY.items() if said.startswith(beginning)), said)
    return Flaw(start, start + len(value), plain)


def _xpath_flaw(path: str) -> Flaw | None:
    from lxml import etree  # noqa: PLC0415  # slow to load, and seldom needed

    deep = _nested_too_deep(path)
    if deep is not None:
        return deep
    try:
        parsed = etree.XPath(path, regexp=False)
    except etree.XPathSyntaxError as error:
        return _told_by_libxml(path, error)
    except ValueError:
        return Flaw(0, len(path), "it holds a character that XML can't hold")
    unknown = next(_unknown_calls(path), None)
    if unknown is not None:
        return unknown
    try:
        parsed(etree.Element("nothing"))
    except etree.XPathEvalError as error:
        said = str(error)
        if not said.startswith("Undefined namespace"):  # the response declares the prefixes that can be used
            return _unclosed(path) or Flaw(0, len(path), said[:1].lower() + said[1:])
    return None


def _told_by_libxml(path: str, error: "XPathSyntaxError") -> Flaw:
    if (unclosed := _unclosed(path)) is not None:
        return unclosed
    column = error.error_log[-1].column if len(error.error_log) else 0
    start = len(path.encode()[:column].decode("utf-8", "ignore"))  # libxml2 counts bytes
    part = re.match(r"\w+|[^\w\s]", path[start:])
    if part is None:
        return _ends_early(path, "a step such as a name")
    return Flaw(start, start + len(part[0]), _not_expected(part[0]))


def _nested_too_deep(path: str) -> Flaw | None:
    depth = 0
    for at, sign in enumerate(QUOTED.sub(lambda text: " " * len(text[0]), path)):
        depth = depth + 1 if sign == "[" else max(0, depth - 1) if sign == "]" else depth
        if depth > MOST_NESTED:
            return Flaw(at, at + 1, f"its conditions stand one in the other more than {MOST_NESTED} deep")
    return None


def _unknown_calls(path: str) -> Iterator[Flaw]:
    """Yield the functions that XPath 1.0 does not have, and variables: nothing gives them a value."""
    for call in CALLED.finditer(QUOTED.sub(lambda text: " " * len(text[0]), path)):
        if call[1] is None:
            yield Flaw(call.start(), call.end(), f"`{cut(call[0])}` has no value: a path can't use variables")
        elif call[1] not in XPATH_FUNCTIONS + NODE_TYPES and call[1] not in ("and", "or", "div", "mod"):
            yield _unknown_function(call[1], call.start(), XPATH_FUNCTIONS)


def _unknown_function(name: str, start: int, known: tuple[str, ...]) -> Flaw:
    help = did_you_mean(name, known, otherwise=f"there are {', '.join(known)}")
    return Flaw(start, start + len(name), f"there is no function `{cut(name)}`", help)


def _unclosed(path: str) -> Flaw | None:
    """Return the quote, or the innermost bracket, that is never closed; None where another bracket is wrong first."""
    opened: list[int] = []
    at = 0
    while at < len(path):
        character = path[at]
        if character in "'\"":
            end = _end_of_quote(path, at)
            if end is None:
                return Flaw(at, at + 1, "a quote is never closed")
            at = end
        elif character in CLOSING:
            opened.append(at)
        elif character in CLOSING.values():
            if not opened:
                return None
            if CLOSING[path[opened[-1]]] != character:
                break
            opened.pop()
        at += 1
    return Flaw(opened[-1], opened[-1] + 1, f"`{path[opened[-1]]}` is never closed") if opened else None


def _end_of_quote(path: str, start: int) -> int | None:
    at = start + 1
    while at < len(path) and path[at] != path[start]:
        at += 2 if path[at] == "\\" and path.startswith("$") else 1
    return at if at < len(path) else None


def _ends_early(path: str, missing: str) -> Flaw:
    end = len(path.rstrip()) or len(path)
    return Flaw(max(end - 1, 0), end, f"it ends where {missing} should follow")


def _not_expected(part: str) -> str:
    return f"`{cut(part)}` can't stand here"
