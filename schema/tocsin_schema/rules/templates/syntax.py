"""Rules of the third hundred: the template language."""

from collections.abc import Iterator

from pydantic import JsonValue

from tocsin_schema.findings import Finding, Place
from tocsin_schema.functions import FUNCTIONS, argument_problems
from tocsin_schema.rules.finding import finding
from tocsin_schema.rules.registry import rule
from tocsin_schema.rules.subject import Subject
from tocsin_schema.template.parser import parse


@rule(
    "TOC301",
    "template-syntax",
    "error",
    finds="a template that does not parse",
    why="The receiver would get the braces themselves, or nothing.",
    fix="Write references as `{{Name}}`, `{{@group.name}}` or `{{function(argument)}}`, without spaces inside the braces.",
    of="integration",
    in_broken="always",
)
def template_syntax(subject: Subject) -> Iterator[Finding]:
    """Every template must parse."""
    for site in subject.sites:
        for problem in site.template.problems:
            where = site.where.span(problem.start, problem.end)
            yield finding("TOC301", problem.message, where, help=f"expected {problem.expected}")


@rule(
    "TOC302",
    "bad-argument",
    "error",
    finds="an argument that a built-in function does not take",
    why="The message could not be rendered.",
    fix="Give the function what its signature asks for: `tocsin variables` shows it with an example.",
    of="integration",
    in_broken="always",
)
def bad_argument(subject: Subject) -> Iterator[Finding]:
    """A literal argument must be one that the function takes."""
    for site, reference in subject.references:
        argument = reference.literal_argument
        if reference.name in FUNCTIONS and argument is not None:
            for problem in argument_problems(reference.name, argument):
                start = reference.argument_start
                where = site.where.span(start + problem.start, start + problem.end)
                yield finding("TOC302", problem.message, where, help=f"expected {problem.expected}")


@rule(
    "TOC303",
    "reference-in-key",
    "error",
    finds="a reference in a key of a `json:` body",
    why="Keys are sent as they are written: the receiver would get the braces.",
    fix="Use a fixed key, or write the body as text under `body:`.",
    of="integration",
    in_broken="always",
)
def reference_in_key(subject: Subject) -> Iterator[Finding]:
    """Keys of a structured body are sent as they are written."""
    for integration in subject.definitions.integrations.values():
        for number, message_set in enumerate(integration.messages):
            for position, step in enumerate(message_set.steps):
                if step.request is not None and step.request.has_json:
                    where = subject.place(integration).at("messages", number, "steps", position, "request", "json")
                    yield from _keys(step.request.json_, where)


def _keys(value: JsonValue, where: Place) -> Iterator[Finding]:
    if isinstance(value, dict):
        for key, item in value.items():
            if next(parse(key).references(), None) is not None:
                help = "use a fixed key, or write the body as text under `body:`"
                yield finding("TOC303", "a key of `json:` can't hold a reference", where.at(key, key=True), help=help)
            yield from _keys(item, where.at(key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _keys(item, where.at(number))
