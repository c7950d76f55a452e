"""Rules of the eighth hundred: names, order and titles. All but those on names are off unless a project wants them."""

import re
from collections.abc import Iterator
from itertools import pairwise

from tocsin_schema.findings import Finding, Place, Related
from tocsin_schema.models import Integration
from tocsin_schema.rules.finding import finding
from tocsin_schema.rules.registry import declare, rule
from tocsin_schema.rules.subject import Subject

ODD = re.compile(
    r"_.*|.*_|.*[-_]{2}.*|.*_.*-.*|.*-.*_.*|[A-Za-z0-9]*[a-z][A-Z][A-Za-z0-9]*[-_].*|.*[-_][A-Za-z0-9]*[a-z][A-Z].*"
)
"""An underscore at an end, two separators in a row, two kinds of them, or one beside `camelCase`."""

declare(
    "TOC801",
    "file-name",
    "info",
    finds="a file that holds one document and is not named after it",
    why="People look for a definition by its name.",
    fix="Rename the file, or put the documents that belong together into one file.",
)
"""Found by the command: what a file is called, the contract does not know."""


@rule(
    "TOC802",
    "odd-name",
    "info",
    finds="a variable or function whose name mixes styles, or differs from another in letter case alone",
    why="Such names are easily mistaken for one another, and mistyped.",
    fix="Use one style in a name, as `ApiUrl` or `api_url`, and names that differ in more than letter case.",
    of="integration",
)
def odd_name(subject: Subject) -> Iterator[Finding]:
    """Any one style will do: `ApiUrl`, `api_url`, `api-url`; not two in one name, nor `ApiUrl` beside `APIURL`."""
    for integration in subject.definitions.integrations.values():
        for kind, names in _names(integration):
            place = subject.place(integration).at(kind)
            first: dict[str, str] = {}
            for name in names:
                other = first.setdefault(re.sub("[-_]", "", name).casefold(), name)
                if other != name:
                    yield finding(
                        "TOC802",
                        f"`{name}` is easily mistaken for `{other}`",
                        place.at(name, key=True),
                        related=(Related("the other one", place.at(other, key=True)),),
                        help="give one of them a name of its own",
                    )
                elif ODD.fullmatch(name):
                    help = "use one style in a name, as `ApiUrl` or `api_url`"
                    yield finding("TOC802", f"`{name}` is an odd name", place.at(name, key=True), help=help)


@rule(
    "TOC803",
    "unsorted",
    "info",
    finds="variables or functions that are not in alphabetical order",
    why="In a long list, what is sorted is found, and is not given twice.",
    fix="Sort them by name.",
    on=False,
    of="integration",
)
def unsorted(subject: Subject) -> Iterator[Finding]:
    """Variables and functions in alphabetical order, upper and lower case alike."""
    for integration in subject.definitions.integrations.values():
        for kind, names in _names(integration):
            wrong = next((each for each in pairwise(names) if each[0].casefold() > each[1].casefold()), None)
            if wrong is not None:
                place = subject.place(integration).at(kind)
                yield finding(
                    "TOC803",
                    f"`{wrong[1]}` comes before `{wrong[0]}` in the alphabet",
                    place.at(wrong[1], key=True),
                    help=f"sort `{kind}` by name",
                )


@rule(
    "TOC804",
    "no-title",
    "info",
    finds="a monitor, alert definition or integration without a title",
    why="Messages print the title: people would read the name.",
    fix="Add `title`, as people call it.",
    on=False,
    of="each",
)
def no_title(subject: Subject) -> Iterator[Finding]:
    """`@monitor.name` and `@alertDefinition.name` print the title."""
    for definition in subject.own:
        if definition.kind != "sample" and not (definition.title or "").strip():
            where = subject.place(definition).at("name")
            yield finding("TOC804", f"`{definition.name}` has no title", where, help="add `title`, as people call it")


@rule(
    "TOC805",
    "title-is-name",
    "info",
    finds="a title that only repeats the name",
    why="Without a title the name is printed anyway.",
    fix="Leave the title out, or write what people call it.",
    on=False,
    of="each",
)
def title_is_name(subject: Subject) -> Iterator[Finding]:
    """A title says more than the name, or is left out."""
    titled = [(each.name, each.title, subject.place(each)) for each in subject.own]
    if subject.of == "rest":
        project = subject.definitions.project
        titled.append((project.name, project.title, Place(None)))
    for name, title, place in titled:
        if title == name:
            help = "leave it out, or write what people call it"
            yield finding("TOC805", "the title only repeats the name", place.at("title"), help=help)


def _names(integration: Integration) -> Iterator[tuple[str, list[str]]]:
    yield "variables", list(integration.variables)
    yield "functions", list(integration.functions)
