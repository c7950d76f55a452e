"""What a plain scalar means: the core schema of YAML 1.2 (section 10.3.2 of the specification).

So `no`, `on` and `off` are texts, `010` is ten, and dates are texts.
"""

import re

NULL = {"", "~", "null", "Null", "NULL"}
TRUE = {"true", "True", "TRUE"}
FALSE = {"false", "False", "FALSE"}
DECIMAL = re.compile(r"[-+]?[0-9]+")
OCTAL = re.compile(r"0o[0-7]+")
HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")

LONGEST_NUMBER = 40
"""Characters of a number that definitions may hold; longer ones are reported, not read."""

STRING_TAG = "tag:yaml.org,2002:str"
CORE_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "map", "seq")}


def resolved(value: str, style: str, tag: str | None) -> str | int | float | bool | None:
    """Give what a scalar means. Only plain scalars without a tag mean anything but text."""
    if style or tag in (STRING_TAG, "!"):
        return value
    if value in NULL:
        return None
    if value in TRUE or value in FALSE:
        return value in TRUE
    if value[0] in "+-.0123456789" and number_problem(value) is None:
        return _number(value)
    return value


def number_problem(value: str) -> str | None:
    """Give why a plain scalar that looks like a number can't be held by a definition, None where it can."""
    if NOT_FINITE.fullmatch(value):
        return f"`{value}` is no number that JSON has"
    if value[:1] not in "+-.0123456789" or not any(
        each.fullmatch(value) for each in (DECIMAL, OCTAL, HEXADECIMAL, FLOAT)
    ):
        return None
    if len(value) > LONGEST_NUMBER:
        return f"a number of {len(value)} characters"
    if FLOAT.fullmatch(value) and float(value) in (float("inf"), float("-inf")):
        return f"`{value}` is no number that JSON has"
    return None


def _number(value: str) -> int | float | str:
    if DECIMAL.fullmatch(value):
        return int(value)
    if OCTAL.fullmatch(value):
        return int(value[2:], 8)
    if HEXADECIMAL.fullmatch(value):
        return int(value[2:], 16)
    return float(value) if FLOAT.fullmatch(value) else value
