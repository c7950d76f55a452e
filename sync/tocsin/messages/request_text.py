"""A request as text: what a receiver gets, secrets as asterisks."""

from collections.abc import Iterator, Sequence

from tocsin.terminal.json_text import json_lines
from tocsin.terminal.style import Style, harmless, one_line

MARGIN = "│ "
"""What stands before the lines of a body that any text may be in, where nothing else does."""

MOST_COLOURED = 100_000
"""Characters of XML that are coloured: reading more would keep people waiting."""


def request_lines(
    method: str, url: str, headers: Sequence[tuple[str, str]], body: str | None, style: Style, margin: str = ""
) -> Iterator[str]:
    """Yield a request line, the headers and the body, JSON bodies indented, XML ones coloured.

    `margin` stands before the lines of a body that is no JSON: else such a line could pass for one of ours.
    """
    yield style(method, "cyan", bold=True) + " " + one_line(url)
    yield from header_lines(headers, style)
    if body:
        yield ""
        yield from body_lines(body, style, margin)


def header_lines(headers: Sequence[tuple[str, str]], style: Style) -> Iterator[str]:
    """Yield a line for each header."""
    for name, value in headers:
        yield style.aside(f"{one_line(name)}:") + f" {one_line(value)}".rstrip()


def body_lines(body: str, style: Style, margin: str = "") -> list[str]:
    """Return the lines of a body: JSON indented and coloured, XML coloured, anything else as it is, behind `margin`."""
    lines = json_lines(body, style)
    if lines is not None:
        return lines
    before = style.aside(margin)
    return [before + line if line else before.rstrip() for line in _other_lines(body, style)]


def _other_lines(body: str, style: Style) -> list[str]:
    text = body.replace("\r\n", "\n").removesuffix("\n")
    if style.colour and len(text) <= MOST_COLOURED and text.lstrip().startswith("<"):
        from tocsin.terminal.xml_text import xml_lines  # noqa: PLC0415  # takes time to import

        return xml_lines(text, style)
    return harmless(text).split("\n")
