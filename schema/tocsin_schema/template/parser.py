"""From text to a syntax tree, in one pass, with every mistake in it.

The parser goes over the source once, with a stack of the functions that are open; it never goes back, so
its time is linear in the length of the source. It knows the shape of references, not which names exist:
rules know that.

- In a run of opening braces the last two open a reference: `{"a":{{{x}}}}` is text, the reference x, text.
- Closing braces outside a reference are text, as at the end of a JSON body.
- The argument of a function ends at the first `)}}` that no function inside it has taken.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from tocsin_schema.template.mistakes import Mistake, head_mistakes, reference_mistake, shown
from tocsin_schema.template.syntax import Node, Problem, Reference, Template, TextNode

MAX_DEPTH = 32
"""How deep references may be nested."""

CACHED_LENGTH = 10_000
"""Longer sources are parsed anew each time, so that the cache stays small."""

CACHED_CHARACTERS = 2_000_000
"""Characters of the sources whose trees are kept; a tree takes up to 50 times its source."""

# A run of one class of characters each: nothing to go back for.
_OPENING = re.compile(r"\{\{+")
_IN_ARGUMENT = re.compile(r"\{+|\}+|[()]")
_NAME = re.compile(r"@?[A-Za-z0-9_.-]+")
_NAME_CHARACTERS = frozenset("@ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-")


def parse(source: str) -> Template:
    """Return the tree of `source` and every mistake in it. Never raises."""
    return _cached(source) if len(source) <= CACHED_LENGTH else _parse(source)


def _parse_kept(source: str) -> Template:
    """Parse what will be kept; what was kept before is forgotten where it is too much together."""
    _kept[0] += len(source)
    if _kept[0] > CACHED_CHARACTERS:
        _cached.cache_clear()
        _kept[0] = len(source)
    return _parse(source)


def _parse(source: str) -> Template:
    if "{{" not in source:
        return Template(source, (TextNode(0, len(source), source),) if source else ())
    return _Parser(source).run()


_cached = lru_cache(maxsize=2048)(_parse_kept)
_kept = [0]
"""How many characters were kept since nothing was."""


@dataclass(slots=True)
class _Frame:
    """A function whose argument is being read; the bottom one is the template itself."""

    start: int = 0
    argument_start: int = 0
    mistakes: tuple[Mistake, ...] = ()
    """What is wrong with its name; then it stays text."""
    nodes: list[Node] = field(default_factory=list)
    text_start: int = 0
    """Where the text starts that is not in `nodes` yet."""

    # What the argument's own text held: to say what is wrong if the function turns out never to be closed.
    open_braces: int = 0
    open_brackets: int = 0
    bracket: int | None = None
    """The last `)` that closes no bracket of the text."""
    guess: Problem | None = None
    """The likeliest place of the missing `)}}`."""


class _Parser:
    def __init__(self, source: str) -> None:
        self.source = source
        self.frames = [_Frame()]
        self.problems: list[Problem] = []
        self.too_deep: list[Problem] = []

    def run(self) -> Template:
        position = 0
        while True:
            pattern = _OPENING if len(self.frames) == 1 else _IN_ARGUMENT
            found = pattern.search(self.source, position)
            if found is None:
                break
            character = self.source[found.start()]
            if character == "{":
                position = self.opening(found.start(), found.end())
            elif character == "}":
                position = self.closing(found.start(), found.end())
            else:
                position = self.bracket(found.start(), character)
        return self.finished()

    def opening(self, start: int, end: int) -> int:
        """Take a run of opening braces; return where to read on."""
        frame = self.frames[-1]
        if end - start == 1:
            frame.open_braces += 1
            return end
        frame.open_braces += end - start - 2
        start = end - 2
        name = _NAME.match(self.source, end)
        if name is not None:
            if self.source.startswith("}}", name.end()):
                return self.variable(start, name.end(), ())
            if self.source.startswith("(", name.end()):
                return self.function(start, name.end(), ())
        return self.ragged_head(start)

    def ragged_head(self, start: int) -> int:
        """Read what is not simply a name, up to where the reference seems to end."""
        source, position = self.source, start + 2
        odd = line_break = False
        while position < len(source):
            character = source[position]
            if character in _NAME_CHARACTERS:
                pass
            elif character.isspace():
                line_break = line_break or character in "\r\n"
                if odd and line_break:
                    break
            elif character == "}":
                if source.startswith("}}", position):
                    return self.variable(start, position, head_mistakes(source[start + 2 : position], "}}"))
                return self.one_brace(start, position)
            elif source.startswith("{{", position) or line_break:
                break
            elif character == "(":
                return self.function(start, position, head_mistakes(source[start + 2 : position], "("))
            else:
                odd = True
            position += 1
        first_line = source[start:position].splitlines()[0].rstrip()
        self.report(
            start,
            start + len(first_line),
            Mistake(f"{shown(first_line)} is never closed", "`}}` directly after the name"),
        )
        return position

    def one_brace(self, start: int, at: int) -> int:
        text = self.source[start : at + 1]
        self.report(start, at + 1, Mistake(f"{shown(text)} is closed with a single brace", "`}}`"))
        return at + 1

    def variable(self, start: int, at: int, mistakes: tuple[Mistake, ...]) -> int:
        """End a reference without brackets at the braces at `at`."""
        for mistake in mistakes:
            self.report(start, at + 2, mistake)
        if not mistakes:
            self.add(Reference(start, at + 2, self.source[start + 2 : at], None))
        return at + 2

    def function(self, start: int, at: int, mistakes: tuple[Mistake, ...]) -> int:
        """Start the argument behind the bracket at `at`."""
        self.frames.append(_Frame(start, at + 1, mistakes, text_start=at + 1))
        return at + 1

    def bracket(self, at: int, character: str) -> int:
        frame = self.frames[-1]
        if character == "(":
            frame.open_brackets += 1
        elif self.source.startswith("}}", at + 1):
            self.close(at)
            return at + 3
        elif frame.open_brackets:
            frame.open_brackets -= 1
        else:
            frame.bracket = at
        return at + 1

    def closing(self, start: int, end: int) -> int:
        """Take a run of closing braces in an argument: text, but perhaps a slip."""
        frame = self.frames[-1]
        matched = min(frame.open_braces, end - start)
        frame.open_braces -= matched
        if frame.guess is None:
            frame.guess = self.slip(frame, start + matched, end)
        return end

    def slip(self, frame: _Frame, start: int, end: int) -> Problem | None:
        """Return what is wrong if these braces, which close none of the text's, were to close the function."""
        if end - start >= 2 and frame.bracket is None:
            message, expected, end = "the bracket of {} is not closed", "`)` before `}}`", start + 2
        elif end - start >= 2:
            message, expected, end = (
                "there is text between the `)` of {} and its `}}`",
                "`}}` directly after `)`",
                start + 2,
            )
        elif end - start == 1 and frame.bracket == start - 1:
            message, expected = "{} is closed with a single brace", "`}}` after `)`"
        else:
            return None
        head = shown(self.source[frame.start : frame.argument_start])
        return Problem(frame.start, end, message.replace("{}", head), expected)

    def close(self, at: int) -> None:
        """End the innermost function at the bracket at `at`."""
        frame = self.frames.pop()
        parent = self.frames[-1]
        parent.guess = parent.guess or frame.guess
        if frame.mistakes:
            self.report_name(frame)
            self.adopt(parent, frame.nodes)
            return
        if len(self.frames) <= MAX_DEPTH:  # deeper it becomes text: copying it at every depth would not be linear
            self.flush(frame, at)
        name = self.source[frame.start + 2 : frame.argument_start - 1]
        self.add(Reference(frame.start, at + 3, name, tuple(frame.nodes)))

    def add(self, reference: Reference) -> None:
        """Put a whole reference into the innermost frame; one that is malformed or too deep stays text."""
        frame = self.frames[-1]
        mistake = reference_mistake(reference)
        if len(self.frames) > MAX_DEPTH:
            wrong = Mistake(
                f"references are nested more than {MAX_DEPTH} deep", f"at most {MAX_DEPTH} inside one another"
            )
            if len(self.frames) == MAX_DEPTH + 1:
                self.too_deep.append(wrong.at(reference.start, reference.end))
        elif mistake is not None:
            self.report(reference.start, reference.end, mistake)
            self.adopt(frame, reference.argument or ())
        else:
            self.flush(frame, reference.start)
            frame.nodes.append(reference)
            frame.text_start = reference.end

    def adopt(self, parent: _Frame, nodes: Iterable[Node]) -> None:
        """Keep the references among the nodes of a broken one; the rest of it is text."""
        for node in nodes:
            if isinstance(node, Reference):
                self.flush(parent, node.start)
                parent.nodes.append(node)
                parent.text_start = node.end

    def flush(self, frame: _Frame, end: int) -> None:
        if frame.text_start < end:
            frame.nodes.append(TextNode(frame.text_start, end, self.source[frame.text_start : end]))

    def report_name(self, frame: _Frame) -> None:
        for mistake in frame.mistakes:
            self.report(frame.start, frame.argument_start, mistake)

    def report(self, start: int, end: int, mistake: Mistake) -> None:
        self.problems.append(mistake.at(start, end))

    def finished(self) -> Template:
        template, *unclosed = self.frames
        # Where a function is never closed, all that follows seems to lie inside it: no mistake of its own.
        limit = unclosed[0].start if unclosed else len(self.source)
        self.problems += [problem for problem in self.too_deep if problem.start < limit]
        for frame in unclosed:
            if frame.guess is not None:
                self.report_name(frame)
                self.problems.append(frame.guess)
            else:  # perhaps never meant to be a function: nothing to say of its name
                head = shown(self.source[frame.start : frame.argument_start])
                never = Mistake(f"{head} is never closed", "`)}}` after the argument")
                self.report(frame.start, frame.argument_start, never)
            self.adopt(template, frame.nodes)
        self.flush(template, len(self.source))
        return Template(self.source, tuple(template.nodes), tuple(sorted(self.problems, key=lambda each: each.start)))
