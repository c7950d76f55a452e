"""The rule of the fourth hundred on variables that refer to themselves."""

from collections.abc import Iterator, Mapping

from tocsin_schema.findings import Finding
from tocsin_schema.rules.finding import finding
from tocsin_schema.rules.registry import rule
from tocsin_schema.rules.subject import Subject
from tocsin_schema.template.parser import parse
from tocsin_schema.template.syntax import Reference


@rule(
    "TOC408",
    "variable-cycle",
    "error",
    finds="a variable that refers to itself, perhaps through others",
    why="Rendering it would never end.",
    fix="Write out in one of the variables what is meant.",
    of="integration",
    in_broken="with_all_names",
)
def variable_cycle(subject: Subject) -> Iterator[Finding]:
    """A variable's value may use variables, but not itself."""
    for integration in subject.definitions.integrations.values():
        uses = {
            name: {
                each.name: each
                for each in parse(variable.value).references()
                if each.name in integration.variables and each.argument is None
            }
            for name, variable in integration.variables.items()
            if variable.value is not None
        }
        reported: set[str] = set()
        for name in uses:
            cycle = _cycle(name, uses)
            if cycle is not None and reported.isdisjoint(cycle):
                reported.update(cycle)
                reference = uses[name][cycle[1]]
                where = subject.place(integration).at("variables", name, "value")
                yield finding(
                    "TOC408",
                    f"`{name}` refers to itself: {' → '.join(cycle)}",
                    where.span(reference.start, reference.end),
                    help="write out the text that is meant",
                )


def _cycle(name: str, uses: Mapping[str, Mapping[str, Reference]]) -> list[str] | None:
    """Return the way from a variable back to itself, or None where there is none."""
    came_from = dict.fromkeys(uses[name], name)
    waiting = list(came_from)
    while waiting:
        current = waiting.pop()
        if current == name:
            way = [name, came_from[name]]
            while way[-1] != name:
                way.append(came_from[way[-1]])
            return way[::-1]
        for used in uses.get(current, ()):
            if used not in came_from:
                came_from[used] = current
                waiting.append(used)
    return None
