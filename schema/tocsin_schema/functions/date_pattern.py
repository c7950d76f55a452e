"""Custom date patterns of .NET, such as `dd-MM-yyyy HH:mm`: their parts, and what is wrong with them.

Source: "Custom date and time format strings" in the .NET documentation.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from tocsin_schema.template.syntax import Problem

SPECIFIERS = "dfFgHhKmMsty:/z"
"""The characters that stand for a part of a moment. All other characters stand for themselves."""

MAX_FRACTION = 7
"""The longest run of `f` and of `F`: ten-millionths of a second."""

MAX_PATTERN = 200
"""The longest pattern."""

# What other systems write for what .NET writes otherwise: .NET prints these letters as they stand.
_FOREIGN = {"Y": "y", "D": "d", "S": "f"}
_FOREIGN_RUN = re.compile("YY+|DD+|SS+")


@dataclass(frozen=True, slots=True)
class PatternPart:
    """A part of a pattern: `count` times the specifier `letter`; or, without one, the literal `text`."""

    start: int
    end: int
    letter: str = ""
    count: int = 0
    text: str = ""


def pattern_parts(pattern: str) -> tuple[PatternPart, ...]:
    """Return the parts of `pattern`; raises ValueError where .NET would refuse it."""
    parts, problems = _read(pattern)
    if problems:
        raise ValueError(problems[0].message)
    return parts


def pattern_problems(pattern: str) -> tuple[Problem, ...]:
    """Return all that is wrong with `pattern`: what .NET refuses, and what it takes to mean something else."""
    parts, problems = _read(pattern)
    return tuple(sorted((*problems, *_traps(pattern, parts)), key=lambda each: each.start))


@lru_cache(maxsize=256)
def _read(pattern: str) -> tuple[tuple[PatternPart, ...], tuple[Problem, ...]]:
    if not pattern:
        return (), (Problem(0, 0, "the date pattern is empty", "a pattern such as `dd-MM-yyyy HH:mm`"),)
    if len(pattern) > MAX_PATTERN:
        what = f"the date pattern is longer than {MAX_PATTERN} characters"
        return (), (Problem(0, len(pattern), what, f"at most {MAX_PATTERN} characters"),)
    parts: list[PatternPart] = []
    problems: list[Problem] = []
    position = 0
    while position < len(pattern):
        character = pattern[position]
        if character in SPECIFIERS:
            part = _run(pattern, position)
            if character in "fF" and part.count > MAX_FRACTION:
                what = f"a second has no more than {MAX_FRACTION} decimals here, not {part.count}"
                problems.append(Problem(position, part.end, what, f"`{character * MAX_FRACTION}` at the most"))
        elif character in "'\"":
            part, problem = _quoted(pattern, position)
            problems += [problem] if problem else []
        elif character == "%":
            part, problem = _percent(pattern, position)
            problems += [problem] if problem else []
        elif character == "\\":
            if position + 1 == len(pattern):
                problems.append(Problem(position, position + 1, "there is nothing after `\\`", "a character"))
            part = PatternPart(position, min(position + 2, len(pattern)), text=pattern[position + 1 : position + 2])
        else:
            part = PatternPart(position, position + 1, text=character)
        parts.append(part)
        position = part.end
    return tuple(parts), tuple(problems)


def _run(pattern: str, start: int) -> PatternPart:
    letter, end = pattern[start], start + 1
    while letter not in "K:/" and end < len(pattern) and pattern[end] == letter:
        end += 1
    return PatternPart(start, end, letter, end - start)


def _quoted(pattern: str, start: int) -> tuple[PatternPart, Problem | None]:
    """Read literal text in quotes; a backslash in it takes the next character as it is."""
    quote, text, position = pattern[start], "", start + 1
    while position < len(pattern) and pattern[position] != quote:
        if pattern[position] == "\\" and position + 1 < len(pattern):
            position += 1
        text += pattern[position]
        position += 1
    if position < len(pattern):
        return PatternPart(start, position + 1, text=text), None
    problem = Problem(start, len(pattern), f"the text after {quote} is never closed", f"a second {quote}")
    return PatternPart(start, len(pattern), text=text), problem


def _percent(pattern: str, start: int) -> tuple[PatternPart, Problem | None]:
    """Read `%` and the one specifier after it."""
    letter = pattern[start + 1 : start + 2]
    if letter and letter in SPECIFIERS:
        return PatternPart(start, start + 2, letter, 1), None
    what = f"`%` stands before {f'`{letter}`' if letter.isprintable() and letter else 'nothing'}"
    return PatternPart(start, start + 1), Problem(start, start + 1, what, "one letter of a date pattern after `%`")


def _traps(pattern: str, parts: tuple[PatternPart, ...]) -> Iterator[Problem]:
    """Find what .NET accepts but hardly anyone means."""
    if len(pattern) == 1 and pattern.isalpha():
        what = f"`{pattern}` alone is a standard format of .NET, not a custom date pattern"
        yield Problem(0, 1, what, f"`%{pattern}`" if pattern in SPECIFIERS else "a date pattern")
    elif parts and not any(part.letter for part in parts):
        yield Problem(0, len(pattern), "no part of the date pattern stands for a date or a time", "`dd-MM-yyyy HH:mm`")
    literal = [" "] * len(pattern)
    for part in parts:
        if part.end - part.start == 1 and part.text:
            literal[part.start] = part.text
    for run in _FOREIGN_RUN.finditer("".join(literal)):
        meant = _FOREIGN[run.group()[0]] * len(run.group())
        yield Problem(
            run.start(),
            run.end(),
            f"`{run.group()}` means nothing in a date pattern and is printed as it is",
            f"`{meant}`",
        )
