"""Where in a regular expression the mistake is that RE2 speaks of: it names the part, not its place."""

from collections.abc import Iterator
from typing import NamedTuple

from tocsin_schema.functions.user_defined import TOO_LARGE
from tocsin_schema.text.suggest import cut

LOOKAROUND = ("(?=", "(?!", "(?<=", "(?<!")


class Flaw(NamedTuple):
    """The part of an expression or a path that is wrong, from `start` up to `end`, why, and what to do about it."""

    start: int
    end: int
    reason: str
    help: str | None = None


def regex_flaw(expression: str, reason: str) -> Flaw:
    """Return the place of a mistake in an expression; `reason` is what RE2 says of it, such as `missing ]: [a-z`."""
    kind, _, part = reason.partition(": ")
    if kind == "missing )":
        start = max(_brackets(expression, unclosed=True), default=0)
        return Flaw(
            start, start + 1, "a bracket is never closed", "close it with `)`, or write `\\(` for a bracket in the text"
        )
    if kind == "unexpected )":
        start = min(_brackets(expression, unclosed=False), default=0)
        return Flaw(start, start + 1, "a bracket closes nothing", "remove it, or write `\\)` for a bracket in the text")
    if kind.startswith("trailing"):
        return Flaw(
            len(expression) - 1, len(expression), "a backslash ends it", "write `\\\\` for a backslash in the text"
        )
    if kind.startswith(TOO_LARGE):
        return Flaw(0, len(expression), reason, "repeat less in it: `.*` in place of `.{0,1000}`")
    start = expression.rfind(part) if kind == "missing ]" else expression.find(part)
    if not part or start < 0:
        return Flaw(0, len(expression), reason)
    return Flaw(start, start + len(part), f"{kind} `{cut(part)}`", _help(part))


def _help(part: str) -> str | None:
    if part.startswith(LOOKAROUND):
        return "RE2 has no lookaround: put the part that is wanted into a group, `(...)`"
    if part[:1] == "\\" and part[1:].isdigit():
        return "RE2 has no backreferences"
    return None


def _brackets(expression: str, *, unclosed: bool) -> Iterator[int]:
    """Yield where the brackets stand that are never closed, or those that close nothing."""
    opened: list[int] = []
    at, in_class = 0, False
    while at < len(expression):
        character = expression[at]
        if character == "\\":
            at += 1
        elif in_class:
            in_class = character != "]"
        elif character == "[":
            in_class = True
            at += 2 if expression.startswith("^]", at + 1) else expression.startswith("]", at + 1)
        elif character == "(":
            opened.append(at)
        elif character == ")":
            if opened:
                opened.pop()
            elif not unclosed:
                yield at
        at += 1
    if unclosed:
        yield from opened
