"""What can be wrong with a file before anything is said of its meaning, in words a person understands."""

import re
from dataclasses import dataclass

import yaml


@dataclass(frozen=True, slots=True)
class YamlProblem:
    """A mistake from `start` up to `end`, offsets in the file's text; `first` is a second place that it speaks of."""

    code: str
    message: str
    start: int
    end: int
    help: str | None = None
    first: tuple[str, int, int] | None = None


UNQUOTED = re.compile(r"(?:^\s*|[:\-?]\s+|[\[,{]\s*)(\{\{)")
"""Where a value starts with two braces."""

QUOTE_IT = "put the value in quotes: '{{...}}'"

WORDS = (
    ("mapping values are not allowed", "a `:` that can't stand here", "put the text in quotes, or mend the indentation"),
    ("could not find expected ':'", "a line that is no `key: value`", "is a `:` missing, or a quote not closed?"),
    ("did not find expected key", "this does not fit what stands above it", "look at the indentation here and above"),
    ("did not find expected '-' indicator", "a list goes on without `-`", "look at the indentation here and above"),
    ("did not find expected ',' or ']'", "a list in brackets goes on without `,`", "is a `]` or a quote missing?"),
    ("did not find expected ',' or '}'", "a mapping in braces goes on without `,`", "is a `}` or a quote missing?"),
    ("did not find expected <document start>", "text after the end of the document", "documents are parted by `---`"),
    ("found unexpected end of stream", "the file ends inside quotes", "close the quote that is opened here"),
    ("found unexpected document indicator", "`---` inside quotes", "close the quote that is opened before it"),
    ("found unknown escape character", "an unknown escape in double quotes", "use single quotes, or double the backslash"),
    ("found undefined alias", "an alias without an anchor", "define `&name` before `*name`"),
    ("block sequence entries are not allowed", "a `-` that can't stand here", "put the list on lines of its own"),
)


def syntax_problem(error: yaml.YAMLError, text: str) -> YamlProblem:
    """Give a parser's error as a problem: an unquoted reference where that is the reason."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    offset = min(mark.index, len(text)) if mark is not None else 0
    unquoted = _unquoted_before(text, offset)
    if unquoted is not None:
        return unquoted_reference(text, unquoted)
    problem = str(getattr(error, "problem", None) or error)
    said = next(((message, help) for words, message, help in WORDS if words in problem), (f"not YAML: {problem}", None))
    if text.startswith("\t", offset):
        said = ("a tab where YAML wants spaces", "indent with spaces")
    elif "cannot start any token" in problem and offset < len(text):
        said = (f"a value can't start with `{text[offset]}`", "put the value in quotes")
    start = _opening(error, offset) if "end of stream" in problem else offset
    return YamlProblem("TOC101", said[0], start, start + 1, said[1])


def unquoted_reference(text: str, start: int) -> YamlProblem:
    """Give the problem of a value that starts with braces at `start`."""
    line_end = min((at for at in (text.find("\n", start), text.find("\r", start)) if at >= 0), default=len(text))
    closing = text.rfind("}}", start, line_end)
    end = closing + 2 if closing > 0 else line_end
    return YamlProblem("TOC106", "a value that starts with `{{` must be in quotes", start, end, QUOTE_IT)


def _unquoted_before(text: str, offset: int) -> int | None:
    """Give where a value starts with braces on the line of `offset`, up to there; None where none does."""
    line_start = max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1
    match = UNQUOTED.search(text, line_start, min(offset + 2, len(text)))
    if match is None:
        return None
    before = text[line_start : match.start(1)]
    return match.start(1) if before.count('"') % 2 == 0 and before.count("'") % 2 == 0 else None


def _opening(error: yaml.YAMLError, offset: int) -> int:
    mark = getattr(error, "context_mark", None)
    return mark.index if mark is not None else offset
