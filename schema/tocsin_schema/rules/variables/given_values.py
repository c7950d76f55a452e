"""Rules of the fourth hundred on values that are given from outside an integration: by levels, samples, targets."""

from collections.abc import Iterator
from dataclasses import replace

from tocsin_schema.findings import Finding, Place, Related
from tocsin_schema.models import Integration, Sample
from tocsin_schema.rules.analysis.sites import attachments, target_values
from tocsin_schema.rules.finding import finding, renamed
from tocsin_schema.rules.registry import rule
from tocsin_schema.rules.subject import Subject
from tocsin_schema.template.parser import parse
from tocsin_schema.template.syntax import Reference, Template
from tocsin_schema.template.system_variables import SYSTEM_VARIABLES
from tocsin_schema.text.suggest import cut, did_you_mean, nearest


@rule(
    "TOC406",
    "missing-level-variable",
    "error",
    finds="an attachment that does not give a per-level variable",
    why="The message could not be rendered at this level.",
    fix="Give the variable under `variables` of the attachment.",
    of="integration",
)
def missing_level_variable(subject: Subject) -> Iterator[Finding]:
    """Every attachment must give every per-level variable (`docs/domain.md#variables`)."""
    for where, integration, values in _attached(subject):
        for name, variable in integration.variables.items():
            if variable.per_level and name not in values:
                yield finding(
                    "TOC406",
                    f"this level must give `{name}`: `{integration.name}` leaves it to the level",
                    where.at("use"),
                    related=(
                        Related("it is declared here", subject.place(integration).at("variables", name, key=True)),
                    ),
                    help=f"add `{name}: ...` to `variables`" if values else f"add `variables: {{{name}: ...}}`",
                )


@rule(
    "TOC407",
    "superfluous-level-variable",
    "error",
    finds="an attachment that gives a variable which is not per level",
    why="The value would have no effect, or change what the integration fixes.",
    fix="Remove the value, or declare the variable as `{per_level: true}` in the integration.",
    of="integration",
)
def superfluous_level_variable(subject: Subject) -> Iterator[Finding]:
    """An attachment gives per-level variables, and no others."""
    for where, integration, values in _attached(subject):
        per_level = [name for name, variable in integration.variables.items() if variable.per_level]
        for name in values:
            if name not in per_level:
                place = where.at("variables", name, key=True)
                if name in integration.variables:
                    message = f"`{integration.name}` gives `{name}` a value itself"
                    help = f"remove it here, or declare it as `{name}: {{per_level: true}}` there"
                    yield finding("TOC407", message, place, help=help)
                else:
                    message = f"`{integration.name}` has no per-level variable `{name}`"
                    meant = nearest(name, per_level)
                    help = f"did you mean `{meant}`?" if meant is not None else "remove it"
                    fix = renamed(place, meant) if meant not in values else None
                    yield finding("TOC407", message, place, help=help, fix=fix)


@rule(
    "TOC410",
    "unknown-sample-value",
    "error",
    finds="a sample that sets something which is no system variable",
    why="The value would have no effect.",
    fix="Name a system variable as `@monitor.notes` and a custom field as `@CustomField(Name)`, without braces.",
)
def unknown_sample_value(subject: Subject) -> Iterator[Finding]:
    """A sample sets system variables and custom fields, named without braces."""
    for sample in subject.definitions.samples.values():
        for key in sample.set:
            if not _can_be_set(key):
                where = subject.place(sample).at("set", key, key=True)
                otherwise = "use a name such as `@monitor.notes`, or `@CustomField(Name)`"
                help = did_you_mean(key, SYSTEM_VARIABLES, otherwise=otherwise)
                meant = nearest(key, SYSTEM_VARIABLES)
                fix = renamed(where, meant) if meant not in sample.set else None
                yield finding("TOC410", f"there is no system variable `{cut(key)}`", where, help=help, fix=fix)


def sets_known_values(sample: Sample) -> bool:
    """Whether a sample can be rendered with: whether all that it sets exists."""
    return all(_can_be_set(key) for key in sample.set)


def _can_be_set(key: str) -> bool:
    return key in SYSTEM_VARIABLES or _sets_custom_field(parse("{{" + key + "}}"))


@rule(
    "TOC411",
    "unknown-target-value",
    "error",
    finds="a target's value for a variable that no integration defines, or that levels give",
    why="The value would have no effect.",
    fix="Write the key as `integration.Variable`, for a variable that has its value in the integration.",
)
def unknown_target_value(subject: Subject) -> Iterator[Finding]:
    """A target gives values to variables that exist, as `integration.Variable`."""
    integrations = subject.definitions.integrations
    for where, key, _ in target_values(subject.definitions.project):
        at = replace(where, key=True)
        integration_name, _, variable = key.rpartition(".")
        integration = integrations.get(integration_name)
        if integration is None:
            if integration_name in subject.names["integration"] or "integration" in subject.unnamed:
                continue
        elif variable in integration.variables:
            if integration.variables[variable].per_level:
                message = f"`{key}` is given by each escalation level: a target can't give it"
                yield finding("TOC411", message, at, help="remove it here")
            continue
        known = subject.once(_can_be_given)
        help = did_you_mean(key, known, otherwise="write it as `integration.Variable`")
        yield finding(
            "TOC411", f"there is no variable `{cut(key)}`", at, help=help, fix=renamed(at, nearest(key, known))
        )


def _can_be_given(subject: Subject) -> list[str]:
    """Return what a target can give a value to."""
    return [
        f"{each.name}.{name}"
        for each in subject.definitions.integrations.values()
        for name, variable in each.variables.items()
        if not variable.per_level
    ]


def _attached(subject: Subject) -> Iterator[tuple[Place, Integration, dict[str, str]]]:
    for alert in subject.definitions.alerts.values():
        for where, used, values in attachments(alert, subject.place(alert)):
            integration = subject.definitions.integrations.get(used)
            if integration is not None:
                yield where, integration, values


def _sets_custom_field(template: Template) -> bool:
    nodes = template.nodes
    return not template.problems and len(nodes) == 1 and isinstance(nodes[0], Reference) and bool(nodes[0].custom_field)
