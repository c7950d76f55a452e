"""Plain scalars that mean one thing in YAML 1.2 and another in YAML 1.1, which many tools and people still read.

Source: YAML 1.1, the types bool, int and float (yaml.org/type); YAML 1.2, section 10.3.2.
"""

import re

from tocsin.yaml.core_schema import plain
from tocsin.yaml.limits import NUMBER_LENGTH
from tocsin.yaml.nodes import Scalar
from tocsin.yaml.problems import YamlProblem

BOOLEANS = {
    **{form: "true" for word in ("y", "yes", "on") for form in (word, word.capitalize(), word.upper())},
    **{form: "false" for word in ("n", "no", "off") for form in (word, word.capitalize(), word.upper())},
}
"""Text in YAML 1.2, and what it is in YAML 1.1."""

NUMBER = re.compile(
    r"""(?P<zeros>[-+]?0[0-9]+)
    | (?P<octal>0o[0-7]+)
    | (?P<binary>[-+]?0b[01_]+)
    | (?P<grouped>[-+]?[0-9]+(?:_[0-9]+)+(?:\.[0-9_]*)?)
    | (?P<sixties>[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?)""",
    re.VERBOSE,
)
QUOTES = "put it in quotes"


def is_odd_number(value: str) -> bool:
    """Whether a plain scalar that begins as a number is read otherwise by YAML 1.1."""
    return len(value) <= NUMBER_LENGTH and NUMBER.fullmatch(value) is not None


def read_otherwise(node: Scalar) -> YamlProblem | None:
    """Return the trap that a plain scalar is, None where every version of YAML reads it alike."""
    value = node.value
    if value in BOOLEANS:
        meant = BOOLEANS[value]
        message = f"`{value}` is text here, and {meant} to readers of YAML 1.1"
        advice = f'put it in quotes: "{value}"; where a boolean is meant, write `{meant}`'
        return YamlProblem("TOC109", message, node.start, node.end, advice)
    found = NUMBER.fullmatch(value) if len(value) <= NUMBER_LENGTH else None
    if found is None:
        return None
    message, advice = _told(value, found.lastgroup or "")
    return YamlProblem("TOC110", message, node.start, node.end, advice)


def _told(value: str, kind: str) -> tuple[str, str]:
    """Return what is odd about a number, and what to do."""
    quoted = f'{QUOTES}: "{value}"'
    if kind == "zeros":
        number = plain(value)
        other = f", and {int(value, 8)} to readers of YAML 1.1" if re.fullmatch(r"[-+]?[0-7]+", value) else ""
        lost = "" if other else ": its leading zeros are lost"
        return f"`{value}` is the number {number} here{other}{lost}", f"write `{number}`, or {quoted}"
    if kind == "octal":
        number = plain(value)
        return f"`{value}` is the number {number} here, and text to readers of YAML 1.1", f"write `{number}`"
    return f"`{value}` is text here, and the number {_number(value, kind)} to readers of YAML 1.1", quoted


def _number(value: str, kind: str) -> str:
    """Return what YAML 1.1 reads."""
    digits = value.replace("_", "")
    if kind == "binary":
        return str(int(digits, 2)) if digits[-1] != "b" else "0"
    if kind == "grouped":
        return digits.rstrip(".")
    sign = "-" if digits.startswith("-") else ""
    whole, _, fraction = digits.lstrip("-+").partition(".")
    total = 0
    for part in whole.split(":"):
        total = total * 60 + int(part)
    return f"{sign}{total}" + (f".{fraction}" if fraction else "")
