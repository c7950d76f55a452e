"""Rules of the third hundred on braces that are text and were meant as part of a reference."""

import re
from collections.abc import Iterator

from tocsin_schema.findings import Finding
from tocsin_schema.functions import FUNCTIONS
from tocsin_schema.models import Integration
from tocsin_schema.rules.captured import captured_names
from tocsin_schema.rules.registry import Subject, finding, renamed, rule
from tocsin_schema.rules.sites import Site
from tocsin_schema.suggest import cut, nearest
from tocsin_schema.template.syntax import CUSTOM_FIELD, VAULT_ITEM, Node, TextNode
from tocsin_schema.variables import SYSTEM_VARIABLES

SINGLE = re.compile(r"(?<![{$%])\{(?P<name>@?[A-Za-z_][A-Za-z0-9_.-]*)(?P<argument>\([^(){}]*\))?\}{1,2}(?!\})")
"""A name in single braces. `${Name}` and `%{Name}` belong to other languages."""

OPEN_CALL = re.compile(r"(?<![{$%])\{(?P<name>@?[A-Za-z_][A-Za-z0-9_.-]*)\([^(){}]*\Z")
"""The beginning of a function in single braces, at the end of a text: a reference follows."""

TAIL = re.compile(r"(?P<name>@?[A-Za-z_][A-Za-z0-9_.-]*)(?P<bracket>\([^(){}]*\))?\}\}")
"""A name, and braces that close what was not opened."""


@rule("TOC304", alone=True)
def single_braces(subject: Subject) -> Iterator[Finding]:
    """A known name in single braces is surely meant as a reference (`domain/README.md`, section 3)."""
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


@rule("TOC305", alone=True)
def stray_braces(subject: Subject) -> Iterator[Finding]:
    """Closing braces after a known name, with nothing open before them, were to close a reference."""
    for site in subject.sites:
        if site.template.problems:
            continue  # what the braces were to close may be what is wrong there
        balance = 0
        for text in _texts(site):
            before, balance = balance, balance + text.text.count("{") - text.text.count("}")
            for found in TAIL.finditer(text.text):
                name, bracket = found["name"], found["bracket"] or ""
                opened = before + text.text.count("{", 0, found.start()) - text.text.count("}", 0, found.start())
                if opened <= 0 and _known(name, site.integration, call=bool(bracket)):
                    where = site.where.span(text.start + found.start(), text.start + found.end())
                    message = f"`{cut(found[0])}` is sent as it stands: nothing opens the reference"
                    whole = "{{" + found[0]
                    yield finding("TOC305", message, where, help=f"write `{cut(whole)}`", fix=renamed(where, whole))


def names_beside_braces(site: Site) -> Iterator[str]:
    """Give the names that stand in single braces, or before stray ones: they were meant to be used."""
    for text in _texts(site):
        for pattern in (SINGLE, OPEN_CALL, TAIL):
            yield from (found["name"] for found in pattern.finditer(text.text))


def _texts(site: Site) -> Iterator[TextNode]:
    """Give the texts of a template that hold braces, those in arguments too, in the order of the source."""
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
    """Give the name that single braces were put around; a misspelt one only where its `@` leaves no doubt."""
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
