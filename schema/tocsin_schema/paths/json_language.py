"""The language of JSONPaths as its library reads them, but for what would let one cost without end.

Regular expressions are RE2's, and a path ends once it has gone through so many values.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from jsonpath import CompoundJSONPath, JSONPath, JSONPathEnvironment, JSONPathSyntaxError
from jsonpath.exceptions import JSONPathError
from jsonpath.filter import BaseExpression, FilterQuery, FunctionExtension, RegexLiteral, StringLiteral, walk
from jsonpath.match import JSONPathMatch
from jsonpath.parse import Parser
from jsonpath.segments import JSONPathRecursiveDescentSegment
from jsonpath.selectors import Filter
from jsonpath.stream import TokenStream
from jsonpath.token import TOKEN_RE_FLAGS

from tocsin_schema.paths.regular import Literal, Match, Search, expression

if TYPE_CHECKING:
    from pydantic import JsonValue

MOST_VALUES = 100_000
"""Values that a path goes through at the most. A body of 64 KiB holds 33,000 at the most."""


class _Parser(Parser):
    """Reads paths."""

    def parse_regex(self, stream: TokenStream) -> BaseExpression:
        """Return an expression between slashes (the library calls this)."""
        token = stream.current()
        letters = ""
        if stream.peek().kind == TOKEN_RE_FLAGS:
            stream.next()
            letters = "".join(sorted(set(stream.next().value)))
        matcher = expression(token.value, letters)
        if isinstance(matcher, str):
            raise JSONPathSyntaxError(f"the expression does not compile: {matcher}", token=token)
        flags = sum(int(self.RE_FLAG_MAP[letter]) for letter in letters)
        literal: Any = Literal(token.value, flags, matcher)  # as the library wants it: it has `fullmatch`
        return RegexLiteral(value=literal)


class _Language(JSONPathEnvironment):
    """What paths may say."""

    parser_class = _Parser

    def setup_function_extensions(self) -> None:
        """Have what RFC 9535 has, and what the library has besides (it calls this)."""
        super().setup_function_extensions()
        self.function_extensions["match"] = Match()
        self.function_extensions["search"] = Search()


LANGUAGE = _Language()


class Selected(JSONPathMatch):
    """A value that a path goes through, or finds."""

    __slots__ = ("_left",)

    def __init__(self, *, parent: JSONPathMatch | None, **more: Any) -> None:
        super().__init__(parent=parent, **more)
        self._left: list[int] = parent._left if isinstance(parent, Selected) else [MOST_VALUES]
        self._left[0] -= 1
        if self._left[0] < 0:
            raise JSONPathError(f"it goes through more than {MOST_VALUES:,} values", token=None)


def selected(path: JSONPath | CompoundJSONPath, document: "JsonValue") -> Iterable[Any]:
    """Return what a path finds, one after the other, as far as they are asked for; raises JSONPathError."""
    if isinstance(path, CompoundJSONPath) or path.pseudo_root:
        return path.finditer(document)
    root: Any = document
    found: Iterable[JSONPathMatch] = [
        Selected(filter_context={}, obj=root, parent=None, path=LANGUAGE.root_token, parts=(), root=root)
    ]
    for segment in path.segments:
        found = segment.resolve(found)
    return found


def patterns_of(path: JSONPath | CompoundJSONPath) -> Iterator[str]:
    """Yield the expressions that stand in a path for `match` and `search`, as they are meant."""
    for node in _conditions(path):
        if isinstance(node, FunctionExtension) and node.name in ("match", "search"):
            yield from (each.value for each in node.args[1:] if isinstance(each, StringLiteral))


def descents_of(path: JSONPath | CompoundJSONPath) -> int:
    """Return how many segments of a path, and of those in its conditions, lead to all descendants."""
    within = [node.path for node in _conditions(path) if isinstance(node, FilterQuery)]
    segments = [segment for part in [*_parts(path), *within] for segment in part.segments]
    return sum(isinstance(each, JSONPathRecursiveDescentSegment) for each in segments)


def _conditions(path: JSONPath | CompoundJSONPath) -> Iterator[BaseExpression]:
    """Yield all that the conditions of a path are made of, those of paths within them included."""
    for part in _parts(path):
        selectors = [selector for segment in part.segments for selector in segment.selectors]
        for selector in selectors:
            if isinstance(selector, Filter):
                yield from walk(selector.expression)


def _parts(path: JSONPath | CompoundJSONPath) -> list[JSONPath]:
    parts = (path,) if isinstance(path, JSONPath) else (path.path, *(each for _, each in path.paths))
    return [each for each in parts if isinstance(each, JSONPath)]
