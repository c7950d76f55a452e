"""JSONPaths (RFC 9535), and what they find first in a document.

By far the most are plain: names and indices, one after the other. They cost as much as they are long, are followed here
without the library, which takes a tenth of a second to load, and everywhere: see `is_plain`.
"""

import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from tocsin_schema.paths.found import UnreadableError, first_line

if TYPE_CHECKING:
    from jsonpath import CompoundJSONPath, JSONPath
    from pydantic import JsonValue

    from tocsin_schema.paths.json_language import Selected

PLAIN_LENGTH = 1000
"""Characters of a plain path at the most: what is longer is nobody's path, and takes its time to be read."""
PLAIN = re.compile(r"\$((?:\.[A-Za-z_][A-Za-z0-9_]{0,60}|\[(?:0|[1-9][0-9]{0,5})\]){0,20})")
"""Plain JSONPaths as nearly all are written."""
STEP = re.compile(r"\.([A-Za-z_][A-Za-z0-9_]*)|\[([0-9]+)\]")


def is_plain(path: str) -> bool:
    """Tell whether a path says of each step by name or by index where it leads, as singular queries do (RFC 9535, 2.3.5.1)."""
    if PLAIN.fullmatch(path) is not None:
        return True
    if len(path) > PLAIN_LENGTH or any(sign in path for sign in ("..", "*", "?", ":", ",", "|", "&", "~")):
        return False  # perhaps in a quoted name: then it is not worth the library's load
    try:
        return _is_singular(path)
    except Exception:  # it does not parse: whoever follows it says so
        return False


def json_of(text: str) -> "JsonValue":
    """Return the document that a text is. Raises UnreadableError."""
    try:
        document: JsonValue = json.loads(text, parse_constant=_not_json)
    except RecursionError as error:
        raise UnreadableError("the body is nested too deeply") from error
    except ValueError as error:
        raise UnreadableError(f"the body is not JSON ({first_line(error)})") from error
    return document


def first_in_json(document: "JsonValue", path: str) -> "tuple[JsonValue, ...]":
    """Return the first value that a path finds; empty where it finds none. Raises UnreadableError."""
    plain = PLAIN.fullmatch(path)
    if plain is not None:
        return _at(document, STEP.findall(plain[1]))
    if isinstance(document, str):
        return (document,) if path.strip() == "$" else ()  # jsonpath would read the text as JSON once more
    from jsonpath import JSONPathError  # noqa: PLC0415  # slow to load, and seldom needed

    try:
        first = next(iter(_selected(path, document)), None)
    except RecursionError as error:
        raise UnreadableError("the body is nested too deeply") from error
    except (JSONPathError, ValueError) as error:
        raise UnreadableError(f"the path can't be followed ({first_line(error)})") from error
    if first is None:
        return ()
    value: JsonValue = first.obj  # type: ignore[assignment]  # found in a JSON document
    return (value,)


@lru_cache(maxsize=256)
def json_path(path: str) -> "JSONPath | CompoundJSONPath":
    """Return a path ready to be followed. Raises JSONPathError where it does not parse."""
    from tocsin_schema.paths.json_language import LANGUAGE  # noqa: PLC0415  # slow to load, and seldom needed

    return LANGUAGE.compile(path)


def patterns_in(path: "JSONPath | CompoundJSONPath") -> Iterator[str]:
    """Return the expressions that stand in a path for `match` and `search`."""
    from tocsin_schema.paths.json_language import patterns_of  # noqa: PLC0415  # loaded with the path

    return patterns_of(path)


def descents_in(path: "JSONPath | CompoundJSONPath") -> int:
    """Return how many segments of a path, and of those in its conditions, lead to all descendants."""
    from tocsin_schema.paths.json_language import descents_of  # noqa: PLC0415  # loaded with the path

    return descents_of(path)


def expression_problem(pattern: str) -> str | None:
    """Return why RE2 doesn't take an expression of `match` or `search`, None where it does."""
    from tocsin_schema.paths.regular import expression  # noqa: PLC0415  # loaded with the path

    found = expression(pattern)
    return found if isinstance(found, str) else None


def _selected(path: str, document: "JsonValue") -> "Iterable[Selected]":
    from tocsin_schema.paths.json_language import selected  # noqa: PLC0415  # slow to load, and seldom needed

    return selected(json_path(path), document)


@lru_cache(maxsize=256)
def _is_singular(path: str) -> bool:
    from jsonpath import JSONPath  # noqa: PLC0415  # slow to load, and seldom needed

    parsed = json_path(path)
    return isinstance(parsed, JSONPath) and not parsed.pseudo_root and parsed.singular_query()


def _at(document: "JsonValue", steps: list[tuple[str, str]]) -> "tuple[JsonValue, ...]":
    """Return the value to which names and indices lead; an index is a name too, where there are names."""
    current = document
    for name, index in steps:
        if isinstance(current, dict):
            key = name or index
            if key not in current:
                return ()
            current = current[key]
        elif isinstance(current, list) and index and int(index) < len(current):
            current = current[int(index)]
        else:
            return ()
    return (current,)


def _not_json(constant: str) -> "JsonValue":
    raise ValueError(f"{constant} is no JSON number")
