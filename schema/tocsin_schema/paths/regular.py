"""The regular expressions in JSONPaths, matched by RE2 in time linear to the text.

`match` and `search` take I-Regexps (RFC 9485), of which RE2 takes all but subtraction in character classes, which RFC
9485 doesn't have either. Only the dot is another: it stands for no line feed, and for no carriage return (RFC 9485, 5.3).
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from jsonpath.function_extensions import ExpressionType, FilterFunction

if TYPE_CHECKING:
    import re2

DOTS = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|\.", re.DOTALL)
"""What is a dot, and what may hold one that is none."""

MEMORY = 256 * 1024
"""Bytes that an expression may take, some 10,000 instructions: RE2 takes 0.02 s at the most to compile it, or to see that it
needs more. In its own 8 MiB that can be 20 s."""


class Search(FilterFunction):
    """`search` of RFC 9535, 2.4.7: whether a text holds a match."""

    arg_types = [ExpressionType.VALUE, ExpressionType.VALUE]
    return_type = ExpressionType.LOGICAL

    def __call__(self, value: object, pattern: object) -> bool:
        """Tell whether it does; False where one of them is no text, or the expression is none (RFC 9535, 2.4.7)."""
        if not isinstance(value, str) or not isinstance(pattern, str):
            return False
        matcher = expression(pattern)
        return not isinstance(matcher, str) and self._matches(matcher, storable(value))

    def _matches(self, matcher: "re2._Regexp", text: str) -> bool:
        return matcher.search(text) is not None


class Match(Search):
    """`match` of RFC 9535, 2.4.6: whether a text is one, from its beginning to its end."""

    def _matches(self, matcher: "re2._Regexp", text: str) -> bool:
        return matcher.fullmatch(text) is not None


@dataclass(frozen=True)
class Literal:
    """An expression between slashes, as this library of JSONPath has them besides RFC 9535."""

    pattern: str
    flags: int
    """As `re` has them: its `str` shows them."""
    matcher: "re2._Regexp"

    def fullmatch(self, text: str) -> bool:
        """Tell whether all of a text matches."""
        return self.matcher.fullmatch(storable(text)) is not None


@lru_cache(maxsize=256)
def expression(pattern: str, flags: str = "") -> "re2._Regexp | str":
    """Return what matches an expression, or why RE2 doesn't take it; `flags` are of `ims`."""
    import re2  # noqa: PLC0415  # seldom needed

    options = re2.Options()
    options.log_errors = False
    options.max_mem = MEMORY
    options.case_sensitive = "i" not in flags
    options.dot_nl = "s" in flags
    written = f"(?m:{pattern})" if "m" in flags else pattern
    try:
        return re2.compile(storable(written if "s" in flags else _without_line_ends(written)), options)
    except re2.error as error:
        said = error.args[0] if error.args else "it does not compile"
        return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)


def storable(text: str) -> str:
    """Return the text without lone surrogates, which RE2 can't take."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _without_line_ends(pattern: str) -> str:
    return DOTS.sub(lambda found: r"[^\n\r]" if found[0] == "." else found[0], pattern)
