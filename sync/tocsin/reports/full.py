"""Findings with the lines they are in, and carets under the very characters."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from tocsin.project.findings import LocatedFinding
from tocsin.terminal.style import Style, harmless
from tocsin.yaml.positions import Lines, Span

COLOURS = {"error": "red", "warning": "yellow", "info": "blue"}
TAB = "    "
LONGEST = 160
"""Columns of an excerpt: of a longer line only the part around the finding is shown."""


def full(findings: Sequence[LocatedFinding], texts: Mapping[str, Lines], style: Style) -> str:
    """Return every finding with its excerpts, a blank line after each."""
    return "".join("\n".join(_finding(each, texts, style)) + "\n\n" for each in findings)


def _finding(finding: LocatedFinding, texts: Mapping[str, Lines], style: Style) -> Iterator[str]:
    colour = COLOURS[finding.severity]
    places = [("", finding.file, finding.span), *((each.message, each.file, each.span) for each in finding.related)]
    width = max(len(str(span.start.line)) for _, _, span in places)
    margin = " " * width
    head = style(f"{finding.severity}[{finding.code}]", colour, bold=True)
    yield f"{head}: {style(_one_line(finding.message), bold=True)}"
    for number, (message, file, span) in enumerate(places):
        arrow = "-->" if number == 0 else ":::"
        yield f"{margin}{style(arrow, 'blue')} {_one_line(file)}:{span.start.line}:{span.start.column}"
        text = texts[file].line(span.start.line) if file in texts else ""
        if text:
            painted = colour if number == 0 else "blue"
            yield from _excerpt(text, span, width, "^" if number == 0 else "-", message, painted, style)
    if finding.help:
        yield f"{margin} {style('=', 'blue')} {style('help', 'cyan', bold=True)}: {_one_line(finding.help)}"
    yield style.aside(f"{margin} = see {finding.url}")


def _excerpt(text: str, span: Span, width: int, mark: str, message: str, colour: str, style: Style) -> Iterator[str]:
    first = span.start.column - 1
    last = span.end.column - 1 if span.end.line == span.start.line else len(text)
    last = max(last, first + 1)
    cut = max(0, first - LONGEST // 2) if len(text) > LONGEST else 0
    shown = text[cut : cut + LONGEST]
    before = _columns(text[cut:first])
    under = _columns(text[first : min(last, cut + LONGEST)]) or 1
    bar = style("|", "blue")
    dots = "…" if cut else ""
    after = "…" if cut + LONGEST < len(text) else ""
    yield f"{' ' * width} {bar}"
    yield f"{style(str(span.start.line).rjust(width), 'blue')} {bar} {dots}{_visible(shown)}{after}".rstrip()
    note = f" {_one_line(message)}" if message else ""
    yield f"{' ' * width} {bar} {' ' * (before + len(dots))}{style(mark * under + note, colour)}"


def _one_line(text: str) -> str:
    return harmless(text.replace("\n", "\\n"))


def _visible(text: str) -> str:
    return harmless(text.replace("\t", TAB))


def _columns(text: str) -> int:
    """Return how many terminal columns a text takes: wide characters two, combining ones none."""
    return sum(_width(character) for character in _visible(text))


def _width(character: str) -> int:
    if character == "\u200d" or unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
