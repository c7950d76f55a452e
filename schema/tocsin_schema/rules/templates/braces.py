"""Rules of the third hundred on braces that are text and were meant as part of a reference."""

import re
from collections.abc import Iterator

from tocsin_schema.findings import Finding
from tocsin_schema.functions import FUNCTIONS
from tocsin_schema.models import Integration
from tocsin_schema.rules.analysis.captures import captured_names
from tocsin_schema.rules.analysis.sites import Site
from tocsin_schema.rules.finding import finding, renamed
from tocsin_schema.rules.registry import rule
from tocsin_schema.rules.subject import Subject
from tocsin_schema.template.syntax import CUSTOM_FIELD, VAULT_ITEM, Node, TextNode
from tocsin_schema.template.system_variables import SYSTEM_VARIABLES
from tocsin_schema.text.suggest import cut, nearest

SINGLE = re.compile(r"(?<![{$%])\{(?P<name>@?[A-Za-z_][A-Za-z0-9_.-]*)(?P<argument>\([^(){}]*\))?\}{1,2}(?!\})")
"""A name in single braces. `${Name}` and `%{Name}` belong to other languages."""

OPEN_CALL = re.compile(r"(?<![{$%])\{(?P<name>@?[A-Za-z_][A-Za-z0-9_.-]*)\([^(){}]*\Z")
"""The beginning of a function in single braces, at the end of a text: a reference follows."""

TAIL = re.compile(r"(?P<name>(?:@|(?<![A-Za-z_]))[A-Za-z_][A-Za-z0-9_.-]{0,150})(?P<bracket>\([^(){}]*\))?\}\}")
"""A name, and braces that close what was not opened. Longer than any name is no name: looking for one would not end."""

CLOSED = re.compile(TAIL.pattern + r"|\}\}")
JSON_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


@rule(
    "TOC304",
    "single-braces",
    "warning",
    finds="a known name in single braces",
    why="References have double braces: the receiver gets the braces and the name.",
    fix="Double the braces.",
    of="integration",
    in_broken="always",
)
def single_braces(subject: Subject) -> Iterator[Finding]:
    """A known name in single braces is surely meant as a reference (`docs/domain.md#references`)."""
    for site in subject.sites:
        for text in _texts(site):
            for found in SINGLE.finditer(text.text):
                name, argument = found["name"], found["argument"] or ""
                meant = _meant(name, site.integration, call=bool(argument))
                if meant is not None:
                    where = site.where.span(text.start + found.start(), text.start + found.end())
                    message = f"`{cut(found[0])}` is sent as it stands: a reference has double braces"
                    whole = f"{{{{{meant}{argument}}}}}"
                    yield finding("TOC304", message, where, help=f"write `{cut(whole)}`", fix=renamed(where, whole))
            call = OPEN_CALL.search(text.text)
            if call is not None and _known(call["name"], site.integration, call=True):
                where = site.where.span(text.start + call.start(), text.end)
                message = f"`{cut(call[0])}` is sent as it stands: a reference has double braces"
                yield finding("TOC304", message, where, help=f"write `{{{{{cut(call['name'])}(...)}}}}`")


@rule(
    "TOC305",
    "stray-braces",
    "warning",
    finds="closing braces that nothing opens",
    why="The receiver gets them as text, and the reference that they were to close is none.",
    fix="Open the reference with `{{`, or remove the braces.",
    of="integration",
    in_broken="always",
)
def stray_braces(subject: Subject) -> Iterator[Finding]:
    """Closing braces with nothing open before them: after a known name they were to close a reference."""
    for site in subject.sites:
        if "}}" not in site.text or site.template.problems:
            continue  # what the braces were to close may be what is wrong there
        outside = _outside_references(site)
        if "}}" not in outside:
            continue
        already_open = _open_braces(outside)
        for found in CLOSED.finditer(outside):
            if already_open[found.end() - 2]:
                continue
            name, bracket = found["name"], found["bracket"] or ""
            where = site.where.span(found.start(), found.end())
            if name is not None and _known(name, site.integration, call=bool(bracket)):
                message = f"`{cut(found[0])}` is sent as it stands: nothing opens the reference"
                whole = "{{" + found[0]
                yield finding("TOC305", message, where, help=f"write `{cut(whole)}`", fix=renamed(where, whole))
            else:
                where = site.where.span(found.end() - 2, found.end())
                yield finding("TOC305", "`}}` is sent as it stands: it closes nothing", where, help="remove it")


def _outside_references(site: Site) -> str:
    """Return the text with blanks in place of its references."""
    text = list(site.text)
    for node in site.template.nodes:
        if not isinstance(node, TextNode):
            text[node.start : node.end] = " " * (node.end - node.start)
    return "".join(text)


def _open_braces(text: str) -> list[int]:
    """Return how many braces are open before each character; in a string of a JSON text, those of the string alone."""
    is_json = text.lstrip()[:1] in ("{", "[")
    strings = [each.span() for each in JSON_STRING.finditer(text)] if is_json else []
    starts, ends = {start for start, _ in strings}, {end for _, end in strings}
    counts, count, around = [], 0, 0
    for at, character in enumerate(text):
        if at in ends:
            count = around
        if at in starts:
            around, count = count, 0
        counts.append(count)
        count = max(0, count + (character == "{") - (character == "}"))
    return counts


def names_beside_braces(site: Site) -> Iterator[str]:
    """Yield the names that stand in single braces, or before stray ones: they were meant to be used."""
    for text in _texts(site):
        for pattern in (SINGLE, OPEN_CALL, TAIL):
            yield from (found["name"] for found in pattern.finditer(text.text))


def _texts(site: Site) -> Iterator[TextNode]:
    """Yield the texts of a template that hold braces, those in arguments too, in the order of the source."""
    if "{" not in site.text and "}" not in site.text:
        return
    waiting: list[Node] = list(reversed(site.template.nodes))
    while waiting:
        node = waiting.pop()
        if not isinstance(node, TextNode):
            waiting.extend(reversed(node.argument or ()))
        elif "{" in node.text or "}" in node.text:
            yield node


def _meant(name: str, integration: Integration, *, call: bool) -> str | None:
    """Return the name that single braces were put around; a misspelt one only where its `@` leaves no doubt."""
    if _known(name, integration, call=call):
        return name
    if not name.startswith("@"):
        return None
    return name if name.startswith(VAULT_ITEM + ".") else nearest(name, [*SYSTEM_VARIABLES, *FUNCTIONS])


def _known(name: str, integration: Integration, *, call: bool) -> bool:
    if call:
        return name in FUNCTIONS or name == CUSTOM_FIELD or name in integration.functions
    if name.startswith("@"):
        return name in SYSTEM_VARIABLES or (name in FUNCTIONS and not FUNCTIONS[name].takes_argument)
    return name in integration.variables or name in captured_names(integration)
