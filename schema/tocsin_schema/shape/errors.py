"""What pydantic finds wrong with a document, in words that need no knowledge of pydantic."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any

from pydantic import BaseModel, JsonValue, ValidationError

from tocsin_schema.findings import Edit, Finding, Fix, Path, Place
from tocsin_schema.models.document import IDENTIFIER_PATTERN, NAME_PATTERN
from tocsin_schema.models.integration import FUNCTION_KINDS
from tocsin_schema.models.step import SCHEMA_FILE_PATTERN
from tocsin_schema.rules.finding import finding, renamed, rewritten
from tocsin_schema.shape.known_keys import known_keys
from tocsin_schema.text.suggest import cut, did_you_mean, listed, nearest

TYPES: Mapping[str, str] = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "tuple_type": "a list",
    "list_type": "a list",
}

PATTERNS: Mapping[str, str] = {
    NAME_PATTERN: "a name: lower-case letters, digits, `-` and `.`, at most 63",
    IDENTIFIER_PATTERN: "a name of letters, digits, `_` and `-` that starts with a letter or `_`",
    r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$": (
        "a guid such as 849b2046-213d-43ad-9efc-5af1faaeb222"
    ),
    r"^[^{}()\x00-\x1f]{1,100}$": "the name of a custom field: at most 100 characters, no brackets or braces",
    r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$": "the name of a header: letters, digits and `-`",
    r"^[a-z0-9][a-z0-9.-]{0,62}$": "the name of a vault item: lower-case letters, digits, `-` and `.`, at most 63",
    r"^(100|[0-9]{1,2})%$": "a percentage such as 20%",
    r"^[A-Za-z0-9-]{1,64}$": "an account id: letters, digits and `-`, at most 64",
    r"^[a-zA-Z]{2,3}([_-][A-Za-z0-9]{2,8})*$": "a culture such as en-US",
    r"^[A-Za-z_][A-Za-z0-9_]*$": "the name of an environment variable: letters, digits and `_`",
    SCHEMA_FILE_PATTERN: "a file in the project such as `receivers/pagerduty.schema.json`: NAME.schema.json or .yaml",
    r"^https?://[^\s/?#]+(/[^\s?#]*)?$": "a URL such as https://tocsin.example.com",
}

MOST_MISTAKES = 1_000
"""Mistakes of one document that are told: nobody reads on beyond, and the next run tells of those that are left."""

LISTED_VALUES = 6
"""A message lists the values that a key takes where they are no more than this."""

BOOLEANS = {"yes": "true", "on": "true", "true": "true", "no": "false", "off": "false", "false": "false"}
"""How YAML 1.1 wrote booleans: in YAML 1.2 these are text, as what stands in quotes is."""


@dataclass(frozen=True)
class _Mistake:
    """One error of pydantic, and where in the document it is."""

    kind: str
    context: Mapping[str, Any]
    given: Any
    text: str
    name: str
    where: Place


def shape_findings(
    error: ValidationError, model_type: type[BaseModel], document: JsonValue, place: Place
) -> Iterator[Finding]:
    """Yield the findings for what pydantic found wrong with a document, each place spoken of once."""
    groups: dict[tuple[Path, bool, str], list[_Mistake]] = {}
    free_keys = cache(lambda path: _free_keys(model_type, path, document))
    for each in islice(error.errors(include_url=False), MOST_MISTAKES):
        mistake = _mistake(each, document, place)
        missing = mistake.name if mistake.kind == "missing" else ""
        groups.setdefault((mistake.where.path, mistake.where.key, missing), []).append(mistake)
    misspelt = set()
    for (path, _, _), mistakes in groups.items():
        if mistakes[0].kind == "extra_forbidden":
            meant = nearest(mistakes[0].name, free_keys(path[:-1]))
            misspelt.add((path[:-1], meant))
    for (path, _, missing), mistakes in groups.items():
        if not missing or (path, missing) not in misspelt:
            yield _finding(mistakes, model_type, free_keys)


def _mistake(error: Any, document: JsonValue, place: Place) -> _Mistake:
    path, key, name = _document_path(error["loc"], document)
    kind, context = error["type"], error.get("ctx", {})
    where = Place(place.document, path, key=key or kind == "extra_forbidden")
    if context.get("key"):
        where = where.at(context["key"], key=True)
    if kind == "target_type" and isinstance(error["input"], dict) and "type" in error["input"]:
        where = where.at("type")
    return _Mistake(kind, context, error["input"], error["msg"], name, where)


def _document_path(location: Path, document: JsonValue) -> tuple[Path, bool, str]:
    """Return the part of pydantic's location that exists in the document, whether it means a key, and its last part.

    Besides keys and numbers a location holds the names of union members, the tags `<mapping>` of ours among
    them, and `[key]` at the end where it means a key.
    """
    path: list[str | int] = []
    value: Any = document
    for number, part in enumerate(location):
        inside = (isinstance(value, dict) and part in value) or (
            isinstance(value, list) and isinstance(part, int) and part < len(value)
        )
        if inside:
            path.append(part)
            value = value[part]
        elif part == "[key]" and number == len(location) - 1:
            return tuple(path), True, str(path[-1])
        elif not (isinstance(part, str) and part.startswith("<")):
            break
    return tuple(path), False, str(location[-1]) if location else ""


def _finding(
    mistakes: Sequence[_Mistake], model_type: type[BaseModel], free_keys: Callable[[Path], Sequence[str]]
) -> Finding:
    first = mistakes[0]
    path = first.where.path
    if first.kind == "extra_forbidden":
        known = free_keys(path[:-1])
        otherwise = f"what else can stand here: {listed(known)}" if known else "remove it"
        help = did_you_mean(first.name, known, otherwise=otherwise)
        fix = renamed(first.where, nearest(first.name, known))
        return finding("TOC201", f"there is no key `{cut(first.name)}` here", first.where, help=help, fix=fix)
    if first.kind == "missing":
        return finding("TOC202", f"the key `{first.name}` is missing", first.where, help=f"add `{first.name}:`")
    if all(each.kind in TYPES for each in mistakes):
        return _wrong_type([TYPES[each.kind] for each in mistakes], first, model_type)
    if first.kind in ("function_kind", "target_type") and not isinstance(first.given, dict):
        return _wrong_type(["a mapping"], first, model_type)
    if first.kind == "function_kind":
        return _bad_function(first)
    for each in mistakes:
        if each.kind in WORDS:
            message, help = WORDS[each.kind](each)
            keys = known_keys(model_type, path, each.given) if isinstance(each.given, dict) else []
            fix = _right_literal(each) if each.kind == "literal_error" else None
            return finding("TOC204", _with_keys_marked(message, keys), each.where, help=help, fix=fix)
    return finding("TOC204", f"{described(first.given)} can't stand here", first.where)


def _wrong_type(expected: list[str], mistake: _Mistake, model_type: type[BaseModel]) -> Finding:
    path, given = mistake.where.path, mistake.given
    if not path:
        help = "it starts with `kind: project` and `format: 1`"
        return finding("TOC203", f"the project file holds {described(given)}, no mapping", mistake.where, help=help)
    names = [name for name in dict.fromkeys(TYPES.values()) if name in expected]
    if "a number" in names and "a whole number" in names:
        names.remove("a whole number")
    keys = known_keys(model_type, path, None) if names == ["a mapping"] else []
    if keys and path[0] == "variables" and len(path) == 2:
        names = ["text", "a mapping"]
    found = described(given)
    if isinstance(given, str) and given and not {"text", "a list", "a mapping"} & set(names):
        found = f"the text {found}"
    message = f"expected {_either(names)}, found {found}"
    fix = _retyped(names, given, mistake.where)
    return finding("TOC203", message, mistake.where, help=_right_type(names, given, keys), fix=fix)


def _right_type(names: list[str], given: Any, keys: list[str]) -> str | None:
    """Return what to do about a value that should be one of the types called `names`."""
    if given is None:
        return "give it a value, or remove the key"
    if "text" in names and not isinstance(given, dict | list | tuple):
        return "put it in quotes"
    if names == ["true or false"] and isinstance(given, str) and given.lower() in BOOLEANS:
        return f"write `{BOOLEANS[given.lower()]}`"
    if names in (["a whole number"], ["a number"]) and _is_number(given):
        return "write it without quotes"
    if names == ["a list"] and isinstance(given, str | int):
        return f"write it as a list: `[{cut(str(given))}]`"
    if len(keys) == 1:
        return f"write `{{{keys[0]}: ...}}`"
    return f"what can stand in it: {listed(keys)}" if keys else None


def _retyped(names: list[str], given: Any, where: Place) -> Fix | None:
    """Return the fix of a value that is written as another type than the only one that it can be."""
    if "text" in names and isinstance(given, bool | int | float):
        return Fix("safe", (Edit(where, json.dumps(given)),), "put it in quotes")
    if names == ["true or false"] and isinstance(given, str) and given.lower() in BOOLEANS:
        return rewritten(where, BOOLEANS[given.lower()] == "true")
    if names in (["a whole number"], ["a number"]) and _is_number(given) and str(int(given)) == given:
        return rewritten(where, int(given))
    return None


def _either(names: list[str]) -> str:
    return ", ".join(names[:-1]) + " or " + names[-1] if len(names) > 1 else names[0]


def _with_keys_marked(message: str, keys: list[str]) -> str:
    """Put those words of a message that are keys into backticks."""
    return re.sub(
        r"(?<![`\w-])[a-z_][a-z0-9_]*(?![`\w-])", lambda word: f"`{word[0]}`" if word[0] in keys else word[0], message
    )


def _free_keys(model_type: type[BaseModel], path: Path, document: JsonValue) -> list[str]:
    """Return the keys that the model knows at `path` and that are not there yet."""
    value: Any = document
    for part in path:
        value = value[part]
    return [key for key in known_keys(model_type, path, value) if key not in value]


Words = tuple[str, str | None]


def _bad_literal(mistake: _Mistake) -> Words:
    values = _literals(mistake)
    help = did_you_mean(str(mistake.given), values) if isinstance(mistake.given, str) else None
    if len(values) <= LISTED_VALUES:
        return f"expected {listed(values, last='or')}, found {described(mistake.given)}", help
    every = f"it takes {listed(values, most=len(values), last='or')}"
    return f"`{mistake.name}` does not take {described(mistake.given)}", help or every


def _literals(mistake: _Mistake) -> list[str]:
    text = mistake.context["expected"]
    return re.findall(r"'([^']*)'", text) or [text.lower()]


def _right_literal(mistake: _Mistake) -> Fix | None:
    """Return the fix of a word that is misspelt; one in which only the letter case is wrong can't mean another."""
    given = mistake.given
    meant = nearest(given, _literals(mistake)) if isinstance(given, str) else None
    if meant is not None and meant.casefold() == given.casefold():
        return rewritten(mistake.where, meant)
    return renamed(mistake.where, meant)


def _bad_pattern(mistake: _Mistake) -> Words:
    expected = PATTERNS.get(mistake.context["pattern"], "in the form that it needs here")
    given = described(mistake.given)
    return f"{given} is not {expected}", None


def _bad_value(mistake: _Mistake) -> Words:
    text = re.sub(r"^Value error, ", "", mistake.text)
    if isinstance(mistake.given, dict) or not text.startswith("expected"):
        return text, None
    a_text = "the text " if _is_number(mistake.given) else ""
    return f"{text}, found {a_text}{described(mistake.given)}", None


def _bad_function(mistake: _Mistake) -> Finding:
    """Return the finding for a function that is of no kind, or of several."""
    for key in mistake.given:
        help = did_you_mean(key, FUNCTION_KINDS)
        if key not in FUNCTION_KINDS and help is not None:
            where = mistake.where.at(key, key=True)
            fix = renamed(where, nearest(key, FUNCTION_KINDS))
            return finding("TOC201", f"there is no key `{cut(key)}` here", where, help=help, fix=fix)
    kinds = listed(FUNCTION_KINDS, last="or")
    return finding("TOC204", f"a function has exactly one of {kinds}", mistake.where)


def _bad_target(mistake: _Mistake) -> Words:
    types = ("dispatcher", "uptrends")
    if "type" not in mistake.given:
        return "the target says no `type`", f"types are {listed(types)}"
    given = mistake.given["type"]
    help = did_you_mean(str(given), types, otherwise=f"types are {listed(types)}")
    return f"there is no type of target {described(given)}", help


def _too_few(mistake: _Mistake) -> Words:
    empty = "mapping" if isinstance(mistake.given, dict) else "list"
    return f"the {empty} is empty", f"`{mistake.name}` needs at least one"


def _too_many(mistake: _Mistake) -> Words:
    most, given = mistake.context["max_length"], len(mistake.given)
    return f"there are {given} {mistake.name}, and at most {most} are possible", None


def _too_long(mistake: _Mistake) -> Words:
    most = mistake.context["max_length"]
    return f"the text has {len(mistake.given)} characters, and at most {most} are possible", None


def _at_least(mistake: _Mistake) -> Words:
    return f"expected at least {mistake.context['ge']}, found {described(mistake.given)}", None


def _at_most(mistake: _Mistake) -> Words:
    return f"expected at most {mistake.context['le']}, found {described(mistake.given)}", None


WORDS: Mapping[str, Callable[[_Mistake], Words]] = {
    "literal_error": _bad_literal,
    "string_pattern_mismatch": _bad_pattern,
    "value_error": _bad_value,
    "target_type": _bad_target,
    "too_short": _too_few,
    "too_long": _too_many,
    "string_too_short": lambda _: ("the text is empty", None),
    "string_too_long": _too_long,
    "string_unicode": lambda _: ("the text holds half a character", "write the character itself"),
    "greater_than_equal": _at_least,
    "less_than_equal": _at_most,
    "not_supported": lambda mistake: (mistake.text, None),
    "not_together": lambda mistake: (mistake.text, mistake.context["help"]),
}
"""For each type of error that pydantic gives for a value: what is wrong with it, and what to do."""


def described(value: Any) -> str:
    """Return a value of a document as a message names it."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, str):
        return f"`{cut(value)}`" if value else "an empty text"
    return f"`{str(value).lower() if isinstance(value, bool) else cut(str(value))}`"


def _is_number(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,18}", value) is not None
