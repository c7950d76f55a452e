"""From text to node trees, on libyaml's events: no composer, so hostile nesting ends where we say.

A mistake ends one document, not the file: reading goes on at the next `---`. A value with unquoted braces does not
even end its document: it is read as the text that it was meant to be.
"""

import re
from dataclasses import dataclass, field

import yaml

from tocsin.yaml.builder import Builder
from tocsin.yaml.limits import READ_AGAIN, SYNTAX_ERRORS, TAG_DIRECTIVES
from tocsin.yaml.nodes import Node
from tocsin.yaml.problems import UnreadableError, YamlProblem
from tocsin.yaml.syntax_errors import reached, syntax_problem
from tocsin.yaml.traps import traps
from tocsin.yaml.unquoted import (
    UnquotedReferenceError,
    end_of_value,
    start_of_value,
    unquoted_before,
    unquoted_reference,
)

FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no YAML stream may hold (YAML 1.2, section 5.1)."""

NO_BREAKS = re.compile("[\x85\u2028\u2029]")
"""Line breaks to libyaml, as in YAML 1.1; YAML 1.2 and editors take them for characters like others."""

DOCUMENT = re.compile(r"(?:\A|(?<=[\r\n]))---(?=[ \t\r\n]|\Z)")
TAG_DIRECTIVE = re.compile(r"(?:\A|(?<=[\r\n]))%TAG")


@dataclass(slots=True)
class Parsed:
    """The documents of a file that could be read, and what is wrong with the file."""

    documents: list[Node] = field(default_factory=list)
    problems: list[YamlProblem] = field(default_factory=list)
    broken: bool = False
    """Whether a document could not be read to its end."""


def parse(text: str) -> Parsed:
    """Read every document of a text. Never raises, whatever the text."""
    refused = _refused(text)
    if refused is not None:
        return Parsed(problems=[refused], broken=True)
    reader = _Reader(text)
    reader.read()
    parsed = reader.parsed
    known = [*parsed.documents, *reader.unfinished]
    parsed.problems += traps(text, known, odd_scalars=reader.odd_scalars, broken=parsed.broken)
    return parsed


def _refused(text: str) -> YamlProblem | None:
    """Return why a text is not even begun."""
    forbidden = FORBIDDEN.search(text)
    if forbidden is not None:
        at, code = forbidden.start(), ord(forbidden[0])
        escape = f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
        advice = f'write it as an escape in double quotes: "{escape}"'
        return YamlProblem("TOC104", f"the character U+{code:04X} can't stand in YAML", at, at + 1, advice)
    if "%TAG" in text:
        directives = [found.start() for found in TAG_DIRECTIVE.finditer(text)]
        if len(directives) > TAG_DIRECTIVES:
            at = directives[TAG_DIRECTIVES]
            return YamlProblem(
                "TOC103", f"more than {TAG_DIRECTIVES} `%TAG` lines", at, at + 4, "remove them: tags are not used"
            )
    return None


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.source, self.restored = _with_stand_ins(text)
        self.parsed = Parsed()
        self.repaired: dict[int, int] = {}
        self.left = READ_AGAIN
        self.errors = 0
        self.odd_scalars = False
        self.aliased = 0
        """How many values aliases have added to the documents that were read."""
        self.unfinished: list[Node] = []
        """What was read of the documents that break off."""

    def read(self) -> None:
        start: int | None = 0
        while start is not None:
            builder = Builder(self.text, self.source, start, self.repaired, self.restored, self.aliased)
            start = self._stretch(builder)
            self.aliased = builder.aliased_before if start == builder.document_start else builder.aliased
            self.parsed.documents += builder.documents
            self.odd_scalars = self.odd_scalars or builder.odd_scalars
            self.parsed.problems += builder.finished

    def _stretch(self, builder: Builder) -> int | None:
        """Read on; return where to begin again after a mistake, None at the end."""
        unquoted: int | None = None
        try:
            builder.build()
            builder.finished += builder.problems
            return None
        except UnquotedReferenceError as found:
            unquoted, at = found.start, found.start
            problem = None
        except UnreadableError as stop:
            problem = stop.problem
            at = problem.start
        except (yaml.YAMLError, ValueError, OverflowError) as error:
            # The pure parser raises the last two for escapes of characters that do not exist.
            problem = syntax_problem(error, self.source, builder.base, builder.bracket())
            at = reached(error, builder.base, len(self.text))
            unquoted = self._blamed(builder, at)
        if unquoted is not None:
            return self._repair(builder, unquoted)
        builder.finished += builder.problems
        builder.finished.extend([problem] if problem else [])
        return self._next_document(builder, at)

    def _blamed(self, builder: Builder, at: int) -> int | None:
        """Return the start of the value whose unquoted braces explain a syntax error."""
        braces = unquoted_before(self.source, at, max(builder.known_until, builder.document_start))
        if braces is None and self.source.startswith("{{", at):
            braces = at
        if braces is None or not builder.in_brackets(braces):
            return braces
        return start_of_value(self.source, braces)  # [https://{{Host}}]: inside brackets, braces end a text

    def _repair(self, builder: Builder, start: int) -> int | None:
        """Report a value with unquoted braces, put text in its place and read its document again."""
        end = max(end_of_value(self.source, start, flow=builder.in_brackets(start)), start + 1)
        problem = unquoted_reference(self.text, start, end)
        self.left -= len(self.text) - builder.document_start
        if self.left < 0 or start in self.repaired:
            builder.finished += [*builder.problems, problem]
            return self._next_document(builder, start)
        builder.finished.append(problem)
        self.repaired[start] = end
        self.source = self.source[:start] + "x" * (end - start) + self.source[end:]
        return builder.document_start

    def _next_document(self, builder: Builder, at: int) -> int | None:
        self.parsed.broken = True
        self.errors += 1
        if (unfinished := builder.unfinished()) is not None:
            self.unfinished.append(unfinished)
        self.left -= len(self.text) - at
        following = DOCUMENT.search(self.source, max(at, builder.document_start + 1))
        if following is None or self.errors >= SYNTAX_ERRORS or self.left < 0:
            return None
        return following.start()


def _with_stand_ins(text: str) -> tuple[str, dict[int, int]]:
    """Put characters that the text does not hold in the place of those that only libyaml breaks lines at.

    Gives the text and the table that brings them back.
    """
    if NO_BREAKS.search(text) is None:
        return text, {}
    held = set(text)
    free = (
        code for plane in (range(0xE000, 0xF900), range(0xF0000, 0x10FFFE)) for code in plane if chr(code) not in held
    )
    table = dict(zip((0x85, 0x2028, 0x2029), free, strict=False))
    return text.translate(table), {stand_in: code for code, stand_in in table.items()}
