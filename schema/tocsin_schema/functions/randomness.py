"""Random numbers, letters and guids, from a source of chance that is passed in."""

import re
import string
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from tocsin_schema.functions.function import EvaluationError, problem_with_all
from tocsin_schema.template.mistakes import shown
from tocsin_schema.template.syntax import Problem

MAX_CHARACTERS = 1000
"""The most letters that `@RandomChar` gives."""

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_DECIMAL = re.compile(r"([+-]?[0-9]{1,15})(?:\.([0-9]{1,15}))?")
_WHOLE_NUMBERS = "two whole numbers, the smaller first, such as `1,100`"
_NUMBERS = "two numbers, the smaller first, such as `0.5,9.75`"


def random_guid(random: Random) -> str:
    """Return a new guid (UUIDv4)."""
    return str(uuid.UUID(int=random.getrandbits(128), version=4))


def random_int(argument: str, random: Random) -> str:
    """Return a whole number from min to max, both included."""
    _raise_first(int_problems(argument))
    low, high = _bounds(argument, 0)
    return str(random.randint(low, high))


def random_float(argument: str, random: Random) -> str:
    """Return a number from min to max, both included, with as many decimals as the longer of the two has."""
    _raise_first(float_problems(argument))
    decimals = _decimals(argument)
    low, high = _bounds(argument, decimals)
    number = random.randint(low, high)
    if not decimals:
        return str(number)
    digits = f"{abs(number):0{decimals + 1}d}"
    return f"{'-' if number < 0 else ''}{digits[:-decimals]}.{digits[-decimals:]}"


def random_char(argument: str, random: Random) -> str:
    """Return as many random capital letters as `argument` says."""
    _raise_first(char_problems(argument))
    return "".join(random.choices(string.ascii_uppercase, k=int(argument)))


def int_problems(argument: str) -> Sequence[Problem]:
    """Return what is wrong with an argument of `@RandomInt`."""
    return _range_problems(argument, _INTEGER, "a whole number", _WHOLE_NUMBERS)


def float_problems(argument: str) -> Sequence[Problem]:
    """Return what is wrong with an argument of `@RandomFloat`."""
    return _range_problems(argument, _DECIMAL, "a number", _NUMBERS)


def char_problems(argument: str) -> Sequence[Problem]:
    """Return what is wrong with an argument of `@RandomChar`."""
    expected = f"a whole number from 1 to {MAX_CHARACTERS}"
    if not _INTEGER.fullmatch(argument.strip()):
        return (problem_with_all(argument, f"{shown(argument.strip())} is not a number of letters", expected),)
    if not 1 <= int(argument) <= MAX_CHARACTERS:
        return (problem_with_all(argument, f"{int(argument)} letters can't be given", expected),)
    return ()


@dataclass(frozen=True, slots=True)
class _Part:
    start: int
    end: int
    text: str


def _range_problems(argument: str, number: re.Pattern[str], what: str, expected: str) -> Sequence[Problem]:
    parts = _parts(argument)
    if len(parts) != 2:
        count = "nothing" if not argument.strip() else f"{len(parts)} part{'s' * (len(parts) != 1)}"
        return (problem_with_all(argument, f"the range has {count} where min and max belong", expected),)
    wrong = [each for each in parts if not number.fullmatch(each.text)]
    if wrong:
        return [Problem(each.start, each.end, f"{shown(each.text)} is not {what}", expected) for each in wrong]
    low, high = _bounds(argument, _decimals(argument))
    if low > high:
        message = f"the range is empty: {parts[0].text} is more than {parts[1].text}"
        return (problem_with_all(argument, message, expected),)
    return ()


def _parts(argument: str) -> list[_Part]:
    parts, start = [], 0
    for piece in argument.split(","):
        parts.append(_Part(start, start + len(piece), piece.strip()))
        start += len(piece) + 1
    return parts


def _decimals(argument: str) -> int:
    return max((len(part.text.partition(".")[2]) for part in _parts(argument)), default=0)


def _bounds(argument: str, decimals: int) -> tuple[int, int]:
    """Return min and max in units of the last decimal."""
    low, high = (_scaled(part.text, decimals) for part in _parts(argument))
    return low, high


def _scaled(text: str, decimals: int) -> int:
    whole, _, fraction = text.partition(".")
    return int(whole + fraction.ljust(decimals, "0"))


def _raise_first(problems: Sequence[Problem]) -> None:
    for problem in problems:
        raise EvaluationError(f"{problem.message}: expected {problem.expected}")
