"""What libyaml has against a text, in words that a person understands, at the place where the mistake is."""

from typing import Any, NamedTuple

from tocsin.yaml.problems import YamlProblem


class Words(NamedTuple):
    """How an error is told. `opening` means that the mistake is where the construct starts, not where reading ended."""

    part: str
    message: str
    help: str
    opening: bool = False


INDENTATION = "this line does not fit the lines above it"
LOOK = "look at the indentation here and above, and at the end of the line before"
ESCAPES = "in double quotes write `\\\\` for a backslash, or use single quotes"

WORDS = (
    Words(
        "mapping values are not allowed",
        "a `:` that can't stand here",
        "put the text in quotes, or mend the indentation",
    ),
    Words("mapping keys are not allowed", "a `?` that can't stand here", "put the text in quotes"),
    Words("could not find expected ':'", "a line that is no `key: value`", "is a `:` missing, or a quote not closed?"),
    Words("did not find expected key", INDENTATION, LOOK),
    Words("did not find expected '-' indicator", "a list goes on without `-`", LOOK),
    Words(
        "did not find expected ',' or ']'",
        "a list in brackets that is not closed",
        "is a `]`, a `,` or a quote missing?",
        True,
    ),
    Words(
        "did not find expected ',' or '}'",
        "a mapping in braces that is not closed",
        "is a `}`, a `,` or a quote missing?",
        True,
    ),
    Words(
        "did not find expected node content", "a value is missing before this", "is there a `,` or a bracket too many?"
    ),
    Words(
        "did not find expected <document start>",
        "text after the end of the document",
        "part documents with a line `---`",
    ),
    Words(
        "found unexpected end of stream",
        "a quote that is never closed",
        "close it, or double a quote that is part of the text",
        True,
    ),
    Words(
        "found unexpected document indicator",
        "a quote that is not closed before `---`",
        "close it before the next document",
        True,
    ),
    Words("found unknown escape character", "an escape that YAML does not know", ESCAPES),
    Words("did not find expected hexdecimal number", "an escape with too few hexadecimal digits", ESCAPES),
    Words("found invalid Unicode character escape code", "an escape for a character that does not exist", ESCAPES),
    Words(
        "block sequence entries are not allowed",
        "a `-` that can't stand here",
        "put the list on lines of its own, or the text in quotes",
    ),
    Words(
        "did not find expected comment or line break", "text right after `|` or `>`", "start the text on the next line"
    ),
    Words(
        "expected alphabetic or numeric character",
        "a value can't start with `{first}`",
        "put the value in quotes",
        True,
    ),
    Words("expected whitespace or line break", "a value can't start with `{first}`", "put the value in quotes", True),
    Words("found undefined tag handle", "a value can't start with `!`", "put the value in quotes", True),
    Words("found incompatible YAML document", "this version of YAML is not known", "remove the `%YAML` line"),
    Words("tab character", "a tab where YAML wants spaces", "indent with spaces"),
)


def syntax_problem(error: Exception, text: str, base: int, bracket: int | None) -> YamlProblem:
    """Return a parser's error as a problem; its marks count from `base`, and `bracket` is the last one still open."""
    offset = reached(error, base, len(text))
    problem = str(getattr(error, "problem", None) or error)
    if "cannot start any token" in problem and offset < len(text):
        return _stray_character(text, offset)
    ended = offset >= len(text) or text.startswith("---", offset)
    if ended and bracket is not None and "did not find expected node content" in problem:
        return _at(text, bracket, "a bracket that is never closed", "close it")
    known = next((words for words in WORDS if words.part in problem), None)
    if known is None:
        return _at(text, offset, f"not YAML: {problem}", None)
    start = _opening(error, base, offset) if known.opening else offset
    if known.help is ESCAPES:
        start = max(text.rfind("\\", 0, offset + 1), 0)
    return _at(text, start, known.message.replace("{first}", text[start : start + 1]), known.help)


def reached(error: Exception, base: int, length: int) -> int:
    """Return how far the parser has read when it found the error."""
    mark: Any = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    return min(base + mark.index, length) if mark is not None else base


def _opening(error: Exception, base: int, offset: int) -> int:
    mark: Any = getattr(error, "context_mark", None)
    return base + mark.index if mark is not None else offset


def _stray_character(text: str, offset: int) -> YamlProblem:
    if text[offset] == "\t":
        return _at(text, offset, "a tab where YAML wants spaces", "indent with spaces")
    shown = "a backtick" if text[offset] == "`" else f"`{text[offset]}`"
    return _at(text, offset, f"a value can't start with {shown}", "put the value in quotes")


def _at(text: str, start: int, message: str, help: str | None) -> YamlProblem:
    """Return the problem of one character; at the end of the text, of nothing."""
    start = min(start, len(text))
    return YamlProblem("TOC101", message, start, min(start + 1, len(text)), help)
