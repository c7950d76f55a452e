"""Rules of the fourth hundred on what an integration defines and never uses."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet

from pydantic import JsonValue

from tocsin_schema.findings import Finding
from tocsin_schema.models import Integration
from tocsin_schema.rules.finding import finding
from tocsin_schema.rules.registry import rule
from tocsin_schema.rules.subject import Subject
from tocsin_schema.rules.templates.braces import names_beside_braces
from tocsin_schema.rules.variables.references import variable_names
from tocsin_schema.text.suggest import nearest


@rule(
    "TOC413",
    "unused-variable",
    "warning",
    finds="a predefined variable that nothing refers to",
    why="It has no effect; perhaps its name is missing where it was meant to stand.",
    fix="Refer to it, or remove it.",
    of="integration",
)
def unused_variable(subject: Subject) -> Iterator[Finding]:
    """A predefined variable is there to be referred to."""
    mentioned = subject.once(_mentioned)
    for integration in subject.definitions.integrations.values():
        for name, variable in integration.variables.items():
            if not _is_mentioned(name, mentioned[integration.name]):
                where = subject.place(integration).at("variables", name, key=True)
                given = "; the levels need not give it then" if variable.per_level else ""
                help = f"write `{{{{{name}}}}}` where it belongs, or remove it{given}"
                yield finding("TOC413", f"nothing refers to the variable `{name}`", where, help=help)


@rule(
    "TOC414",
    "unused-function",
    "warning",
    finds="a function that nothing calls",
    why="It has no effect; perhaps its name is missing where it was meant to stand.",
    fix="Call it, or remove it.",
    of="integration",
)
def unused_function(subject: Subject) -> Iterator[Finding]:
    """A function is there to be called."""
    mentioned = subject.once(_mentioned)
    for integration in subject.definitions.integrations.values():
        for name in integration.functions:
            if not _is_mentioned(name, mentioned[integration.name]):
                where = subject.place(integration).at("functions", name, key=True)
                help = f"write `{{{{{name}(...)}}}}` where it belongs, or remove it"
                yield finding("TOC414", f"nothing calls the function `{name}`", where, help=help)


def _is_mentioned(name: str, mentioned: AbstractSet[str]) -> bool:
    return name in mentioned or any("{{" in text and name in text for text in mentioned)


def _mentioned(subject: Subject) -> Mapping[str, AbstractSet[str]]:
    """Return, by integration, every name that it refers to, and every text that no reference could be read in.

    Misspelt names count as those that they are most like: one mistake should not make two findings.
    """
    mentioned: dict[str, set[str]] = defaultdict(set)
    for site, reference in subject.references:
        names, integration = mentioned[site.integration.name], site.integration
        if reference.name in names:
            continue
        names.add(reference.name)
        if not reference.is_system:
            known = [*variable_names(integration), *integration.functions]
            names.add(reference.name if reference.name in known else nearest(reference.name, known) or reference.name)
    for site in subject.sites:
        names = mentioned[site.integration.name]
        names.update(names_beside_braces(site))
        if site.template.problems:
            names.add(site.text)
    for integration in subject.definitions.integrations.values():
        mentioned[integration.name].update(_keys_with_braces(integration))
    return mentioned


def _keys_with_braces(integration: Integration) -> Iterator[str]:
    """Yield the keys of structured bodies that hold braces: no reference is read in them, and TOC303 says so."""
    requests = (step.request for each in integration.messages for step in each.steps if step.request is not None)
    waiting: list[JsonValue] = [request.json_ for request in requests if request.has_json]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield from (key for key in value if "{{" in key)
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
