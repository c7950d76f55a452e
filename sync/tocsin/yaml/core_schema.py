"""What a plain scalar means: the core schema of YAML 1.2 (section 10.3.2 of the specification).

So `no`, `on` and `off` are texts, `010` is ten, and dates are texts.
"""

import math
import re

from tocsin.yaml.limits import NUMBER_LENGTH

JsonScalar = str | int | float | bool | None

WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
NUMBER_STARTS = frozenset("+-.0123456789")
DECIMAL = re.compile(r"[-+]?[0-9]+")
BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")

CORE = "tag:yaml.org,2002:"
TEXT_TAGS = frozenset(("!", CORE + "str"))
TYPES: dict[str, tuple[type, ...]] = {
    CORE + "int": (int,),
    CORE + "float": (int, float),
    CORE + "bool": (bool,),
    CORE + "null": (type(None),),
}
"""What a value with an explicit tag must be. Other tags are not held."""


def resolved(value: str, style: str, tag: str | None) -> JsonScalar:
    """Return what a scalar means. Only plain scalars, and those with a core tag, mean anything but text."""
    if tag is None:
        return value if style else plain(value)
    if tag in TYPES and fits(value, tag):
        number = plain(value)
        return float(number) if tag == CORE + "float" and isinstance(number, int) else number
    return value


def plain(value: str) -> JsonScalar:
    """Return what plain text means. What `number_problem` objects to stays text."""
    if value and value[0] not in NUMBER_STARTS:
        return WORDS.get(value, value)
    if not value:
        return None
    if len(value) > NUMBER_LENGTH:
        return value
    if DECIMAL.fullmatch(value):
        return int(value)
    if BASED.fullmatch(value):
        return int(value, 0)
    if FLOAT.fullmatch(value):
        number = float(value)
        return number if math.isfinite(number) else value
    return value


def fits(value: str, tag: str) -> bool:
    """Whether text is what its explicit core tag says it is."""
    if tag in TEXT_TAGS:
        return True
    meant = plain(value)
    return isinstance(meant, TYPES[tag]) and (tag == CORE + "bool" or not isinstance(meant, bool))


def number_problem(value: str) -> tuple[str, str] | None:
    """Return code and reason why a plain scalar is a number that no definition can hold, None where it is not."""
    if value[:1] not in NUMBER_STARTS:
        return None
    if NOT_FINITE.fullmatch(value):
        return "TOC105", f"`{value}` is no number that JSON has"
    whole = DECIMAL.fullmatch(value) or BASED.fullmatch(value)
    if whole is None and not FLOAT.fullmatch(value):
        return None
    if len(value) > NUMBER_LENGTH:
        return "TOC103", f"a number of {len(value)} characters; {NUMBER_LENGTH} are the most"
    if whole is None and not math.isfinite(float(value)):
        return "TOC105", f"`{value}` is too large a number"
    return None
